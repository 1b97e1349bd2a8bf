/** Keys that are counted at the same time, at most. */
const CAPACITY = 16384;
/** The heaviest that stay when there is no room. */
const KEPT = CAPACITY / 4;

/** Sums under one key. */
export class Sums {
  readonly key: string;
  bytes = 0;
  packets = 0;
  flows = 0;

  constructor(key: string) {
    this.key = key;
  }
}

/**
 * The heaviest keys of many, in bounded memory: when the table is full, most of them, the lightest, are let go
 * (after Misra and Gries; a key that matters comes back with its next flow). Exact as long as there are few keys.
 */
export class Top<S extends Sums = Sums> {
  private readonly table = new Map<string, S>();
  private readonly create: (key: string) => S;
  /** Keys that had to go: sums of light keys are then lower bounds. */
  dropped = 0;

  /** `create` makes the sums of a new key; it may have members of its own. */
  constructor(create: (key: string) => S) {
    this.create = create;
  }

  /** The sums of a key, to be added to. */
  of(key: string): S {
    const known = this.table.get(key);
    if (known !== undefined) return known;
    if (this.table.size >= CAPACITY) this.shrink();
    const sums = this.create(key);
    this.table.set(key, sums);
    return sums;
  }

  /** Adds one flow to a key, and returns its sums. */
  add(key: string, bytes: number, packets: number): S {
    const sums = this.of(key);
    sums.bytes += bytes;
    sums.packets += packets;
    sums.flows++;
    return sums;
  }

  /** The `count` heaviest by bytes, ties by key. */
  heaviest(count: number): S[] {
    return this.sorted().slice(0, count);
  }

  /** All that are still known, in no order. */
  values(): Iterable<S> {
    return this.table.values();
  }

  /** Keys seen; those that had to go may count more than once. */
  get size(): number {
    return this.table.size + this.dropped;
  }

  private sorted(): S[] {
    return [...this.table.values()].sort((a, b) => b.bytes - a.bytes || (a.key < b.key ? -1 : 1));
  }

  /** A sort of numbers and a new table: with ever new keys this comes every few thousand flows. */
  private shrink(): void {
    const all = [...this.table.values()];
    const weights = Float64Array.from(all, (sums) => sums.bytes).sort();
    const least = weights[all.length - KEPT] ?? 0;
    this.table.clear();
    for (const sums of all) {
      if (sums.bytes >= least && this.table.size < KEPT) this.table.set(sums.key, sums);
    }
    this.dropped += all.length - this.table.size;
  }
}
