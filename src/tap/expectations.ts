/** A flow that another one has announced: an FTP data channel, a SIP media stream. */
export interface Expectation {
  readonly protocol: string;
  /** Address of the side that listens; undefined: any. */
  readonly address: string | undefined;
  readonly port: number;
  readonly hint: unknown;
}

/** Announced flows at most; the oldest goes first. */
const CAPACITY = 4096;
/** How long an announcement holds. */
const LIFETIME_US = 60_000_000;

/** Flows that are expected to come, by listening address and port. */
export class Expectations {
  private readonly table = new Map<string, { readonly expectation: Expectation; readonly untilUs: number }>();

  /** True when nothing is expected: the common case, which must cost nothing. */
  get empty(): boolean {
    return this.table.size === 0;
  }

  add(expectation: Expectation, nowUs: number): void {
    if (this.table.size >= CAPACITY) {
      const oldest = this.table.keys().next().value;
      if (oldest !== undefined) this.table.delete(oldest);
    }
    const key = `${expectation.address ?? '*'}|${expectation.port}`;
    this.table.set(key, { expectation, untilUs: nowUs + LIFETIME_US });
  }

  /** Takes the announcement for a flow to this address and port, if there is one. */
  take(address: string, port: number, nowUs: number): Expectation | undefined {
    for (const key of [`${address}|${port}`, `*|${port}`]) {
      const entry = this.table.get(key);
      if (entry === undefined) continue;
      this.table.delete(key);
      if (entry.untilUs >= nowUs) return entry.expectation;
    }
    return undefined;
  }
}
