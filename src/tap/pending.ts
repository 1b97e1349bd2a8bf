const EMPTY = new Uint8Array(0);
/** Bytes that are made room for at first. */
const FIRST = 512;

/** Bytes of one direction that a parser, or detection, has left for later, and how this direction stands. */
export class Pending {
  bytes: Uint8Array = EMPTY;
  length = 0;
  /** Bytes that are to be passed over. */
  skip = 0;
  /** No protocol speaks in this direction. */
  hopeless = false;
  closed = false;
  /** Bytes of this direction have been shown to the present parser. */
  spoke = false;

  /** Adds a copy of `[start, end)`. */
  keep(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.length + (end - start);
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2, FIRST));
      grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length = needed;
  }

  /** What was shown has been consumed up to `start`: the rest, `[start, end)`, stays alone. */
  leave(bytes: Uint8Array, start: number, end: number): void {
    if (start >= end) {
      this.length = 0;
      return;
    }
    if (bytes === this.bytes) {
      if (start > 0) this.bytes.copyWithin(0, start, end);
      this.length = end - start;
      return;
    }
    this.length = 0;
    this.keep(bytes, start, end);
  }

  /** Lets go of the bytes and of their memory. */
  clear(): void {
    this.bytes = EMPTY;
    this.length = 0;
  }
}
