/**
 * Where a flow's payload lies in the captures: for each direction the pieces in stream order, as (file, offset,
 * length), packed into a few bytes each. A conversation is read back by it without reading the rest.
 */

/** Offsets within a file lie below this; file numbers below 8192, so that both fit a double exactly. */
const FILE_STEP = 2 ** 40;

/** A place in the captures as one number. */
export function packOrigin(file: number, offset: number): number {
  return file * FILE_STEP + offset;
}

/** One piece of payload. `file` is -1 for bytes that lie in no one place (fragments, overlaps) or are missing. */
export interface PayloadPiece {
  readonly direction: 0 | 1;
  readonly file: number;
  readonly offset: number;
  readonly length: number;
}

/** Grows by 3 to 8 bytes a piece: tag and length, and the distance from the end of the piece before. */
export class PayloadMap {
  private bytes = new Uint8Array(32);
  private used = 0;
  private lastFile = 0;
  private lastEnd = 0;
  /** Pieces that were not kept because the map was full. */
  dropped = 0;
  private readonly limit: number;

  /** `limit`: bytes that the map may take. */
  constructor(limit = 1 << 22) {
    this.limit = limit;
  }

  /** Adds a piece; `origin` as {@link packOrigin} makes it, or -1. */
  add(direction: 0 | 1, origin: number, length: number): void {
    if (this.used + 24 > this.bytes.length && !this.grow()) {
      this.dropped++;
      return;
    }
    const placed = origin >= 0;
    const file = placed ? Math.floor(origin / FILE_STEP) : 0;
    const offset = placed ? origin - file * FILE_STEP : 0;
    const moved = placed && file !== this.lastFile;
    this.put(length * 8 + direction + (placed ? 0 : 2) + (moved ? 4 : 0));
    if (!placed) return;
    if (moved) {
      this.put(file);
      this.lastFile = file;
      this.lastEnd = 0;
    }
    const distance = offset - this.lastEnd;
    this.put(distance >= 0 ? distance * 2 : -distance * 2 - 1);
    this.lastEnd = offset + length;
  }

  /** The pieces in the order in which they were added. */
  *pieces(): Generator<PayloadPiece> {
    yield* unpackPieces(this.bytes.subarray(0, this.used));
  }

  /** The packed form, for an index file. */
  packed(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }

  private put(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.bytes[this.used++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.used++] = rest;
  }

  private grow(): boolean {
    if (this.bytes.length * 2 > this.limit) return false;
    const grown = new Uint8Array(this.bytes.length * 2);
    grown.set(this.bytes);
    this.bytes = grown;
    return true;
  }
}

/** Reads the packed form back. Stops at the first piece that is not whole. */
export function* unpackPieces(bytes: Uint8Array): Generator<PayloadPiece> {
  let at = 0;
  let file = 0;
  let end = 0;
  const next = (): number => {
    let value = 0;
    let factor = 1;
    while (at < bytes.length) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
      factor *= 128;
    }
    return -1;
  };
  for (;;) {
    const tag = next();
    if (tag < 0) return;
    const length = Math.floor(tag / 8);
    const direction = (tag & 1) as 0 | 1;
    if ((tag & 2) !== 0) {
      yield { direction, file: -1, offset: 0, length };
      continue;
    }
    if ((tag & 4) !== 0) {
      file = next();
      end = 0;
    }
    const distance = next();
    if (distance < 0 || file < 0) return;
    const offset = end + (distance % 2 === 0 ? distance / 2 : -(distance + 1) / 2);
    end = offset + length;
    yield { direction, file, offset, length };
  }
}
