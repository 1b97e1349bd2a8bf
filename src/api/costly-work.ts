import { Problem } from './problem.ts';

/** Who may wait; more are told to come again. */
const MOST_WAITING = 8;

/** Lets one piece of costly work run at a time, whoever asks for it. */
export class CostlyWork {
  private readonly what: string;
  private last: Promise<unknown> = Promise.resolve();
  private open = 0;

  /** `what`: what it is at when too many ask, in words. */
  constructor(what: string) {
    this.what = what;
  }

  /** Runs when what came before is done. Rejects with a {@link Problem} where too many wait. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.open > MOST_WAITING) {
      return Promise.reject(
        new Problem(503, 'Busy', `${this.what}: ask again in a moment`, { 'retry-after': '2' }),
      );
    }
    this.open++;
    const running = this.last.then(work).finally(() => this.open--);
    // What became of it is for who asked.
    this.last = running.catch(() => undefined);
    return running;
  }
}
