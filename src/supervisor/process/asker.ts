import { type Ask, ControlError, questionLine, valueIn } from '../../control/index.ts';

/** Longer than any answer takes. */
const PATIENCE_MS = 30_000;
/** Questions that may wait for their answers. */
const MOST_WAITING = 64;

/** Puts questions of a process to the supervisor. */
export class Asker {
  private readonly send: (id: number, line: string) => void;
  private readonly waiting = new Map<number, (line: string) => void>();
  private lastId = 0;

  constructor(send: (id: number, line: string) => void) {
    this.send = send;
  }

  /** See {@link Ask}. */
  readonly ask: Ask = (question) => {
    if (this.waiting.size >= MOST_WAITING) {
      return Promise.reject(new ControlError('too much is asked at the same time: ask again', 'busy'));
    }
    return new Promise((resolve, reject) => {
      const id = ++this.lastId;
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new ControlError(`no answer within ${PATIENCE_MS / 1000} s`));
      }, PATIENCE_MS);
      this.waiting.set(id, (line) => {
        clearTimeout(timer);
        try {
          resolve(valueIn(line, 'the supervisor'));
        } catch (error) {
          reject(error);
        }
      });
      this.send(id, questionLine(question));
    });
  };

  /** Takes an answer that came. */
  told(id: number, line: string): void {
    const settle = this.waiting.get(id);
    this.waiting.delete(id);
    settle?.(line);
  }
}
