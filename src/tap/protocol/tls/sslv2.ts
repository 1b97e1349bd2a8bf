import { u8, u16, u24 } from '../../../net/index.ts';
import type { Match } from '../parser.ts';
import { type ClientHello, withoutExtensions } from './client-hello.ts';
import { SSL2, SSL3, TLS12 } from './names/versions.ts';

const CLIENT_HELLO = 1;
const SERVER_HELLO = 4;
/** Octets before a ClientHello's cipher list: length, type, version, three lengths. */
const CLIENT_HEADER = 11;
const SERVER_HEADER = 13;

/** End of the record of two length octets that starts at `start`; beyond `end` when it is not whole. */
export function v2RecordEnd(bytes: Uint8Array, start: number): number {
  return start + 2 + (u16(bytes, start) & 0x7fff);
}

/** Whether bytes are an SSLv2 ClientHello, which clients up to 2010 sent to offer SSLv3 and TLS 1.0 as well. */
export function probeV2(bytes: Uint8Array, start: number, end: number): Match {
  if (start >= end || (u8(bytes, start) & 0x80) === 0) return 'no';
  if (start + 3 > end) return 'maybe';
  if (u8(bytes, start + 2) !== CLIENT_HELLO) return 'no';
  if (start + 5 > end) return 'maybe';
  const version = u16(bytes, start + 3);
  if (version !== SSL2 && (version < SSL3 || version > TLS12)) return 'no';
  if (start + CLIENT_HEADER > end) return 'maybe';
  const ciphers = u16(bytes, start + 5);
  const fits = 9 + ciphers + u16(bytes, start + 7) + u16(bytes, start + 9) === (u16(bytes, start) & 0x7fff);
  return fits && ciphers % 3 === 0 ? 'yes' : 'no';
}

/** Reads a whole SSLv2 ClientHello; suites of two octets only, as SSLv3 and later have them. */
export function parseV2ClientHello(bytes: Uint8Array, start: number, end: number): ClientHello | undefined {
  if (probeV2(bytes, start, end) !== 'yes' || v2RecordEnd(bytes, start) > end) return undefined;
  const cipherSuites: number[] = [];
  const ciphersEnd = start + CLIENT_HEADER + u16(bytes, start + 5);
  for (let at = start + CLIENT_HEADER; at + 3 <= ciphersEnd; at += 3) cipherSuites.push(u24(bytes, at));
  const sessionEnd = ciphersEnd + u16(bytes, start + 7);
  return {
    version: u16(bytes, start + 3),
    random: sessionEnd,
    sessionStart: ciphersEnd,
    sessionEnd,
    datagramCookieStart: ciphersEnd,
    datagramCookieEnd: ciphersEnd,
    cipherSuites,
    compression: [],
    ...withoutExtensions(),
  };
}

/** Cipher of a whole SSLv2 ServerHello, undefined when it is none; 0 when it names no cipher. */
export function parseV2ServerHello(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (start + SERVER_HEADER > end || v2RecordEnd(bytes, start) > end) return undefined;
  if (u8(bytes, start + 2) !== SERVER_HELLO || u16(bytes, start + 5) !== SSL2) return undefined;
  const ciphers = start + SERVER_HEADER + u16(bytes, start + 7);
  return u16(bytes, start + 9) >= 3 && ciphers + 3 <= end ? u24(bytes, ciphers) : 0;
}
