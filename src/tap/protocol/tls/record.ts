import { u8, u16 } from '../../../net/index.ts';
import type { Match } from '../parser.ts';
import { CLIENT_HELLO, SERVER_HELLO } from './handshake-types.ts';

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;
export const HEARTBEAT = 24;

/** Octets of a record's header: type, version, length (RFC 8446 section 5.1). */
export const RECORD_HEADER = 5;
/** Longest record that Suricata lets pass: 2^14 and 1024 for what compression and protection may add. */
export const MAX_RECORD = (1 << 14) + 2048;
const MIN_ENCRYPTED = 16;

/** True when a record's header may start here; as many of its five octets as there are get looked at. */
export function looksLikeRecord(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end) return false;
  const type = u8(bytes, at);
  if (type < CHANGE_CIPHER_SPEC || type > HEARTBEAT) return false;
  if (at + 1 < end && u8(bytes, at + 1) !== 3) return false;
  if (at + 2 < end && u8(bytes, at + 2) > 4) return false;
  if (at + RECORD_HEADER > end) return true;
  const length = u16(bytes, at + 3);
  if (length === 0 || length > MAX_RECORD) return false;
  if (type === CHANGE_CIPHER_SPEC) return length === 1;
  if (type === APPLICATION_DATA) return length >= MIN_ENCRYPTED;
  return true;
}

/**
 * Whether bytes are the beginning of TLS records. A hello or a plain alert is proof; anything else of a flow that
 * was picked up midway needs a second record that fits.
 */
export function probeRecords(bytes: Uint8Array, start: number, end: number): Match {
  if (!looksLikeRecord(bytes, start, end)) return 'no';
  if (start + RECORD_HEADER >= end) return 'maybe';
  const type = u8(bytes, start);
  const length = u16(bytes, start + 3);
  if (type === HANDSHAKE) {
    const message = u8(bytes, start + RECORD_HEADER);
    if (message === CLIENT_HELLO || message === SERVER_HELLO) return 'yes';
  }
  if (type === ALERT && length === 2) {
    const level = u8(bytes, start + RECORD_HEADER);
    return level === 1 || level === 2 ? 'yes' : 'no';
  }
  const next = start + RECORD_HEADER + length;
  if (next > end) return 'maybe';
  return next === end || looksLikeRecord(bytes, next, end) ? 'yes' : 'no';
}
