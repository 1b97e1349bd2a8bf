/** Times that a level looks back at when events come out of order; more are taken as if they were in order. */
const MOST_RECENT = 256;

/**
 * The level of a leaky bucket: `capacity` events fit in, one leaves each `leakUs`. Events of the last `reorderUs` may
 * come in any order: whether it runs over depends on their times alone.
 */
export class Level {
  private readonly capacity: number;
  private readonly leakUs: number;
  private readonly reorderUs: number;
  /** In microseconds of leaking, after the last time; the recent times are in it. */
  private level = 0;
  private lastUs = 0;
  /** The level before the recent times, at this time. */
  private baseLevel = 0;
  private baseUs = 0;
  private recent: number[] = [];

  constructor(capacity: number, leakUs: number, reorderUs: number) {
    this.capacity = capacity;
    this.leakUs = leakUs;
    this.reorderUs = reorderUs;
  }

  /** Pours one event; true when it ran over. Times from before what is remembered count as the oldest remembered. */
  pour(timeUs: number): boolean {
    const most = this.capacity * this.leakUs;
    if (timeUs >= this.lastUs || this.recent.length === 0) {
      const now = Math.max(timeUs, this.lastUs);
      this.level = Math.max(0, this.level - (now - this.lastUs)) + this.leakUs;
      this.lastUs = now;
      this.remember(now);
      return this.level > most;
    }
    const at = Math.max(timeUs, this.baseUs);
    this.recent.splice(positionOf(this.recent, at), 0, at);
    let level = this.baseLevel;
    let before = this.baseUs;
    let highest = 0;
    for (const time of this.recent) {
      level = Math.max(0, level - (time - before)) + this.leakUs;
      before = time;
      if (level > highest) highest = level;
    }
    this.level = level;
    return highest > most;
  }

  /** Takes what is too old to be overtaken into the base. */
  private remember(timeUs: number): void {
    this.recent.push(timeUs);
    const edge = timeUs - this.reorderUs;
    let done = 0;
    while (this.recent[done]! < edge || this.recent.length - done > MOST_RECENT) {
      const time = this.recent[done]!;
      this.baseLevel = Math.max(0, this.baseLevel - (time - this.baseUs)) + this.leakUs;
      this.baseUs = time;
      done++;
    }
    if (done > 0) this.recent = this.recent.slice(done);
  }
}

function positionOf(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
