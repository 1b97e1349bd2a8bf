/** Lets a burst through, and then so many in a second. */
export class RateBound {
  private readonly burst: number;
  private readonly perSecond: number;
  private left: number;
  private filledMs: number | undefined;

  constructor(burst: number, perSecond: number) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.left = burst;
  }

  /** Takes one; false where there is none left. `nowMs` does not go back. */
  take(nowMs: number): boolean {
    const gainedMs = this.filledMs === undefined ? 0 : nowMs - this.filledMs;
    this.filledMs = nowMs;
    this.left = Math.min(this.burst, this.left + (gainedMs * this.perSecond) / 1000);
    if (this.left < 1) return false;
    this.left--;
    return true;
  }
}
