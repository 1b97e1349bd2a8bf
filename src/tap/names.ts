/** Names of one generation; with the generation before it, twice as many are kept. */
const GENERATION = 32768;
/** A name is believed at least this long: clients keep using an address beyond its TTL. */
const MINIMUM_US = 300_000_000;

interface Entry {
  readonly name: string;
  readonly untilUs: number;
}

/**
 * What DNS has answered: the name behind an address, for flows in which the client does not say it. Bounded by
 * generations: when the younger one is full it becomes the older, and the older one goes.
 */
export class ResolvedNames {
  private younger = new Map<string, Entry>();
  private older = new Map<string, Entry>();

  resolved(name: string, address: string, ttl: number, nowUs: number): void {
    if (this.younger.size >= GENERATION) {
      this.older = this.younger;
      this.younger = new Map();
    }
    this.younger.set(address, { name, untilUs: nowUs + Math.max(MINIMUM_US, ttl * 1e6) });
  }

  /** The name that was last answered with this address. */
  of(address: string, nowUs: number): string | undefined {
    const entry = this.younger.get(address) ?? this.older.get(address);
    return entry !== undefined && entry.untilUs >= nowUs ? entry.name : undefined;
  }
}
