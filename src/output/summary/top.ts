/** Keys that are counted at the same time, at most. */
const CAPACITY = 16384;

/** Sums under one key. */
export interface Sums {
  readonly key: string;
  bytes: number;
  packets: number;
  flows: number;
}

/**
 * The heaviest keys of many, in bounded memory: when the table is full, the lighter half is let go (after Misra and
 * Gries; a key that matters comes back with its next flow). Exact as long as there are few keys.
 */
export class Top {
  private readonly table = new Map<string, Sums>();
  /** Keys that had to go: sums of light keys are then lower bounds. */
  dropped = 0;

  add(key: string, bytes: number, packets: number): void {
    const sums = this.table.get(key);
    if (sums !== undefined) {
      sums.bytes += bytes;
      sums.packets += packets;
      sums.flows++;
      return;
    }
    if (this.table.size >= CAPACITY) this.shrink();
    this.table.set(key, { key, bytes, packets, flows: 1 });
  }

  /** The `count` heaviest by bytes, ties by key. */
  heaviest(count: number): Sums[] {
    return this.sorted().slice(0, count);
  }

  get size(): number {
    return this.table.size + this.dropped;
  }

  private sorted(): Sums[] {
    return [...this.table.values()].sort((a, b) => b.bytes - a.bytes || (a.key < b.key ? -1 : 1));
  }

  private shrink(): void {
    for (const sums of this.sorted().slice(CAPACITY / 2)) {
      this.table.delete(sums.key);
      this.dropped++;
    }
  }
}
