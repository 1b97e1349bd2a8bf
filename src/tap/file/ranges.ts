/** Objects that are put together at the same time, and bytes that all of them may hold out of order. */
const MOST_OBJECTS = 256;
const MOST_HELD_BYTES = 16 << 20;
/** An object of which nothing came for so long is given up. */
const LIFETIME_US = 60_000_000;

/** Takes the content of an object in order; `Part` is what tells of the part that content came with. */
export interface WholeSink<Part> {
  data(bytes: Uint8Array, start: number, end: number, part: Part): void;
  /** All of it has come, the last of it with `part`. */
  close(part: Part): void;
}

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Whole<Part> {
  readonly size: number;
  readonly sink: WholeSink<Part>;
  /** Offset up to which everything has come. */
  next: number;
  held: Piece[];
  heldBytes: number;
  lastUs: number;
}

/**
 * Puts objects together that are fetched in ranges (RFC 9110 section 14), by whatever flows: downloaders ask for
 * several at once. What comes in front of its turn is held, within bounds; an object that does not become whole is
 * given up in silence, since each of its parts has a record of its own.
 */
export class RangeAssembler<Part> {
  /** Objects that became whole, and those that were given up for want of room. */
  readonly counters = { whole: 0, abandoned: 0 };
  private readonly wholes = new Map<string, Whole<Part>>();
  private heldBytes = 0;

  /** Bytes `[start, end)` of `bytes`, which lie at `offset` of the object of `size` bytes named `key`. */
  data(
    key: string,
    size: number,
    offset: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    timeUs: number,
    part: Part,
    open: () => WholeSink<Part>,
  ): void {
    let whole = this.wholes.get(key);
    if (whole !== undefined && (whole.size !== size || timeUs - whole.lastUs > LIFETIME_US)) {
      this.forget(key, whole);
      whole = undefined;
    }
    if (whole === undefined) {
      this.expire(timeUs);
      whole = { size, sink: open(), next: 0, held: [], heldBytes: 0, lastUs: timeUs };
      this.wholes.set(key, whole);
    }
    whole.lastUs = timeUs;
    if (offset > whole.next) this.hold(key, whole, offset, bytes, start, end);
    else this.append(whole, offset, bytes, start, end, part);
    this.drain(whole, part);
    if (whole.next < whole.size) return;
    this.forget(key, whole);
    this.counters.whole++;
    whole.sink.close(part);
  }

  private append(
    whole: Whole<Part>,
    offset: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    part: Part,
  ): void {
    const from = start + (whole.next - offset);
    const to = Math.min(end, start + (whole.size - offset));
    if (from >= to) return;
    whole.next += to - from;
    whole.sink.data(bytes, from, to, part);
  }

  private hold(
    key: string,
    whole: Whole<Part>,
    offset: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (offset >= whole.size) return;
    const length = end - start;
    if (this.heldBytes + length > MOST_HELD_BYTES) {
      this.counters.abandoned++;
      this.forget(key, whole);
      return;
    }
    const piece = { offset, bytes: bytes.slice(start, end) };
    const last = whole.held.at(-1);
    // Parts come in order as a rule, and only the order of parts is another one.
    if (last === undefined || last.offset <= offset) whole.held.push(piece);
    else {
      const at = whole.held.findIndex((other) => other.offset > offset);
      whole.held.splice(at, 0, piece);
    }
    whole.heldBytes += length;
    this.heldBytes += length;
  }

  private drain(whole: Whole<Part>, part: Part): void {
    let taken = 0;
    for (const piece of whole.held) {
      if (piece.offset > whole.next) break;
      taken++;
      whole.heldBytes -= piece.bytes.length;
      this.heldBytes -= piece.bytes.length;
      this.append(whole, piece.offset, piece.bytes, 0, piece.bytes.length, part);
    }
    if (taken > 0) whole.held.splice(0, taken);
  }

  /** Makes room: what is too old goes, and the oldest where that is not enough. */
  private expire(timeUs: number): void {
    for (const [key, whole] of this.wholes) {
      if (timeUs - whole.lastUs <= LIFETIME_US && this.wholes.size < MOST_OBJECTS) continue;
      this.counters.abandoned++;
      this.forget(key, whole);
    }
  }

  private forget(key: string, whole: Whole<Part>): void {
    this.wholes.delete(key);
    this.heldBytes -= whole.heldBytes;
    whole.held = [];
    whole.heldBytes = 0;
  }
}
