import { u16 } from '../../../net/index.ts';
import type { Direction, Match, PortPair } from '../parser.ts';
import { HEADER_BYTES, plausibleHeader, RESPONSE } from './message.ts';
import { isKnownType } from './types.ts';

export const DNS_PORT = 53;
export const MDNS_PORT = 5353;
export const LLMNR_PORT = 5355;
/** NetBIOS name service: the same header and other names (RFC 1002 section 4.2). */
const NETBIOS_PORT = 137;

/** What a walk over a message, without building anything, says of it. */
const BROKEN = 0;
const CUT = 1;
const WHOLE = 2;

/** Index behind the name at `offset`; -1 malformed, -2 cut. Pointers are not followed. */
function skipName(bytes: Uint8Array, offset: number, end: number): number {
  let position = offset;
  while (position < end) {
    const size = bytes[position]!;
    if (size === 0) return position + 1;
    if (size >= 0xc0) return position + 2 > end ? -2 : position + 2;
    if (size >= 0x40) return -1;
    position += 1 + size;
  }
  return -2;
}

/** Walks over the questions and answers of a message. */
function walk(bytes: Uint8Array, start: number, end: number): number {
  let position = start + HEADER_BYTES;
  const questions = u16(bytes, start + 4);
  for (let i = 0; i < questions; i++) {
    position = skipName(bytes, position, end);
    if (position < 0) return position === -2 ? CUT : BROKEN;
    position += 4;
    if (position > end) return CUT;
  }
  const answers = u16(bytes, start + 6);
  for (let i = 0; i < answers; i++) {
    position = skipName(bytes, position, end);
    if (position < 0) return position === -2 ? CUT : BROKEN;
    if (position + 10 > end) return CUT;
    position += 10 + u16(bytes, position + 8);
    if (position > end) return CUT;
  }
  return WHOLE;
}

/**
 * Stricter than a port's listener would be: for ports that say nothing. One question of a known type and class
 * whose name is made of printable bytes, no reserved bits, and a message that ends where its sections do.
 */
function unmistakable(bytes: Uint8Array, start: number, end: number): boolean {
  const flags = u16(bytes, start + 2);
  // Opcodes 0, 4 (notify) and 5 (update); the reserved bit clear; for a query no answer bits and no rcode.
  const opcode = (flags >> 11) & 15;
  if ((opcode !== 0 && opcode !== 4 && opcode !== 5) || (flags & 0x40) !== 0) return false;
  const response = (flags & RESPONSE) !== 0;
  if (!response && (flags & 0x048f) !== 0) return false;
  if ((flags & 15) > 10 || u16(bytes, start + 4) !== 1) return false;
  const answers = u16(bytes, start + 6);
  if (!response && (answers !== 0 || u16(bytes, start + 8) > 20 || u16(bytes, start + 10) > 3)) return false;
  let position = start + HEADER_BYTES;
  while (position < end && bytes[position]! !== 0) {
    const behind = position + 1 + bytes[position]!;
    if (bytes[position]! >= 0x40 || behind > end) return false;
    for (let i = position + 1; i < behind; i++) if (bytes[i]! < 0x21 || bytes[i]! > 0x7e) return false;
    position = behind;
  }
  if (position + 5 > end) return false;
  const questionClass = u16(bytes, position + 3);
  if (!isKnownType(u16(bytes, position + 1))) return false;
  if (questionClass !== 1 && questionClass !== 3 && questionClass !== 255) return false;
  const records = answers + u16(bytes, start + 8) + u16(bytes, start + 10);
  return records === 0 ? position + 5 === end : walk(bytes, start, end) === WHOLE;
}

/** Probe of a datagram for plain DNS. */
export function probeDatagram(bytes: Uint8Array, start: number, end: number, port: PortPair): Match {
  if (end - start < HEADER_BYTES || !plausibleHeader(bytes, start, end - start)) return 'no';
  const { client, server } = port;
  if (client === NETBIOS_PORT || server === NETBIOS_PORT) return 'no';
  if (client === MDNS_PORT || server === MDNS_PORT || client === LLMNR_PORT || server === LLMNR_PORT) {
    return 'no';
  }
  if (server === DNS_PORT || client === DNS_PORT) {
    const verdict = walk(bytes, start, end);
    return verdict === WHOLE ? 'yes' : verdict === CUT ? 'maybe' : 'no';
  }
  return unmistakable(bytes, start, end) ? 'yes' : 'no';
}

/** Probe of a datagram for a variant of DNS that has its own port: mDNS (RFC 6762), LLMNR (RFC 4795). */
export function probeVariant(
  bytes: Uint8Array,
  start: number,
  end: number,
  port: PortPair,
  own: number,
): Match {
  if (port.client !== own && port.server !== own) return 'no';
  if (end - start < HEADER_BYTES || !plausibleHeader(bytes, start, end - start)) return 'no';
  return walk(bytes, start, end) === WHOLE ? 'yes' : 'no';
}

/** Probe of a stream: a two-byte length in front of each message (RFC 1035 section 4.2.2). */
export function probeStream(
  bytes: Uint8Array,
  start: number,
  end: number,
  _direction: Direction,
  port: PortPair,
): Match {
  const known = port.server === DNS_PORT || port.client === DNS_PORT;
  if (end - start < 2) return known ? 'maybe' : 'no';
  const length = u16(bytes, start);
  if (length < HEADER_BYTES) return 'no';
  if (end - start < 2 + HEADER_BYTES) return known ? 'maybe' : 'no';
  const message = start + 2;
  if (!plausibleHeader(bytes, message, length)) return 'no';
  if (end - message < length) {
    if (!known) return 'no';
    return walk(bytes, message, end) === BROKEN ? 'no' : 'yes';
  }
  if (known) return walk(bytes, message, message + length) === WHOLE ? 'yes' : 'no';
  return unmistakable(bytes, message, message + length) ? 'yes' : 'no';
}
