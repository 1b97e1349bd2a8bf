import { u8 } from '../../../../net/index.ts';

// Universal tags (X.690 section 8.1.2), with the constructed bit where DER has it.
export const BOOLEAN = 0x01;
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_IDENTIFIER = 0x06;
export const UTF8_STRING = 0x0c;
export const NUMERIC_STRING = 0x12;
export const PRINTABLE_STRING = 0x13;
export const TELETEX_STRING = 0x14;
export const IA5_STRING = 0x16;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const VISIBLE_STRING = 0x1a;
export const UNIVERSAL_STRING = 0x1c;
export const BMP_STRING = 0x1e;
export const SEQUENCE = 0x30;
export const SET = 0x31;

/** One element: its tag octet, where it starts, and where its content lies. */
export interface Element {
  readonly tag: number;
  readonly offset: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the element at `at`. Undefined when it does not lie wholly before `end`, has a tag number above 30 or an
 * indefinite length (which DER forbids, X.690 section 10.1).
 */
export function readElement(bytes: Uint8Array, at: number, end: number): Element | undefined {
  if (at + 2 > end) return undefined;
  const tag = u8(bytes, at);
  if ((tag & 0x1f) === 0x1f) return undefined;
  let length = u8(bytes, at + 1);
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 3 || start + octets > end) return undefined;
    length = 0;
    for (let i = 0; i < octets; i++) length = (length << 8) | u8(bytes, start + i);
    start += octets;
  }
  if (length > end - start) return undefined;
  return { tag, offset: at, start, end: start + length };
}

/** Reads the element at `at` and wants it to have this tag. */
export function expectElement(bytes: Uint8Array, at: number, end: number, tag: number): Element | undefined {
  const element = readElement(bytes, at, end);
  return element?.tag === tag ? element : undefined;
}

/** An object identifier's content in dotted form; numbers of more than 31 bits make it undefined. */
export function objectIdentifier(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = '';
  let number = 0;
  for (let at = start; at < end; at++) {
    const octet = u8(bytes, at);
    if (number > 0xffffff) return undefined;
    number = number * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    if (text === '') {
      const first = number < 80 ? Math.floor(number / 40) : 2;
      text = `${first}.${number - first * 40}`;
    } else {
      text += `.${number}`;
    }
    number = 0;
  }
  return text === '' ? undefined : text;
}
