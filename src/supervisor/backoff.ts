/** Waiting times between attempts. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** A wait is spread by so much of itself to both sides, so that what failed together does not come back together. */
const JITTER = 0.2;

/** Waits that double up to a bound. */
export class Backoff {
  options: BackoffOptions;
  private attempts = 0;
  private readonly random: () => number;

  /** `random` gives numbers from 0 to 1, as `Math.random` does. */
  constructor(options: BackoffOptions, random: () => number) {
    this.options = options;
    this.random = random;
  }

  /** The next wait in milliseconds; never above `longestMs`. */
  next(): number {
    const { firstMs, longestMs } = this.options;
    // Beyond 2^30 the bound has long been reached.
    const plain = Math.min(firstMs * 2 ** Math.min(this.attempts, 30), longestMs);
    this.attempts++;
    return Math.min(longestMs, Math.round(plain * (1 + JITTER * (2 * this.random() - 1))));
  }

  /** All is well: the next wait is the first one again. */
  reset(): void {
    this.attempts = 0;
  }
}
