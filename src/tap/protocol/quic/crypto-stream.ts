import { u8, u24 } from '../../../net/index.ts';

/** Bytes of a handshake that are kept; the largest hellos of today take some 2000. */
export const MAX_CRYPTO = 16384;
/** Separate pieces that are kept waiting for what lies between them. */
const MAX_PIECES = 128;
const FIRST_SIZE = 2048;
/** Type and length of a TLS handshake message (RFC 8446 section 4). */
const MESSAGE_HEADER = 4;

/** The beginning of one direction's CRYPTO stream, put together from pieces in any order, repeated or overlapping. */
export class CryptoStream {
  /** Valid up to `ready`. */
  bytes: Buffer = Buffer.alloc(0);
  /** Pieces as pairs of start and end, in order, neither touching nor overlapping. */
  private readonly pieces: number[] = [];

  /** Bytes from the beginning without a gap. */
  get ready(): number {
    return this.pieces.length > 0 && this.pieces[0] === 0 ? (this.pieces[1] as number) : 0;
  }

  /** Adds `[start, end)` of `bytes` at `offset`. False when that goes beyond what is kept. */
  add(bytes: Uint8Array, start: number, end: number, offset: number): boolean {
    const from = offset;
    const to = offset + end - start;
    if (from >= to) return true;
    if (to > MAX_CRYPTO) return false;
    if (to > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(FIRST_SIZE, Math.min(MAX_CRYPTO, 2 * this.bytes.length), to));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    if (!this.cover(from, to)) return false;
    this.bytes.set(bytes.subarray(start, end), from);
    return true;
  }

  /** The end of the first message when it is there as a whole, 0 when it is not yet, -1 when it is too long. */
  messageEnd(): number {
    const { ready } = this;
    if (ready < MESSAGE_HEADER) return 0;
    const end = MESSAGE_HEADER + u24(this.bytes, 1);
    if (end > MAX_CRYPTO) return -1;
    return end <= ready ? end : 0;
  }

  /** Type of the first message; only where {@link messageEnd} found one. */
  messageType(): number {
    return u8(this.bytes, 0);
  }

  clear(): void {
    this.bytes = Buffer.alloc(0);
    this.pieces.length = 0;
  }

  private cover(from: number, to: number): boolean {
    const { pieces } = this;
    let first = 0;
    while (first < pieces.length && (pieces[first + 1] as number) < from) first += 2;
    let last = first;
    let start = from;
    let end = to;
    while (last < pieces.length && (pieces[last] as number) <= to) {
      start = Math.min(start, pieces[last] as number);
      end = Math.max(end, pieces[last + 1] as number);
      last += 2;
    }
    if (first === last && pieces.length >= 2 * MAX_PIECES) return false;
    pieces.splice(first, last - first, start, end);
    return true;
  }
}
