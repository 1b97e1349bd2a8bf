import { u8, u16, u32 } from '../../../net/index.ts';
import type { Match } from '../parser.ts';
import * as ntp from './message.ts';

/** 2000-01-01 in seconds since 1900: no clock that is set stands before it. */
const YEAR_2000 = 3_155_673_600;
/** Highest stratum: 16 is unsynchronised (RFC 5905, section 7.3). */
const HIGHEST_STRATUM = 16;
/** Seconds that a server takes at most between its receive and transmit time. */
const ANSWER_SECONDS = 2;

/**
 * A server's answer whose receive and transmit times agree is NTP for certain; everything else that has NTP's
 * shape may be, since a request may be all zeros behind its first byte.
 */
export function probe(bytes: Uint8Array, start: number, end: number): Match {
  const length = end - start;
  if (length < ntp.PRIVATE_HEADER_LENGTH) return 'no';
  const first = u8(bytes, start);
  const mode = first & 7;
  // Mode 7 has a response and a more bit where the others have the leap indicator.
  const version = (first >> 3) & 7;
  if (version < 1 || version > 4 || mode === 0) return 'no';
  if (mode === ntp.MODE_CONTROL) {
    if (length < ntp.CONTROL_HEADER_LENGTH || length < ntp.CONTROL_HEADER_LENGTH + u16(bytes, start + 10))
      return 'no';
    return 'maybe';
  }
  if (mode === ntp.MODE_PRIVATE) return 'maybe';
  if (length < ntp.HEADER_LENGTH || length % 4 !== 0) return 'no';
  if (u8(bytes, start + 1) > HIGHEST_STRATUM) return 'no';
  if (mode === ntp.MODE_SERVER) {
    const received = u32(bytes, start + 32);
    const sent = u32(bytes, start + 40);
    if (received >= YEAR_2000 && sent >= received && sent - received <= ANSWER_SECONDS) return 'yes';
  }
  return 'maybe';
}
