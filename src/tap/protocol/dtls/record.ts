import { u8, u16, u24 } from '../../../net/index.ts';
import type { Match } from '../parser.ts';

/** Octets of a record's header (RFC 6347 section 4.1): type, version, epoch, sequence number, length. */
export const RECORD_HEADER = 13;
/** Octets of a handshake message's header (RFC 6347 section 4.2.2). */
export const HANDSHAKE_HEADER = 12;

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;
/** A record with a connection id (RFC 9146): where its length lies is known to the two sides only. */
export const CONNECTION_ID = 25;

const DTLS10 = 0xfeff;
const DTLS12 = 0xfefd;
const DTLS13 = 0xfefc;
const DTLS_EARLY = 0x0100;
const LAST_MESSAGE_TYPE = 24;

/** True for the versions that a record of DTLS may carry. */
export function isRecordVersion(version: number): boolean {
  return version === DTLS12 || version === DTLS10 || version === DTLS13 || version === DTLS_EARLY;
}

/** True for the unified header of DTLS 1.3 (RFC 9147 section 4): always encrypted. */
export function isUnifiedHeader(first: number): boolean {
  return first >>> 5 === 1;
}

/** Whether a datagram is DTLS: its records must fill it; the version before the RFC only with a hello. */
export function probeDatagram(bytes: Uint8Array, start: number, end: number): Match {
  if (end - start < RECORD_HEADER) return 'no';
  const type = u8(bytes, start);
  if (type < CHANGE_CIPHER_SPEC || type > CONNECTION_ID) return 'no';
  const version = u16(bytes, start + 1);
  if (!isRecordVersion(version)) return 'no';
  if (type === CONNECTION_ID) return version === DTLS12 ? 'maybe' : 'no';
  const length = u16(bytes, start + 11);
  const next = start + RECORD_HEADER + length;
  if (length === 0 || next > end) return 'no';
  if (
    next < end &&
    next + 3 <= end &&
    !isRecordVersion(u16(bytes, next + 1)) &&
    !isUnifiedHeader(u8(bytes, next))
  )
    return 'no';
  const clear = u16(bytes, start + 3) === 0;
  if (type === HANDSHAKE && clear) return probeHandshake(bytes, start + RECORD_HEADER, next);
  if (version === DTLS_EARLY) return 'no';
  if (type === CHANGE_CIPHER_SPEC) return clear && length !== 1 && length !== 3 ? 'no' : 'yes';
  if (type === ALERT) return clear && length !== 2 ? 'no' : 'yes';
  return 'yes';
}

function probeHandshake(bytes: Uint8Array, start: number, end: number): Match {
  if (start + HANDSHAKE_HEADER > end || u8(bytes, start) > LAST_MESSAGE_TYPE) return 'no';
  const length = u24(bytes, start + 1);
  const offset = u24(bytes, start + 6);
  const fragment = u24(bytes, start + 9);
  return offset + fragment <= length && start + HANDSHAKE_HEADER + fragment <= end ? 'yes' : 'no';
}
