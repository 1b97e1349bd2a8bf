const EMPTY = Buffer.alloc(0);
const LEAST = 1024;

/** Bytes that have come and wait to be read. What was handed out of it stays as it is: nothing is moved or reused. */
export class Inbox {
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;
  /** Whether there is room behind `end` that is ours. */
  private owned = false;

  get size(): number {
    return this.end - this.start;
  }

  /** Adds `bytes[from, to)`. With `lent` they are valid during the call alone and are copied. */
  add(bytes: Buffer, from: number, to: number, lent: boolean): void {
    if (this.start === this.end && !lent) {
      this.bytes = bytes;
      this.start = from;
      this.end = to;
      this.owned = false;
      return;
    }
    const added = to - from;
    if (!this.owned || this.end + added > this.bytes.length) this.grow(added);
    bytes.copy(this.bytes, this.end, from, to);
    this.end += added;
  }

  /** Everything was read: nothing is held any more. */
  clear(): void {
    this.bytes = EMPTY;
    this.start = 0;
    this.end = 0;
    this.owned = false;
  }

  /** Doubles, so that a thousand small pieces are not copied a thousand times. */
  private grow(added: number): void {
    const size = this.size;
    const larger = Buffer.allocUnsafeSlow(Math.max(LEAST, 2 * (size + added)));
    this.bytes.copy(larger, 0, this.start, this.end);
    this.bytes = larger;
    this.start = 0;
    this.end = size;
    this.owned = true;
  }
}
