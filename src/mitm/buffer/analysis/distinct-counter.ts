/**
 * Counts how many different things were seen lately: between one and two windows back. Counts to a bound and holds no
 * more than that.
 */
export class DistinctCounter {
  private readonly windowMs: number;
  private readonly most: number;
  /** Made when something is there: most counters count nothing. */
  private now: Set<number> | undefined;
  private before: ReadonlySet<number> | undefined;
  private windowStartMs = 0;

  /**
   * @param windowMs length of the window in milliseconds
   * @param most how far it counts
   */
  constructor(windowMs: number, most: number) {
    this.windowMs = windowMs;
    this.most = most;
  }

  /** Notes a thing by its hash, and says how many different ones there are. */
  add(hash: number, nowMs: number): number {
    this.advance(nowMs);
    if (this.before?.has(hash) !== true && (this.now?.size ?? 0) < this.most) {
      this.now ??= new Set();
      this.now.add(hash);
    }
    return this.size;
  }

  /** How many there are. */
  count(nowMs: number): number {
    this.advance(nowMs);
    return this.size;
  }

  private get size(): number {
    return Math.min(this.most, (this.now?.size ?? 0) + (this.before?.size ?? 0));
  }

  private advance(nowMs: number): void {
    const gone = nowMs - this.windowStartMs;
    if (gone < this.windowMs) return;
    this.before = gone < 2 * this.windowMs ? this.now : undefined;
    this.now = undefined;
    this.windowStartMs = nowMs;
  }
}
