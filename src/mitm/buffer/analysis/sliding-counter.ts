/** Parts of a window: a count is exact to a tenth of it. */
const PARTS = 10;

/** Counts what happened within a window that ends now. Time that runs back counts as no time. */
export class SlidingCounter {
  private readonly partMs: number;
  private readonly parts: number[] = new Array<number>(PARTS).fill(0);
  private current = 0;
  /** What the window holds. */
  total = 0;

  /** @param windowMs length of the window in milliseconds */
  constructor(windowMs: number) {
    this.partMs = windowMs / PARTS;
  }

  /** Counts one more, and says how many there are. */
  add(nowMs: number): number {
    this.advance(nowMs);
    const place = this.current % PARTS;
    this.parts[place] = (this.parts[place] ?? 0) + 1;
    return ++this.total;
  }

  /** How many there are. */
  count(nowMs: number): number {
    this.advance(nowMs);
    return this.total;
  }

  private advance(nowMs: number): void {
    const part = Math.floor(nowMs / this.partMs);
    if (part <= this.current) return;
    if (part - this.current >= PARTS) {
      this.parts.fill(0);
      this.total = 0;
    } else {
      for (let at = this.current + 1; at <= part; at++) {
        this.total -= this.parts[at % PARTS] ?? 0;
        this.parts[at % PARTS] = 0;
      }
    }
    this.current = part;
  }
}
