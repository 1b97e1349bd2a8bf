import { latin1 } from './bytes.ts';
import { sha1Block } from './sha1.ts';

/** Bytes of a community id: `1:`, 27 digits and the padding. */
export const COMMUNITY_ID_LENGTH = 30;

const message = new Uint8Array(64);
const digest = new Uint8Array(20);
const BASE64 = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
const text = new Uint8Array(COMMUNITY_ID_LENGTH);

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
  putCommunityId(
    text,
    0,
    version,
    words,
    source,
    destination,
    protocol,
    sourcePort,
    destinationPort,
    seed,
    oneWay,
  );
  // One flat string: many of them are kept.
  return latin1(text, 0, COMMUNITY_ID_LENGTH);
}

/** The same, as {@link COMMUNITY_ID_LENGTH} bytes of ASCII written to `target` at `at`. */
export function putCommunityId(
  target: Uint8Array,
  at: number,
  version: number,
  words: Int32Array,
  source: number,
  destination: number,
  protocol: number,
  sourcePort: number,
  destinationPort: number,
  seed: number,
  oneWay: boolean,
): void {
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
  let length = putAddress(2, words, first, count);
  length = putAddress(length, words, second, count);
  message[length++] = protocol;
  message[length++] = 0;
  if (protocol === 6 || protocol === 17 || protocol === 132 || protocol === 1 || protocol === 58) {
    const low = order < 0 ? sourcePort : destinationPort;
    const high = order < 0 ? destinationPort : sourcePort;
    message[length++] = low >>> 8;
    message[length++] = low;
    message[length++] = high >>> 8;
    message[length++] = high;
  }
  sha1Block(message, length, digest);
  putBase64(target, at);
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

/** The digest in base64 behind the version. */
function putBase64(target: Uint8Array, from: number): void {
  let at = from;
  target[at++] = 0x31;
  target[at++] = 0x3a;
  for (let i = 0; i < 18; i += 3) {
    const bits = (digest[i]! << 16) | (digest[i + 1]! << 8) | digest[i + 2]!;
    target[at++] = BASE64[bits >> 18]!;
    target[at++] = BASE64[(bits >> 12) & 63]!;
    target[at++] = BASE64[(bits >> 6) & 63]!;
    target[at++] = BASE64[bits & 63]!;
  }
  const bits = (digest[18]! << 16) | (digest[19]! << 8);
  target[at++] = BASE64[bits >> 18]!;
  target[at++] = BASE64[(bits >> 12) & 63]!;
  target[at++] = BASE64[(bits >> 6) & 63]!;
  target[at] = 0x3d;
}
