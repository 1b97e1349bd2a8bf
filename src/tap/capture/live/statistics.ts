/** What was counted, by cause. */
export interface LiveCounts {
  /** Packets that matched the filter, whether they found room in the ring or not. */
  readonly packets: number;
  /** Packets that the kernel dropped because the ring was full. */
  readonly dropped: number;
  /** Times that the ring was full and stood still. */
  readonly frozen: number;
  /** Packets that were marked as coming behind a loss. */
  readonly losing: number;
}

/** What was counted within one second, or in what was left of it at the end. */
export interface LiveInterval extends LiveCounts {
  /** Its end, in microseconds since 1970. */
  readonly endUs: number;
}

/** What was counted since the beginning. */
export interface LiveStatistics extends LiveCounts {
  /** Packets and bytes that were handed out; less than `packets - dropped` while some wait in the ring. */
  readonly handed: number;
  readonly bytes: number;
  /** Packets that were longer than what was captured of them. */
  readonly truncated: number;
  /** Blocks that were handed out. */
  readonly blocks: number;
  /** Seconds in which packets were dropped, and the worst of them. */
  readonly lossyIntervals: number;
  readonly worst: LiveInterval | undefined;
  /** The last minute, the oldest first. */
  readonly intervals: readonly LiveInterval[];
}

/** How full the ring is. */
export interface RingPressure {
  /** Blocks that wait to be read, the one that is being read among them, and how many there are. */
  readonly waiting: number;
  readonly blocks: number;
  /** Packets that the kernel dropped since the beginning because the ring was full. */
  readonly dropped: number;
}

/** Intervals that are kept. */
const KEPT = 60;

/** Where the kernel's numbers lie; it forgets them by being asked, so they are added up. */
const PACKETS = 0;
const DROPPED = 1;
const FROZEN = 2;

/** Counts in total and by the second. */
export class LiveCounter {
  /** Counted by the reader of the blocks. */
  handed = 0;
  bytes = 0;
  truncated = 0;
  losing = 0;
  blocks = 0;
  private readonly kernel = new Float64Array(3);
  private readonly intervals: LiveInterval[] = [];
  private before: LiveCounts = { packets: 0, dropped: 0, frozen: 0, losing: 0 };
  private lossy = 0;
  private worst: LiveInterval | undefined;

  /** Adds what the kernel has counted; `ask` fills in its three numbers. */
  collect(ask: (numbers: Float64Array) => void): void {
    ask(this.kernel);
  }

  /** Packets that the kernel dropped, as of the last {@link collect}. */
  get dropped(): number {
    return this.kernel[DROPPED]!;
  }

  /** Ends an interval; returns what was counted in it. */
  endInterval(endUs: number): LiveInterval {
    const total = this.counts();
    const { before } = this;
    const interval: LiveInterval = {
      endUs,
      packets: total.packets - before.packets,
      dropped: total.dropped - before.dropped,
      frozen: total.frozen - before.frozen,
      losing: total.losing - before.losing,
    };
    this.before = total;
    if (interval.dropped > 0) {
      this.lossy++;
      if (this.worst === undefined || interval.dropped > this.worst.dropped) this.worst = interval;
    }
    this.intervals.push(interval);
    if (this.intervals.length > KEPT) this.intervals.shift();
    return interval;
  }

  /** All numbers, as they stand. */
  statistics(): LiveStatistics {
    return {
      ...this.counts(),
      handed: this.handed,
      bytes: this.bytes,
      truncated: this.truncated,
      blocks: this.blocks,
      lossyIntervals: this.lossy,
      worst: this.worst,
      intervals: [...this.intervals],
    };
  }

  private counts(): LiveCounts {
    const { kernel } = this;
    return {
      packets: kernel[PACKETS]!,
      dropped: kernel[DROPPED]!,
      frozen: kernel[FROZEN]!,
      losing: this.losing,
    };
  }
}
