/**
 * DER (ITU-T X.690): what certificates are written in. As much as our own need: writing of the types that RFC 5280
 * uses, and reading of elements in a certificate that OpenSSL has taken already.
 */

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
const SEQUENCE = 0x30;
const SET = 0x31;

/** An element: tag, length (definite, in as few bytes as it takes), content. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const content of contents) length += content.length;
  const head = length < 0x80 ? [tag, length] : [tag, 0x80, ...bytesOf(length)];
  if (length >= 0x80) head[1] = 0x80 | (head.length - 2);
  return Buffer.concat([Buffer.from(head), ...contents]);
}

function bytesOf(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return element(SEQUENCE, ...contents);
}

/** A set of one member: of more, DER would want an order. */
export function setOf(content: Uint8Array): Buffer {
  return element(SET, content);
}

/** A positive integer from its bytes, most significant first. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const rest = bytes.subarray(start);
  return (rest[0] ?? 0) >= 0x80 ? element(INTEGER, Buffer.of(0), rest) : element(INTEGER, rest);
}

export const TRUE: Buffer = Buffer.of(0x01, 0x01, 0xff);

/** An object identifier in dotted form. */
export function objectIdentifier(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes: number[] = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return element(OBJECT_IDENTIFIER, Buffer.from(bytes));
}

export function octetString(content: Uint8Array): Buffer {
  return element(OCTET_STRING, content);
}

/** Bits; the last `unused` (0 to 7) of them do not count. */
export function bitString(content: Uint8Array, unused = 0): Buffer {
  return element(BIT_STRING, Buffer.of(unused), content);
}

export function utf8String(text: string): Buffer {
  return element(UTF8_STRING, Buffer.from(text, 'utf8'));
}

/** A time, to the second: UTCTime to 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
export function time(date: Date): Buffer {
  const text = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 'YYYYMMDDhhmmss'.length)}Z`;
  return date.getUTCFullYear() < 2050
    ? element(UTC_TIME, Buffer.from(text.slice(2), 'latin1'))
    : element(GENERALIZED_TIME, Buffer.from(text, 'latin1'));
}

/** Context-specific and constructed: what EXPLICIT tags are. */
export function explicit(number: number, content: Uint8Array): Buffer {
  return element(0xa0 | number, content);
}

/** Context-specific and primitive: what IMPLICIT tags of primitive types are. */
export function implicit(number: number, content: Uint8Array): Buffer {
  return element(0x80 | number, content);
}

/** An element that was read: its tag, and where it lies. */
export interface Element {
  readonly tag: number;
  readonly start: number;
  readonly contentStart: number;
  readonly end: number;
}

/** The element at an offset; undefined where there is none, or not a whole one. */
export function readElement(bytes: Uint8Array, offset: number): Element | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) return undefined;
  let length = first;
  let contentStart = offset + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) return undefined;
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[contentStart + i] ?? 0);
    contentStart += count;
  }
  const end = contentStart + length;
  return end > bytes.length ? undefined : { tag, start: offset, contentStart, end };
}

/** Elements one behind the other; undefined where they do not fill the range. At most `most` are read. */
export function readElements(
  bytes: Uint8Array,
  start: number,
  end: number,
  most = 64,
): Element[] | undefined {
  const found: Element[] = [];
  for (let offset = start; offset < end; ) {
    const next = readElement(bytes, offset);
    if (next === undefined || next.end > end || found.length >= most) return undefined;
    found.push(next);
    offset = next.end;
  }
  return found;
}
