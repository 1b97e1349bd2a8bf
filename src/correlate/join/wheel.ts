/** Something that is due at a time. An item lies in one wheel at a time. */
export interface Due {
  /** Where it lies; of the wheel alone, -1 where it lies in none. */
  slot: number;
}

/** What is due when, to the second: putting, taking out and moving take constant time. */
export class Wheel<T extends Due> {
  private readonly slots = new Map<number, Set<T>>();
  /** All slots before this one are empty. */
  private next = Number.POSITIVE_INFINITY;

  /** Puts an item in, or moves it. `atUs` in microseconds since 1970; it is due up to a second later. */
  put(item: T, atUs: number): void {
    const slot = Math.floor(atUs / 1e6) + 1;
    if (slot === item.slot) return;
    this.delete(item);
    item.slot = slot;
    const items = this.slots.get(slot);
    if (items === undefined) this.slots.set(slot, new Set([item]));
    else items.add(item);
    if (slot < this.next) this.next = slot;
  }

  delete(item: T): void {
    if (item.slot < 0) return;
    const items = this.slots.get(item.slot);
    items?.delete(item);
    if (items?.size === 0) this.slots.delete(item.slot);
    item.slot = -1;
  }

  /** Hands out all that is due; they are in no slot then, and may be put in again for later. */
  due(nowUs: number, take: (item: T) => void): void {
    const until = Math.floor(nowUs / 1e6);
    if (until < this.next || this.slots.size === 0) return;
    const due =
      until - this.next > this.slots.size
        ? [...this.slots.keys()].filter((slot) => slot <= until).sort((a, b) => a - b)
        : range(this.next, until);
    this.next = until + 1;
    for (const slot of due) {
      const items = this.slots.get(slot);
      if (items === undefined) continue;
      this.slots.delete(slot);
      for (const item of items) {
        item.slot = -1;
        take(item);
      }
    }
    if (this.slots.size === 0) this.next = Number.POSITIVE_INFINITY;
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
