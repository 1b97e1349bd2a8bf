/** Bytes that stay allocated; longer texts get their own and give them back. */
const KEPT_BYTES = 64 << 10;

const kept = Buffer.allocUnsafeSlow(KEPT_BYTES);

/**
 * The bytes of a binary string, from 0 to its length; valid until the next call. For loops that run often: V8 has several
 * forms of strings, and where code has seen many of them each `text.length` and `text.charCodeAt` in a loop is a search
 * for the property, which made such loops eight times as slow. For the same reason the length is to be taken once.
 */
export function bytesOf(text: string): Uint8Array {
  const bytes = text.length <= KEPT_BYTES ? kept : Buffer.allocUnsafe(text.length);
  bytes.write(text, 0, text.length, 'latin1');
  return bytes;
}
