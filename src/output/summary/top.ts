/** Keys that are counted at the same time, at most. */
const CAPACITY = 16384;
/** The heaviest that stay when there is no room. */
const KEPT = CAPACITY / 4;
/** Of so many light new keys one is taken up when there are more than fit. */
const TURNS = 8;

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
 * The heaviest keys of many, in bounded memory and time: when the table is full, most of them, the lightest, are let go
 * (after Misra and Gries). From then on a new key that weighs no more than those is taken up once in a few times only:
 * one that matters comes again. Exact as long as there are few keys, else sums are lower bounds.
 */
export class Top<S extends Sums = Sums> {
  private readonly table = new Map<string, S>();
  private readonly create: (key: string) => S;
  /** Takes what is not counted. */
  private readonly rest: S;
  /** Bytes of the lightest that stayed; below zero while none had to go. */
  private floor = -1;
  private turn = 0;

  /** `create` makes the sums of a new key; it may have members of its own. */
  constructor(create: (key: string) => S) {
    this.create = create;
    this.rest = create('');
  }

  /** The sums of a key, to be added to; `bytes` is what is about to be added. */
  of(key: string, bytes = 0): S {
    const known = this.table.get(key);
    if (known !== undefined) return known;
    if (bytes <= this.floor && ++this.turn % TURNS !== 0) return this.rest;
    if (this.table.size >= CAPACITY) this.shrink();
    const sums = this.create(key);
    this.table.set(key, sums);
    return sums;
  }

  /** Adds one flow to a key, and returns its sums. */
  add(key: string, bytes: number, packets: number): S {
    const sums = this.of(key, bytes);
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

  private sorted(): S[] {
    return [...this.table.values()].sort((a, b) => b.bytes - a.bytes || (a.key < b.key ? -1 : 1));
  }

  private shrink(): void {
    const all = [...this.table.values()];
    const weights = Float64Array.from(all, (sums) => sums.bytes).sort();
    this.floor = weights[all.length - KEPT] ?? 0;
    this.table.clear();
    for (const sums of all) {
      if (sums.bytes >= this.floor && this.table.size < KEPT) this.table.set(sums.key, sums);
    }
  }
}
