import { latin1 } from './bytes.ts';
import { sha1Block } from './sha1.ts';

const message = new Uint8Array(64);
const digest = new Uint8Array(20);
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
/** `1:`, 27 digits and the padding. */
const text = Buffer.from('1:                           =', 'latin1');

/**
 * Community id of a flow, version 1 (github.com/corelight/community-id-spec). Addresses are words in `words` from
 * `source` and from `destination` on. `oneWay` is for ICMP messages without a counterpart: they are not ordered.
 * Protocols without ports are hashed without them.
 */
export function communityId(
  version: number,
  words: Int32Array,
  source: number,
  destination: number,
  protocol: number,
  sourcePort: number,
  destinationPort: number,
  seed = 0,
  oneWay = false,
): string {
  const count = version === 6 ? 4 : 1;
  let order = oneWay ? -1 : 0;
  for (let i = 0; i < count && order === 0; i++) {
    const a = words[source + i]! >>> 0;
    const b = words[destination + i]! >>> 0;
    order = a < b ? -1 : a > b ? 1 : 0;
  }
  if (order === 0) order = sourcePort <= destinationPort ? -1 : 1;
  const first = order < 0 ? source : destination;
  const second = order < 0 ? destination : source;
  message[0] = seed >>> 8;
  message[1] = seed;
  let at = putAddress(2, words, first, count);
  at = putAddress(at, words, second, count);
  message[at++] = protocol;
  message[at++] = 0;
  if (protocol === 6 || protocol === 17 || protocol === 132 || protocol === 1 || protocol === 58) {
    const low = order < 0 ? sourcePort : destinationPort;
    const high = order < 0 ? destinationPort : sourcePort;
    message[at++] = low >>> 8;
    message[at++] = low;
    message[at++] = high >>> 8;
    message[at++] = high;
  }
  sha1Block(message, at, digest);
  return identifier();
}

function putAddress(at: number, words: Int32Array, from: number, count: number): number {
  let to = at;
  for (let i = 0; i < count; i++) {
    const word = words[from + i]!;
    message[to++] = word >>> 24;
    message[to++] = word >>> 16;
    message[to++] = word >>> 8;
    message[to++] = word;
  }
  return to;
}

/** The digest in base64 behind the version, as one flat string: many of them are kept. */
function identifier(): string {
  let at = 2;
  for (let i = 0; i < 18; i += 3) {
    const bits = (digest[i]! << 16) | (digest[i + 1]! << 8) | digest[i + 2]!;
    text[at++] = BASE64[bits >> 18]!;
    text[at++] = BASE64[(bits >> 12) & 63]!;
    text[at++] = BASE64[(bits >> 6) & 63]!;
    text[at++] = BASE64[bits & 63]!;
  }
  const bits = (digest[18]! << 16) | (digest[19]! << 8);
  text[at++] = BASE64[bits >> 18]!;
  text[at++] = BASE64[(bits >> 12) & 63]!;
  text[at] = BASE64[(bits >> 6) & 63]!;
  return latin1(text, 0, text.length);
}
