/** Lengths of BER (ITU-T X.690, section 8.1.3), for protocols that are told by their outermost elements. */

/** Offset of the content of the element at `at`; -1 when its length is not whole or not definite. */
export function contentOf(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const first = bytes[at + 1] as number;
  if (first < 0x80) return at + 2;
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4 || at + 2 + octets > end) return -1;
  return at + 2 + octets;
}

/** Length of the content of the element at `at`; -1 as above. */
export function lengthOf(bytes: Uint8Array, at: number, end: number): number {
  const content = contentOf(bytes, at, end);
  if (content < 0) return -1;
  let length = 0;
  if (content === at + 2) return bytes[at + 1] as number;
  for (let i = at + 2; i < content; i++) length = length * 256 + (bytes[i] as number);
  return length;
}
