import { u8, u32 } from '../../../net/index.ts';
import { integerLength, readInteger } from './variable-integer.ts';
import { isReservedVersion, type QuicVersion, quicVersion } from './versions.ts';

/** Types of long header packets as version 1 numbers them (RFC 9000 section 17.2), and version negotiation. */
export const INITIAL = 0;
export const ZERO_RTT = 1;
export const HANDSHAKE = 2;
export const RETRY = 3;
export const VERSION_NEGOTIATION = 4;

const MAX_CONNECTION_ID = 20;
/** Length of Google's message authentication hash where packets are in clear. */
const HASH_LENGTH = 12;

/** One packet with a long header; reused for every packet. Indexes are of the bytes that it was read from. */
export class LongHeader {
  version = 0;
  /** Undefined when the version is not known. */
  known: QuicVersion | undefined;
  type = INITIAL;
  start = 0;
  destinationStart = 0;
  destinationEnd = 0;
  sourceStart = 0;
  sourceEnd = 0;
  /** First byte behind the header in clear: the protected packet number where there is one, else frames. */
  payload = 0;
  /** End of the packet; what follows in the datagram is another packet. */
  end = 0;
}

/**
 * Reads the long header at `start` into `header`. False when there is none or its lengths do not fit the datagram.
 * Of an unknown version only the invariants (RFC 8999) are read, and the packet takes the rest of the datagram.
 */
export function readLongHeader(header: LongHeader, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 7 || (u8(bytes, start) & 0x80) === 0) return false;
  header.start = start;
  header.version = u32(bytes, start + 1);
  header.known = quicVersion(header.version);
  header.end = end;
  if (header.known?.form === 'google') return readGoogleHeader(header, bytes, end);
  if (!readConnectionIds(header, bytes, end)) return false;
  const first = u8(bytes, start);
  if (header.version === 0) {
    header.type = VERSION_NEGOTIATION;
    return true;
  }
  header.type = (first >>> 4) & 3;
  if (!header.known) return isReservedVersion(header.version) || header.payload < end;
  // RFC 9369 section 3.2 rotates the numbers.
  if (header.known.labels === 'quicv2') header.type = (header.type + 3) & 3;
  if ((first & 0x40) === 0) return false;
  return header.type === RETRY || readLength(header, bytes, end);
}

function readConnectionIds(header: LongHeader, bytes: Uint8Array, end: number): boolean {
  let at = header.start + 5;
  let length = u8(bytes, at);
  header.destinationStart = at + 1;
  header.destinationEnd = at + 1 + length;
  if (length > MAX_CONNECTION_ID || header.destinationEnd >= end) return false;
  at = header.destinationEnd;
  length = u8(bytes, at);
  header.sourceStart = at + 1;
  header.sourceEnd = at + 1 + length;
  header.payload = header.sourceEnd;
  return length <= MAX_CONNECTION_ID && header.sourceEnd <= end;
}

/** The token of an Initial packet and the length that all but Retry packets have. */
function readLength(header: LongHeader, bytes: Uint8Array, end: number): boolean {
  let at = header.payload;
  if (header.type === INITIAL) {
    if (at >= end || at + integerLength(u8(bytes, at)) > end) return false;
    const token = readInteger(bytes, at);
    at += integerLength(u8(bytes, at));
    if (token > end - at) return false;
    at += token;
  }
  if (at >= end || at + integerLength(u8(bytes, at)) > end) return false;
  const length = readInteger(bytes, at);
  at += integerLength(u8(bytes, at));
  if (length > end - at) return false;
  header.payload = at;
  header.end = at + length;
  return true;
}

/** Long header of Q044 to Q046: both lengths of connection ids in one byte, packet number and hash in clear. */
function readGoogleHeader(header: LongHeader, bytes: Uint8Array, end: number): boolean {
  const { start } = header;
  const first = u8(bytes, start);
  if (header.version === 0x51303436) header.type = (first >>> 4) & 3;
  else if ((first & 0x7f) >= 0x7c)
    header.type = [ZERO_RTT, HANDSHAKE, RETRY, INITIAL][(first & 0x7f) - 0x7c]!;
  else return false;
  const lengths = u8(bytes, start + 5);
  const destination = lengths >>> 4;
  const source = lengths & 15;
  header.destinationStart = start + 6;
  header.destinationEnd = header.destinationStart + (destination === 0 ? 0 : destination + 3);
  header.sourceStart = header.destinationEnd;
  header.sourceEnd = header.sourceStart + (source === 0 ? 0 : source + 3);
  const number = header.version === 0x51303436 ? (first & 3) + 1 : 4;
  header.payload = header.sourceEnd + number + (header.type === INITIAL ? HASH_LENGTH : 0);
  return header.payload <= end;
}
