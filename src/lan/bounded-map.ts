/** Entries that several maps may still make between them. */
export class Budget {
  left: number;

  constructor(entries: number) {
    this.left = entries;
  }
}

/** How many of the entries that were not used for longest are looked at for one to give up. */
const CANDIDATES = 8;

/**
 * A map of at most `limit` entries, which shares a budget with others. When there is no room it gives up, among the
 * entries that were not used for longest, the one that weighs least; so a flood of new keys cannot push out what is
 * in use.
 */
export class BoundedMap<V> {
  private readonly entries = new Map<string, V>();
  private readonly limit: number;
  private readonly budget: Budget;
  private readonly weigh: (value: V) => number;
  private readonly givenUp: (value: V, key: string) => void;

  /** `weigh` says how much an entry is worth keeping; `givenUp` is told of each that goes for lack of room. */
  constructor(
    limit: number,
    budget: Budget,
    weigh: (value: V) => number,
    givenUp: (value: V, key: string) => void = () => {},
  ) {
    this.limit = limit;
    this.budget = budget;
    this.weigh = weigh;
    this.givenUp = givenUp;
  }

  get size(): number {
    return this.entries.size;
  }

  /** Looks without using: the entry does not become younger. */
  get(key: string): V | undefined {
    return this.entries.get(key);
  }

  /** The entry of a key, which becomes the youngest; undefined where there is none. */
  use(key: string): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  /** Takes a new entry in; false where neither the budget nor an entry that could go has room for it. */
  add(key: string, value: V): boolean {
    if (this.entries.size >= this.limit || this.budget.left <= 0) {
      if (this.entries.size === 0) return false;
      this.giveUpOne();
    }
    this.budget.left--;
    this.entries.set(key, value);
    return true;
  }

  delete(key: string): void {
    if (this.entries.delete(key)) this.budget.left++;
  }

  /** Takes everything out, without telling `givenUp`. */
  clear(): void {
    this.budget.left += this.entries.size;
    this.entries.clear();
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries[Symbol.iterator]();
  }

  values(): MapIterator<V> {
    return this.entries.values();
  }

  private giveUpOne(): void {
    let victim: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    let looked = 0;
    for (const [key, value] of this.entries) {
      const weight = this.weigh(value);
      if (weight < least) {
        least = weight;
        victim = key;
      }
      if (++looked >= CANDIDATES) break;
    }
    if (victim === undefined) return;
    const value = this.entries.get(victim) as V;
    this.delete(victim);
    this.givenUp(value, victim);
  }
}
