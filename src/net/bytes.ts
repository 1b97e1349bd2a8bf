/**
 * Big-endian reads from a byte array. The caller has checked that `offset` and what follows lie inside
 * `bytes`; these functions are the one boundary where that is taken for granted.
 */

/** One unsigned byte. */
export function u8(bytes: Uint8Array, offset: number): number {
  return bytes[offset] as number;
}

/** 16 bits, unsigned. */
export function u16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

/** 24 bits, unsigned. */
export function u24(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) << 16) | ((bytes[offset + 1] as number) << 8) | (bytes[offset + 2] as number)
  );
}

/** 32 bits as a signed integer: stays in V8's small-integer range, compare with `|0` or `>>> 0` in mind. */
export function i32(bytes: Uint8Array, offset: number): number {
  return (
    ((bytes[offset] as number) << 24) |
    ((bytes[offset + 1] as number) << 16) |
    ((bytes[offset + 2] as number) << 8) |
    (bytes[offset + 3] as number)
  );
}

/** 32 bits, unsigned. */
export function u32(bytes: Uint8Array, offset: number): number {
  return i32(bytes, offset) >>> 0;
}

/** Node's own slicers, which work on any byte array without a view being made first. */
interface Slicers {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  utf8Slice(this: Uint8Array, start: number, end: number): string;
  hexSlice(this: Uint8Array, start: number, end: number): string;
}
const { latin1Slice, utf8Slice, hexSlice } = Buffer.prototype as unknown as Slicers;

/** Bytes `[start, end)` as Latin-1 text: one character per byte, nothing lost. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** Bytes `[start, end)` as UTF-8 text; invalid sequences become U+FFFD. */
export function utf8(bytes: Uint8Array, start: number, end: number): string {
  return utf8Slice.call(bytes, start, end);
}

/** Bytes `[start, end)` as lower-case hexadecimal digits. */
export function hex(bytes: Uint8Array, start: number, end: number): string {
  return hexSlice.call(bytes, start, end);
}
