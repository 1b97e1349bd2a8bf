/** A map that holds a bounded number of entries: what was not asked for longest goes first. */
export class RecentTable<V> {
  private readonly entries = new Map<string, V>();
  private readonly most: number;
  /** Entries that made room for others. */
  evicted = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** The entry of a key, made where there is none. */
  take(key: string, make: () => V): V {
    const { entries } = this;
    let value = entries.get(key);
    if (value === undefined) {
      value = make();
      if (entries.size >= this.most) this.evictOldest();
    } else entries.delete(key);
    entries.set(key, value);
    return value;
  }

  get size(): number {
    return this.entries.size;
  }

  private evictOldest(): void {
    for (const key of this.entries.keys()) {
      this.entries.delete(key);
      this.evicted++;
      return;
    }
  }
}
