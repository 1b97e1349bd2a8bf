/** A share of the entries goes at once: looking for the oldest passes over those that went before. */
const BATCH_SHARE = 64;

/**
 * A bounded map of two tiers. Entries of the upper one are worth more: when there is no room, the oldest of the lower
 * tier go first, so a flood of what nobody asks for cannot push out what somebody needs.
 */
export class TwoTierMap<V> {
  private readonly lower = new Map<string, V>();
  private readonly upper = new Map<string, V>();
  private readonly limit: number;
  private readonly givenUp: (value: V, key: string) => void;

  /** `givenUp` is told of each entry that goes for lack of room. */
  constructor(limit: number, givenUp: (value: V, key: string) => void) {
    this.limit = Math.max(1, limit);
    this.givenUp = givenUp;
  }

  get size(): number {
    return this.lower.size + this.upper.size;
  }

  get(key: string): V | undefined {
    return this.lower.get(key) ?? this.upper.get(key);
  }

  /** Takes a new entry into the lower tier. */
  add(key: string, value: V): void {
    if (this.size >= this.limit) this.makeRoom();
    this.lower.set(key, value);
  }

  /** Takes an entry into the upper tier; nothing where it is there. */
  promote(key: string): void {
    const value = this.lower.get(key);
    if (value === undefined) return;
    this.lower.delete(key);
    this.upper.set(key, value);
  }

  /** Makes an entry the youngest of its tier. */
  touch(key: string): void {
    const tier = this.lower.has(key) ? this.lower : this.upper;
    const value = tier.get(key);
    if (value === undefined) return;
    tier.delete(key);
    tier.set(key, value);
  }

  delete(key: string): boolean {
    return this.lower.delete(key) || this.upper.delete(key);
  }

  *values(): Generator<V> {
    yield* this.upper.values();
    yield* this.lower.values();
  }

  /** Gives up the oldest, one after the other, as long as there is need to. */
  giveUpWhile(isNeeded: () => boolean): void {
    for (const tier of [this.lower, this.upper]) {
      for (const [key, value] of tier) {
        if (!isNeeded()) return;
        tier.delete(key);
        this.givenUp(value, key);
      }
    }
  }

  private makeRoom(): void {
    const enough = this.limit - Math.ceil(this.limit / BATCH_SHARE);
    this.giveUpWhile(() => this.size > enough);
  }
}
