import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { filled, find, textAt, u16le } from './text.ts';

/** Adobe's RTMP 1.0, section 5.2: version 3 and 1536 bytes, a time and four zero bytes (or the player's version). */
function rtmp(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = end - start;
  if (length < 9) return 'maybe';
  const zero = u32(bytes, start + 5);
  // A TPKT has its length where the time stands.
  if (u8(bytes, start + 1) === 0 && u16(bytes, start + 2) === length) return 'no';
  const version = zero === 0 || (u8(bytes, start + 5) < 0x80 && length >= 1537);
  if (!version) return 'no';
  return length >= 1537 ? 'yes' : 'maybe';
}

const RTSP_METHODS = [
  'OPTIONS ',
  'DESCRIBE ',
  'SETUP ',
  'PLAY ',
  'ANNOUNCE ',
  'GET_PARAMETER ',
  'SET_PARAMETER ',
  'TEARDOWN ',
  'RECORD ',
  'PAUSE ',
  'REDIRECT ',
];

/** RFC 7826: a status line, or a method with an rtsp URI. */
function rtsp(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start, end, 'RTSP/')) return 'yes';
  for (const method of RTSP_METHODS) {
    if (!textAt(bytes, start, end, method)) continue;
    if (textAt(bytes, start + method.length, end, 'rtsp')) return 'yes';
    return find(bytes, start, Math.min(end, start + 300), ' RTSP/') >= 0 ? 'yes' : 'no';
  }
  return 'no';
}

/** ISO 13818-1: packets of 188 bytes, each with its sync byte. */
function transportStream(bytes: Uint8Array, start: number, end: number): Verdict {
  if ((end - start) % 188 !== 0) return 'no';
  for (let at = start; at < end; at += 188) if (bytes[at] !== 0x47) return 'no';
  return 'yes';
}

/** Icecast's and SHOUTcast's source and listener protocols. */
function icecast(bytes: Uint8Array, start: number, end: number): Verdict {
  if (!textAt(bytes, start, end, 'SOURCE ') && !textAt(bytes, start, end, 'ICE/')) return 'no';
  return find(bytes, start, Math.min(end, start + 300), 'ice-') >= 0 ||
    find(bytes, start, Math.min(end, start + 64), 'ICE/') >= 0
    ? 'yes'
    : 'no';
}
const shoutcast = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'ICY 200 OK') ? 'yes' : 'no';

/** Agora's SD-RTN: a zero byte, a number, 21 or 23, then tags such as SNI and PEID. */
function agora(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start + 13, end, 'SNI\0')) return 'yes';
  return find(bytes, start + 4, Math.min(end, start + 24), 'PEID') >= 0 ? 'yes' : 'no';
}

/** Spotify's access points: 0, version 4, a length, the first fields of a Protocol Buffers hello. */
const spotify = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u32(bytes, start) === 0x00040000 && u16(bytes, start + 4) === end - start && u8(bytes, start + 6) === 0x52
    ? 'yes'
    : 'no';

/** iQIYI's peers: their length at 2, zeros behind a counter. */
const iqiyi = (bytes: Uint8Array, start: number, end: number): Verdict =>
  (u8(bytes, start) & 15) === 12 &&
  u16le(bytes, start + 2) === end - start &&
  filled(bytes, start + 17, start + 23, 0)
    ? 'yes'
    : 'no';

/** PPStream's peers: a length, 43 at the third byte. */
function ppstream(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = end - start;
  return u8(bytes, start + 2) === 0x43 &&
    (u16le(bytes, start) === length - 4 || u16le(bytes, start) === length) &&
    talk.server > 1023 &&
    filled(bytes, start + 5, start + 8, 0xff)
    ? 'yes'
    : 'no';
}

/** Speedtest's own line protocol (Ookla): HI, HELLO and a version. */
function ookla(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start, end, 'HELLO ')) return u8(bytes, start + 7) === 0x2e ? 'yes' : 'no';
  return textAt(bytes, start, end, 'HI\n') ||
    (textAt(bytes, start, end, 'HI ') && u8(bytes, end - 1) === 10 && end - start === 40)
    ? 'yes'
    : 'no';
}

export const STREAMING: readonly Signature[] = [
  { name: 'RTSP', transports: ['tcp', 'udp'], first: 'RODSPAGTR', least: 12, probe: rtsp },
  { name: 'RTMP', transports: ['tcp'], first: [3, 6], least: 2, probe: rtmp },
  { name: 'MPEG_TS', transports: ['udp'], first: [0x47], least: 188, probe: transportStream },
  { name: 'IceCast', transports: ['tcp'], first: 'SI', least: 16, probe: icecast },
  { name: 'ShoutCast', transports: ['tcp'], first: 'I', least: 10, probe: shoutcast },
  { name: 'SD-RTN', transports: ['udp'], first: [0], least: 24, probe: agora },
  { name: 'Spotify', transports: ['tcp'], first: [0], least: 9, probe: spotify },
  { name: 'iQIYI', transports: ['udp'], first: range(0x0c, 0xfc, 16), least: 32, probe: iqiyi },
  { name: 'PPStream', transports: ['udp'], least: 12, probe: ppstream },
  { name: 'Ookla', transports: ['tcp'], first: 'H', least: 3, probe: ookla },
];

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step);
}
