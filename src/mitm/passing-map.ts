/** What holds a value while it is in the map. */
interface Box<V> {
  value: V | undefined;
}

/**
 * A map for what comes and goes with each request or connection.
 *
 * A `Map` leaves tables behind as it grows and shrinks. Each still holds what was in it and leads to the next, so that
 * one which has come among the old objects keeps all that follow alive, until the garbage collector looks through the
 * old ones: what lives for milliseconds is copied twice and becomes old itself. Here the tables hold boxes, which are
 * emptied as their values go.
 */
export class PassingMap<K, V> {
  private readonly boxes = new Map<K, Box<V>>();

  get size(): number {
    return this.boxes.size;
  }

  has(key: K): boolean {
    return this.boxes.has(key);
  }

  get(key: K): V | undefined {
    return this.boxes.get(key)?.value;
  }

  /** Adds a value under a key that has none. */
  add(key: K, value: V): void {
    this.boxes.set(key, { value });
  }

  /** The value of a key, which goes; undefined where there is none. */
  take(key: K): V | undefined {
    const box = this.boxes.get(key);
    if (box === undefined) return undefined;
    this.boxes.delete(key);
    const { value } = box;
    box.value = undefined;
    return value;
  }

  /** All that are in it, the oldest first. */
  *[Symbol.iterator](): Generator<readonly [K, V]> {
    for (const [key, { value }] of this.boxes) yield [key, value as V];
  }
}

/** A set for what comes and goes with each request or connection. See {@link PassingMap}. */
export class PassingSet<T> {
  private readonly members = new PassingMap<number, T>();
  private last = 0;

  get size(): number {
    return this.members.size;
  }

  /** Adds one; it leaves by the number, from 1 on. */
  enter(one: T): number {
    this.members.add(++this.last, one);
    return this.last;
  }

  /** False for one that has left. */
  leave(number: number): boolean {
    return this.members.take(number) !== undefined;
  }

  /** All that are in it, the oldest first. */
  *[Symbol.iterator](): Generator<T> {
    for (const [, one] of this.members) yield one;
  }
}
