import { u8 } from '../../../net/index.ts';

/** Returned for a line that holds no length and only white space, and for one that holds something else. */
export const NO_LENGTH = -1;
export const WRONG_LENGTH = -2;

/** Largest chunk that is taken for one, as in libhtp. */
const MAXIMUM = 0x7fffffff;

function isControl(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function digit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/**
 * Reads a chunk's length (RFC 9112, section 7.1) from a line, its end included: hexadecimal digits behind any white
 * space; what follows them is left alone. A length that is too large counts as none.
 */
export function chunkLength(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && isControl(u8(bytes, i))) i++;
  if (i === end) return NO_LENGTH;
  let value = 0;
  const first = i;
  for (; i < end; i++) {
    const d = digit(u8(bytes, i));
    if (d < 0) break;
    if (value <= MAXIMUM) value = value * 16 + d;
  }
  if (i === first) return WRONG_LENGTH;
  return value > MAXIMUM ? NO_LENGTH : value;
}

/** False where the bytes cannot become the line of a chunk's length, whatever follows. */
export function startsChunkLength(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end && isControl(u8(bytes, i))) i++;
  return i === end || digit(u8(bytes, i)) >= 0;
}
