/**
 * A cache of fixed size for values by text: each key has one place, and a later key takes it over. Nothing is
 * allocated after the start, nothing grows, and nothing has to be found that could be let go.
 */
export class DirectCache<T> {
  private readonly keys: string[];
  private readonly values: T[];
  private readonly mask: number;
  private readonly seed: number;

  /** `bits`: the cache has 2^bits places. `seed` keeps others from choosing keys that share a place. */
  constructor(bits: number, empty: T, seed = 0) {
    const size = 1 << bits;
    this.keys = new Array<string>(size).fill('');
    this.values = new Array<T>(size).fill(empty);
    this.mask = size - 1;
    this.seed = seed;
  }

  get(key: string): T | undefined {
    const place = this.find(key);
    return place < 0 ? undefined : this.values[place];
  }

  /** The place of a key, -1 when it is not kept. */
  find(key: string): number {
    const place = this.place(key);
    return this.keys[place] === key ? place : -1;
  }

  /** The value at a place that `find` gave. */
  at(place: number): T {
    return this.values[place]!;
  }

  /** Keeps the value; returns its place. */
  set(key: string, value: T): number {
    const place = this.place(key);
    this.keys[place] = key;
    this.values[place] = value;
    return place;
  }

  /** Where a key is, or would be. */
  private place(key: string): number {
    let hash = this.seed ^ key.length;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & this.mask;
  }
}
