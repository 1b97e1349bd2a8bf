import { u8, u16, u32 } from '../../../net/index.ts';

/** Bytes that a variable-length integer takes, by its first byte (RFC 9000 section 16): 1, 2, 4 or 8. */
export function integerLength(first: number): number {
  return 1 << (first >>> 6);
}

/**
 * A variable-length integer; the caller has checked that its {@link integerLength} bytes are there. Values of 8 bytes
 * lose precision beyond 2^53, which no length or offset that fits a packet reaches.
 */
export function readInteger(bytes: Uint8Array, at: number): number {
  const first = u8(bytes, at);
  switch (first >>> 6) {
    case 0:
      return first;
    case 1:
      return u16(bytes, at) & 0x3fff;
    case 2:
      return u32(bytes, at) & 0x3fffffff;
    default:
      return (u32(bytes, at) & 0x3fffffff) * 0x1_0000_0000 + u32(bytes, at + 4);
  }
}
