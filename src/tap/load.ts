/** How full the ring of a live source is (see `RingPressure` of tap/capture/live). */
export interface Pressure {
  /** Blocks of the ring that wait to be read, and how many there are. */
  readonly waiting: number;
  readonly blocks: number;
  /** Packets that were dropped since the beginning because the ring was full. */
  readonly dropped: number;
}

/** The level at which no new flow is inspected; at each level n below, one in 2^n is. */
export const TOP_LEVEL = 7;
/** A ring that is fuller than this is filling faster than it is read. */
const HIGH = 1 / 2;
/** Below this it has room enough for a lower level to be tried. */
const LOW = 1 / 8;
/** Observations in a row with room before the level goes down by one. */
const CALM = 50;

/**
 * Decides from what a ring says of itself how much of the traffic can be inspected: the level goes up by one with each
 * observation of a ring that is more than half full, by two where packets were dropped, and down by one only after the
 * ring had room for {@link CALM} observations in a row. Pure: who observes decides how often (the sensor ten times a
 * second).
 */
export class LoadController {
  /** 0: everything is inspected; {@link TOP_LEVEL}: only critical zones. */
  level = 0;
  /** Highest level so far, and how often the level changed. */
  peak = 0;
  changes = 0;
  private dropped = 0;
  private calm = 0;

  /** Takes an observation into account; returns the level that holds from now on. */
  observe({ waiting, blocks, dropped }: Pressure): number {
    const fill = blocks > 0 ? waiting / blocks : 0;
    const lost = dropped > this.dropped;
    this.dropped = dropped;
    if (lost || fill > HIGH) {
      this.calm = 0;
      this.move(lost ? 2 : 1);
    } else if (fill >= LOW) {
      this.calm = 0;
    } else if (++this.calm >= CALM) {
      this.calm = 0;
      this.move(-1);
    }
    return this.level;
  }

  private move(by: number): void {
    const level = Math.max(0, Math.min(TOP_LEVEL, this.level + by));
    if (level === this.level) return;
    this.level = level;
    this.changes++;
    if (level > this.peak) this.peak = level;
  }
}
