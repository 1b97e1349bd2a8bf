import { u8, u32 } from '../../../net/index.ts';
import type { Match, PortPair } from '../parser.ts';
import { findGoogleMessage } from './google-message.ts';
import { INITIAL, LongHeader, RETRY, readLongHeader, VERSION_NEGOTIATION } from './header.ts';
import { PublicHeader, readPublicHeader } from './public-header.ts';
import { isReservedVersion, quicVersion } from './versions.ts';

/** A client pads its first datagrams to this (RFC 9000 section 14.1). */
const MIN_CLIENT_DATAGRAM = 1200;
/** A client's first destination connection id has this length at least (RFC 9000 section 7.2). */
const MIN_CONNECTION_ID = 8;
/** Integrity tag of a Retry packet (RFC 9001 section 5.8). */
const RETRY_TAG = 16;
const HTTPS = 443;

// Only written and read within one call.
const long = new LongHeader();
const short = new PublicHeader();

/** Looks at a datagram: a long header of a known version with lengths that fit, or Google's public header. */
export function probeQuic(bytes: Uint8Array, start: number, end: number, port: PortPair): Match {
  if (end - start < 16) return 'no';
  const first = u8(bytes, start);
  if ((first & 0x80) !== 0) return probeLong(bytes, start, end, port);
  if ((first & 0x48) !== 0x08 || !readPublicHeader(short, bytes, start, end)) return 'no';
  if (short.version !== 0) return 'yes';
  return findGoogleMessage(bytes, short.payload, end) >= 0 ? 'yes' : 'no';
}

function probeLong(bytes: Uint8Array, start: number, end: number, port: PortPair): Match {
  if (!readLongHeader(long, bytes, start, end)) return 'no';
  const destination = long.destinationEnd - long.destinationStart;
  const source = long.sourceEnd - long.sourceStart;
  if (destination + source === 0) return 'no';
  if (long.type === VERSION_NEGOTIATION) return namesKnownVersion(bytes, long.sourceEnd, end) ? 'yes' : 'no';
  if (long.known) {
    if (long.known.form === 'google') return 'yes';
    if (long.type === RETRY) return end - long.payload > RETRY_TAG ? 'yes' : 'no';
    return long.end - long.payload >= 4 + RETRY_TAG ? 'yes' : 'no';
  }
  if ((u8(bytes, start) & 0x40) === 0 || long.type !== INITIAL) return 'no';
  if (end - start < MIN_CLIENT_DATAGRAM || destination < MIN_CONNECTION_ID) return 'no';
  if (isReservedVersion(long.version)) return 'yes';
  return port.server === HTTPS || port.client === HTTPS ? 'maybe' : 'no';
}

/** The list of a version negotiation packet (RFC 9000 section 17.2.1) has whole entries, one of them known. */
function namesKnownVersion(bytes: Uint8Array, start: number, end: number): boolean {
  if ((end - start) % 4 !== 0) return false;
  const last = Math.min(end, start + 256);
  for (let at = start; at < last; at += 4) if (quicVersion(u32(bytes, at))) return true;
  return false;
}
