import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';

/** RFC 3550, section 5.1 and 6.4. */
const HEADER = 12;
const RTCP_FIRST = 200;
const RTCP_LAST = 207;

/** Sequence numbers that may lie between two packets of one source. */
const STEP = 16;
/** Payload types that cannot be mistaken for RTCP's packet types (RFC 5761, section 4). */
function plausible(type: number): boolean {
  return type <= 34 || (type >= 96 && type <= 127);
}

/** What is kept of one direction takes this many values: 8 bits of the source, 16 of the sequence number. */
const MARKS = 1 << 24;

/**
 * RTP says little of itself: version 2, a payload type. It counts when the sequence number of the next packet of the
 * same source follows. Both directions are kept in one number.
 */
function rtp(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const first = u8(bytes, start);
  if ((first & 0xc0) !== 0x80 || talk.server <= 1023 || talk.client <= 1023) return 'no';
  const contributors = (first & 15) * 4;
  const type = u8(bytes, start + 1) & 0x7f;
  if (!plausible(type) || end - start < HEADER + contributors + 1) return 'no';
  const source = u32(bytes, start + 8);
  if (source === 0) return 'no';
  const sequence = u16(bytes, start + 2);
  const ours = talk.direction === 0 ? talk.memory % MARKS : Math.floor(talk.memory / MARKS);
  const folded = ((source ^ (source >>> 8) ^ (source >>> 16) ^ (source >>> 24)) & 0x7f) | 0x80;
  const step = (sequence - ours) & 0xffff;
  if (ours !== 0 && ours >>> 16 === folded && step > 0 && step <= STEP) return 'yes';
  const mark = (folded << 16) | sequence;
  talk.memory =
    talk.direction === 0
      ? Math.floor(talk.memory / MARKS) * MARKS + mark
      : (talk.memory % MARKS) + mark * MARKS;
  return 'maybe';
}

/** A compound packet: lengths that add up to the datagram, the first part a report (RFC 3550, section 6.1). */
function rtcp(bytes: Uint8Array, start: number, end: number): Verdict {
  let at = start;
  let parts = 0;
  while (at + 4 <= end && parts < 16) {
    const type = u8(bytes, at + 1);
    if ((u8(bytes, at) & 0xc0) !== 0x80 || type < RTCP_FIRST || type > RTCP_LAST) return 'no';
    if (parts === 0 && type !== 200 && type !== 201 && type < 205) return 'no';
    at += 4 + u16(bytes, at + 2) * 4;
    parts++;
  }
  return at === end && parts > 0 ? 'yes' : 'no';
}

/** SRTCP: the first header is in clear, index and tag follow the encrypted rest (RFC 3711, section 3.4). */
function srtcp(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start + 1);
  if ((u8(bytes, start) & 0xe0) !== 0x80 || (type !== 200 && type !== 201)) return 'no';
  const report = 4 + u16(bytes, start + 2) * 4;
  const index = end - start - report;
  return report >= 8 && index >= 8 && index <= 1200 ? 'yes' : 'no';
}

export const RTP: readonly Signature[] = [
  // Media on a socket that was set up by STUN (RFC 8445) is encrypted.
  {
    name: 'SRTP',
    follows: 'STUN',
    transports: ['udp'],
    first: range(0x80, 0xbf),
    least: HEADER + 1,
    probe: rtp,
  },
  { name: 'RTCP', transports: ['udp'], first: range(0x80, 0xbf), least: 8, payloads: 2, probe: rtcp },
  { name: 'RTCP', transports: ['udp'], first: range(0x80, 0x9f), least: 20, payloads: 2, probe: srtcp },
  { name: 'RTP', transports: ['udp'], first: range(0x80, 0xbf), least: HEADER + 1, probe: rtp },
];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
