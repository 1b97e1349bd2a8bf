/**
 * The entries that were used last, at most so many: what was not used for longest goes first. What goes is counted, as
 * it may have been needed still.
 */
export class Recent<V> {
  /** Entries that had to go for newer ones. */
  turnedAway = 0;
  private readonly entries = new Map<string, V>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.entries.size;
  }

  /** The entry of a key, which becomes the youngest; undefined where there is none. */
  use(key: string): V | undefined {
    const value = this.entries.get(key);
    if (value === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, value);
    return value;
  }

  /** Puts an entry in place of whatever the key had. */
  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= this.limit) return;
    const oldest = this.entries.keys().next();
    if (oldest.done === true) return;
    this.entries.delete(oldest.value);
    this.turnedAway++;
  }

  delete(key: string): void {
    this.entries.delete(key);
  }
}
