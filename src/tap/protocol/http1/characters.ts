import { latin1, u8, utf8 } from '../../../net/index.ts';

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;

/** What a byte may be: part of a token (RFC 9110, section 5.6.2), white space in C's sense. */
const TOKEN = 1;
const WHITE = 2;
const CLASS = new Uint8Array(256);
for (let c = 33; c < 127; c++) CLASS[c] = TOKEN;
for (const c of '()<>@,;:\\"/[]?={}') CLASS[c.charCodeAt(0)] = 0;
for (const c of [0x20, 0x09, 0x0a, 0x0b, 0x0c, 0x0d]) CLASS[c] = WHITE;

/** True for a byte that may stand in a token. */
export function isToken(byte: number): boolean {
  return CLASS[byte] === TOKEN;
}

/** True for blank, tab, line feed, vertical tab, form feed, carriage return. */
export function isWhite(byte: number): boolean {
  return CLASS[byte] === WHITE;
}

/** Index of the first byte in `[start, end)` that is not white space, or `end`. */
export function skipWhite(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && CLASS[u8(bytes, i)] === WHITE) i++;
  return i;
}

/** Index behind the last byte in `[start, end)` that is not white space, or `start`. */
export function trimWhite(bytes: Uint8Array, start: number, end: number): number {
  let i = end;
  while (i > start && CLASS[u8(bytes, i - 1)] === WHITE) i--;
  return i;
}

/** Index of the first white space in `[start, end)`, or `end`. */
export function untilWhite(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && CLASS[u8(bytes, i)] !== WHITE) i++;
  return i;
}

/** Index of the first `byte` in `[start, end)`, or -1. */
export function indexOfByte(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === byte) return i;
  return -1;
}

/** A lower-case letter for each upper-case one, anything else as it is. */
export function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/**
 * Text of a field as the records show it: UTF-8 where the bytes are that, otherwise ASCII with each other byte
 * as `\xNN`, so that nothing is lost.
 */
export function fieldText(bytes: Uint8Array, start: number, end: number): string {
  const plain = latin1(bytes, start, end);
  let ascii = true;
  for (let i = start; i < end; i++) {
    if (u8(bytes, i) >= 0x80) {
      ascii = false;
      break;
    }
  }
  if (ascii) return plain;
  const text = utf8(bytes, start, end);
  if (!text.includes('\ufffd')) return text;
  return plain.replace(/[\x80-\xff]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`);
}

/** The same for text that is held as Latin-1. */
export function fieldString(held: string): string {
  if (!/[\x80-\xff]/.test(held)) return held;
  const bytes = Buffer.from(held, 'latin1');
  return fieldText(bytes, 0, bytes.length);
}
