/** Addresses that are kept of those seen with one fingerprint. */
const SAMPLE = 32;
/** Values of a hash. */
const HASHES = 2 ** 32;
/** Fingerprints looked at for one to give up. */
const CANDIDATES = 16;

/** The addresses seen with one fingerprint: those whose hash is below the ceiling, all of them until there are many. */
interface Clients {
  readonly hashes: Map<string, number>;
  ceiling: number;
}

/** A fingerprint and its clients as a snapshot has them. */
export interface ClientsRecord {
  readonly ja4: string;
  readonly ceiling: number;
  readonly addresses: readonly string[];
}

/**
 * How many addresses have a fingerprint, and a sample of them without a preference: exact up to 32, beyond an
 * estimate from the share of the range of hashes that 32 addresses fill. At the bound, the fingerprint with the fewest
 * addresses among those not seen for longest goes: made-up fingerprints push each other out, and never a browser's.
 */
export class FingerprintClients {
  /** Of the hash: no client can choose addresses that are sampled. */
  readonly seed: number;
  private readonly limit: number;
  private readonly byJa4 = new Map<string, Clients>();
  private givenUp = 0;

  constructor(limit: number, seed: number) {
    this.limit = limit;
    this.seed = seed >>> 0;
  }

  get size(): number {
    return this.byJa4.size;
  }

  /** Fingerprints that went for lack of room. */
  get evicted(): number {
    return this.givenUp;
  }

  /** Takes note of a client. */
  seen(ja4: string, address: string): void {
    const clients = this.use(ja4);
    if (clients.hashes.has(address)) return;
    const hash = this.hashOf(address);
    if (hash >= clients.ceiling) return;
    clients.hashes.set(address, hash);
    if (clients.hashes.size > SAMPLE) lower(clients);
  }

  /** About how many addresses were seen with it. */
  count(ja4: string): number {
    const clients = this.byJa4.get(ja4);
    return clients === undefined ? 0 : Math.round((clients.hashes.size * HASHES) / clients.ceiling);
  }

  /** Some of them, at most 32; all where there are not more. */
  sample(ja4: string): MapIterator<string> {
    return (this.byJa4.get(ja4)?.hashes ?? new Map<string, number>()).keys();
  }

  /** Forgets an address wherever it was seen. */
  forget(address: string): void {
    for (const [ja4, clients] of this.byJa4) {
      if (clients.hashes.delete(address) && clients.hashes.size === 0) this.byJa4.delete(ja4);
    }
  }

  clear(): void {
    this.byJa4.clear();
  }

  *records(): Generator<ClientsRecord> {
    for (const [ja4, { hashes, ceiling }] of this.byJa4) {
      yield { ja4, ceiling, addresses: [...hashes.keys()] };
    }
  }

  /** Takes back what {@link records} gave under the same seed. */
  restore(record: ClientsRecord): void {
    const clients = this.use(record.ja4);
    clients.ceiling = Math.min(clients.ceiling, record.ceiling);
    for (const address of record.addresses) this.seen(record.ja4, address);
  }

  private use(ja4: string): Clients {
    let clients = this.byJa4.get(ja4);
    if (clients === undefined) {
      if (this.byJa4.size >= this.limit) this.giveUpOne();
      clients = { hashes: new Map(), ceiling: HASHES };
    } else {
      this.byJa4.delete(ja4);
    }
    this.byJa4.set(ja4, clients);
    return clients;
  }

  private giveUpOne(): void {
    let victim = '';
    let least = Number.POSITIVE_INFINITY;
    let looked = 0;
    for (const [ja4, { hashes, ceiling }] of this.byJa4) {
      const count = hashes.size / ceiling;
      if (count < least) {
        least = count;
        victim = ja4;
      }
      if (++looked >= CANDIDATES) break;
    }
    this.byJa4.delete(victim);
    this.givenUp++;
  }

  /** FNV-1a over the text with a seed, and the last steps of MurmurHash3, since the upper bits matter. */
  private hashOf(text: string): number {
    let hash = 0x811c9dc5 ^ this.seed;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

/** Takes out the address with the greatest hash, which becomes the ceiling. */
function lower(clients: Clients): void {
  let greatest = '';
  let ceiling = -1;
  for (const [address, hash] of clients.hashes) {
    if (hash > ceiling) {
      greatest = address;
      ceiling = hash;
    }
  }
  clients.hashes.delete(greatest);
  clients.ceiling = Math.max(1, ceiling);
}
