/** Something that is asked from time to time whether it has waited too long. */
export interface Ticked {
  /** Milliseconds of the ticker's clock. */
  tick(now: number): void;
}

/**
 * One timer for all time-outs: ten thousand connections cost one look at each of them twice a second instead of a
 * timer for each read. Time-outs are met late by up to one interval.
 */
export class Ticker {
  /** Milliseconds of a clock that never goes back, as of the last tick. */
  now = performance.now();
  private readonly ticked = new Set<Ticked>();
  private readonly timer: NodeJS.Timeout;

  constructor(intervalMs = 500) {
    this.timer = setInterval(() => this.run(), intervalMs);
    this.timer.unref();
  }

  add(ticked: Ticked): void {
    this.ticked.add(ticked);
  }

  close(): void {
    clearInterval(this.timer);
    this.ticked.clear();
  }

  private run(): void {
    this.now = performance.now();
    for (const ticked of this.ticked) ticked.tick(this.now);
  }
}
