/** What a {@link RarestTable} holds: something that was used more or less. */
export interface Weighted {
  /** How much it was used; the smallest go first. */
  readonly weight: number;
}

/** An eighth of the entries goes at a time, so that the search for the rarest is paid once for many. */
const EVICTED_SHARE = 8;

/** A map that holds a bounded number of entries: when it is full, the eighth that was used least goes. */
export class RarestTable<V extends Weighted> {
  private readonly map = new Map<string, V>();
  private readonly most: number;
  private readonly onEvict: (value: V) => void;
  /** Entries that made room for others. */
  evicted = 0;

  constructor(most: number, onEvict: (value: V) => void = () => {}) {
    this.most = most;
    this.onEvict = onEvict;
  }

  get(key: string): V | undefined {
    return this.map.get(key);
  }

  /** Adds an entry under a key that has none. */
  add(key: string, value: V): void {
    if (this.map.size >= this.most) this.evict();
    this.map.set(key, value);
  }

  /** Lets the eighth go that was used least; of equals those that came first. */
  evict(): void {
    const rarest = [...this.map].sort(([, a], [, b]) => a.weight - b.weight);
    for (const [key, value] of rarest.slice(0, Math.max(1, Math.floor(this.most / EVICTED_SHARE)))) {
      this.map.delete(key);
      this.onEvict(value);
      this.evicted++;
    }
  }

  get size(): number {
    return this.map.size;
  }

  entries(): IterableIterator<[string, V]> {
    return this.map.entries();
  }

  clear(): void {
    for (const value of this.map.values()) this.onEvict(value);
    this.map.clear();
  }
}
