/** Seconds of which the rate is the mean. */
const SPAN = 10;

/** How many of something come in a second, as the mean of the last ten. */
export class Rate {
  private readonly counts = new Float64Array(SPAN + 1);
  private readonly clock: () => number;
  private readonly began: number;
  private second: number;

  /** `clock`: milliseconds that never go back. */
  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
    this.began = Math.floor(clock() / 1000);
    this.second = this.began;
  }

  add(count: number): void {
    this.pass();
    const place = this.second % this.counts.length;
    this.counts[place] = (this.counts[place] ?? 0) + count;
  }

  /** Of whole seconds: the one that is under way does not count, unless it is the first. */
  perSecond(): number {
    this.pass();
    const whole = Math.min(SPAN, this.second - this.began);
    let sum = 0;
    for (let i = whole === 0 ? 0 : 1; i <= whole; i++) {
      sum += this.counts[(this.second - i) % this.counts.length] ?? 0;
    }
    return sum / Math.max(1, whole);
  }

  private pass(): void {
    const now = Math.floor(this.clock() / 1000);
    const steps = Math.min(now - this.second, this.counts.length);
    for (let i = 0; i < steps; i++) this.counts[(now - i) % this.counts.length] = 0;
    this.second = now;
  }
}
