/** Names kept at most; the oldest goes first. */
const CAPACITY = 65536;
/** A name is believed at least this long: clients keep using an address beyond its TTL. */
const MINIMUM_US = 300_000_000;

/** What DNS has answered: the name behind an address, for flows in which the client does not say it. */
export class ResolvedNames {
  private readonly table = new Map<string, { readonly name: string; readonly untilUs: number }>();

  resolved(name: string, address: string, ttl: number, nowUs: number): void {
    if (this.table.size >= CAPACITY) {
      const oldest = this.table.keys().next().value;
      if (oldest !== undefined) this.table.delete(oldest);
    }
    this.table.set(address, { name, untilUs: nowUs + Math.max(MINIMUM_US, ttl * 1e6) });
  }

  /** The name that was last answered with this address. */
  of(address: string, nowUs: number): string | undefined {
    const entry = this.table.get(address);
    return entry !== undefined && entry.untilUs >= nowUs ? entry.name : undefined;
  }
}
