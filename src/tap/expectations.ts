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

  /** How many announcements each port has: most flows go to a port that has none. */
  private readonly ports = new Uint16Array(65536);

  /** True when a flow to this port may have been announced. Cheap: asked for every flow. */
  mayExpect(port: number): boolean {
    return this.ports[port] !== 0;
  }

  add(expectation: Expectation, nowUs: number): void {
    if (this.table.size >= CAPACITY) {
      const oldest = this.table.keys().next().value;
      if (oldest !== undefined) this.remove(oldest);
    }
    const key = `${expectation.address ?? '*'}|${expectation.port}`;
    this.remove(key);
    this.ports[expectation.port & 0xffff]!++;
    this.table.set(key, { expectation, untilUs: nowUs + LIFETIME_US });
  }

  /** Takes the announcement for a flow to this address and port, if there is one. */
  take(address: string, port: number, nowUs: number): Expectation | undefined {
    for (const key of [`${address}|${port}`, `*|${port}`]) {
      const entry = this.table.get(key);
      if (entry === undefined) continue;
      this.remove(key);
      if (entry.untilUs >= nowUs) return entry.expectation;
    }
    return undefined;
  }

  private remove(key: string): void {
    const entry = this.table.get(key);
    if (entry === undefined) return;
    this.table.delete(key);
    this.ports[entry.expectation.port & 0xffff]!--;
  }
}
