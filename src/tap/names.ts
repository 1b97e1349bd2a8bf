/** Two to this power are the addresses whose names are kept; a newer one takes the place of an older one. */
const PLACES = 16;
/** A name is believed at least this long: clients keep using an address beyond its TTL. */
const MINIMUM_US = 300_000_000;

/** What DNS has answered: the name behind an address, for flows in which the client does not say it. */
export class ResolvedNames {
  private readonly seed: number;
  /** The address of each place, four words. */
  private readonly addresses = new Int32Array(4 << PLACES);
  private readonly names: (string | undefined)[] = new Array<string | undefined>(1 << PLACES).fill(undefined);
  /** Until when each place's name is believed, microseconds since 1970. */
  private readonly until = new Float64Array(1 << PLACES);

  /** `seed` keeps others from choosing addresses that share a place. */
  constructor(seed: number) {
    this.seed = seed;
  }

  /** An address was answered for a name; `words` are as in the packet, an IPv4 address in the first. */
  resolved(name: string, words: ArrayLike<number>, ttl: number, nowUs: number): void {
    const place = this.place(words, 0);
    for (let i = 0; i < 4; i++) this.addresses[place * 4 + i] = words[i] ?? 0;
    this.names[place] = name;
    this.until[place] = nowUs + Math.max(MINIMUM_US, ttl * 1e6);
  }

  /** The name that was last answered with the address in `words` from `at` on. */
  of(words: Int32Array, at: number, nowUs: number): string | undefined {
    const place = this.place(words, at);
    const { addresses } = this;
    for (let i = 0; i < 4; i++) if (addresses[place * 4 + i] !== words[at + i]) return undefined;
    return this.until[place]! >= nowUs ? this.names[place] : undefined;
  }

  private place(words: ArrayLike<number>, at: number): number {
    let hash = Math.imul((words[at] ?? 0) ^ this.seed, 0x85ebca6b);
    for (let i = 1; i < 4; i++) hash = Math.imul(hash ^ (hash >>> 15) ^ (words[at + i] ?? 0), 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f);
    return (hash ^ (hash >>> 16)) & ((1 << PLACES) - 1);
  }
}
