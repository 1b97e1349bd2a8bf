import { u8 } from '../../net/index.ts';

/** Elements in the Basic Encoding Rules (X.690 section 8.1): lengths may take more octets than they need. */
export interface BerElement {
  readonly tag: number;
  /** Where the content lies. */
  readonly start: number;
  readonly end: number;
}

/** The element at `at` with a tag of one octet and a definite length; undefined when it does not end before `end`. */
export function readBer(bytes: Uint8Array, at: number, end: number): BerElement | undefined {
  if (at + 2 > end) return undefined;
  const length = berLength(bytes, at + 1, end);
  if (length === undefined || length === 'short' || length.next + length.value > end) return undefined;
  return { tag: u8(bytes, at), start: length.next, end: length.next + length.value };
}

/** The element at `at` when it has this tag. */
export function expectBer(bytes: Uint8Array, at: number, end: number, tag: number): BerElement | undefined {
  const element = readBer(bytes, at, end);
  return element?.tag === tag ? element : undefined;
}

/** A length, and the index behind it. */
export interface BerLength {
  readonly value: number;
  readonly next: number;
}

/** The length octets at `at`; `short` when more bytes are needed, undefined when it is indefinite or too long. */
export function berLength(bytes: Uint8Array, at: number, end: number): BerLength | 'short' | undefined {
  if (at >= end) return 'short';
  const first = u8(bytes, at);
  if (first < 0x80) return { value: first, next: at + 1 };
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4) return undefined;
  if (at + 1 + octets > end) return 'short';
  let value = 0;
  for (let i = 1; i <= octets; i++) value = value * 256 + u8(bytes, at + i);
  return { value, next: at + 1 + octets };
}
