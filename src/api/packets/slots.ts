import { Problem } from '../problem.ts';

/** Who may wait for a place. */
const MOST_WAITING = 8;
const PATIENCE_MS = 15_000;

/** Lets so many pieces of work run at a time; some wait, further ones are told to come again. */
export class Slots {
  private free: number;
  private readonly what: string;
  private readonly waiting: (() => void)[] = [];

  /** `what`: what runs, in words, such as 'downloads of packets'. */
  constructor(count: number, what: string) {
    this.free = count;
    this.what = what;
  }

  /** Resolves to what gives the place back, to be called once. Throws a {@link Problem}; rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.free > 0) this.free--;
    else await this.wait(signal);
    return () => this.giveBack();
  }

  private wait(signal: AbortSignal): Promise<void> {
    if (this.waiting.length >= MOST_WAITING) throw this.busy();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        const at = this.waiting.indexOf(come);
        if (at >= 0) this.waiting.splice(at, 1);
      };
      const come = (): void => {
        settle();
        resolve();
      };
      const stop = (): void => {
        settle();
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        settle();
        reject(this.busy());
      }, PATIENCE_MS);
      signal.addEventListener('abort', stop, { once: true });
      this.waiting.push(come);
    });
  }

  private giveBack(): void {
    const [next] = this.waiting;
    if (next === undefined) this.free++;
    else next();
  }

  private busy(): Problem {
    return new Problem(503, 'Busy', `too many ${this.what} at the same time: ask again in a moment`, {
      'retry-after': '5',
    });
  }
}
