/** Buckets of one scenario that are silent. */
export class Blackhole {
  private readonly durationUs: number;
  private readonly most: number;
  private readonly until = new Map<string, number>();

  constructor(durationUs: number, most: number) {
    this.durationUs = durationUs;
    this.most = most;
  }

  /** Whether an overflow at this time is swallowed. */
  isSilent(key: string, timeUs: number): boolean {
    const until = this.until.get(key);
    return until !== undefined && until > timeUs;
  }

  /** After an overflow, those of the same bucket are swallowed for a while. */
  begin(key: string, timeUs: number): void {
    if (this.durationUs === 0) return;
    // In the order of their beginnings, which is that of their ends.
    for (const [other, ended] of this.until) {
      if (ended > timeUs && this.until.size < this.most) break;
      this.until.delete(other);
    }
    this.until.delete(key);
    this.until.set(key, timeUs + this.durationUs);
  }
}
