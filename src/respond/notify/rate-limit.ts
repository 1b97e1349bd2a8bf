/** What was left out since the last message. */
export interface LeftOut {
  readonly count: number;
  /** The highest score among it. */
  readonly score: number;
  /** Some of its addresses. */
  readonly addresses: readonly string[];
  readonly firstMs: number;
  readonly lastMs: number;
}

const HOUR_MS = 3_600_000;
const MOST_ADDRESSES = 10;

/** At most so many messages in any hour; what is left out is counted, to be told when there is room again. */
export class RateLimit {
  private readonly perHour: number;
  /** When messages were let through, the oldest first. */
  private readonly times: number[] = [];
  private leftOut:
    | { count: number; score: number; addresses: Set<string>; firstMs: number; lastMs: number }
    | undefined;

  /** `perHour`: 0 for no limit. */
  constructor(perHour: number) {
    this.perHour = perHour;
  }

  /** Whether a message may go now; if so it counts. */
  allows(nowMs: number): boolean {
    if (this.perHour === 0) return true;
    while (this.times.length > 0 && (this.times[0] as number) <= nowMs - HOUR_MS) this.times.shift();
    if (this.times.length >= this.perHour) return false;
    this.times.push(nowMs);
    return true;
  }

  /** Notes what was not let through. */
  leave(count: number, score: number, address: string, nowMs: number): void {
    this.leftOut ??= { count: 0, score: 0, addresses: new Set(), firstMs: nowMs, lastMs: nowMs };
    const { leftOut } = this;
    leftOut.count += count;
    leftOut.score = Math.max(leftOut.score, score);
    leftOut.lastMs = nowMs;
    if (address !== '' && leftOut.addresses.size < MOST_ADDRESSES) leftOut.addresses.add(address);
  }

  /** What was left out, where there is room to tell it now; it is forgotten here, and its message counts. */
  summary(nowMs: number): LeftOut | undefined {
    if (this.leftOut === undefined || !this.allows(nowMs)) return undefined;
    const { addresses, ...numbers } = this.leftOut;
    this.leftOut = undefined;
    return { ...numbers, addresses: [...addresses] };
  }
}
