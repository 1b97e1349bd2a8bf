/**
 * SHA-1 (RFC 3174) of a message of at most 55 bytes: one block, no allocation. For longer input node:crypto is the
 * better choice; for a five-tuple the call into it costs several times the hash.
 */
const schedule = new Int32Array(80);

/** Longest message that fits one block with its padding. */
export const SHA1_BLOCK_MESSAGE = 55;

/** Writes the 20-byte digest of `message[0, length)` to `digest`. */
export function sha1Block(message: Uint8Array, length: number, digest: Uint8Array): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) {
    let word = 0;
    for (let j = 0; j < 4; j++) {
      const at = i * 4 + j;
      word = (word << 8) | (at < length ? message[at]! : at === length ? 0x80 : 0);
    }
    w[i] = word;
  }
  w[15] = length * 8;
  for (let i = 16; i < 80; i++) {
    const x = w[i - 3]! ^ w[i - 8]! ^ w[i - 14]! ^ w[i - 16]!;
    w[i] = (x << 1) | (x >>> 31);
  }
  let a = 0x67452301;
  let b = 0xefcdab89 | 0;
  let c = 0x98badcfe | 0;
  let d = 0x10325476;
  let e = 0xc3d2e1f0 | 0;
  for (let i = 0; i < 80; i++) {
    let f: number;
    if (i < 20) f = ((b & c) | (~b & d)) + 0x5a827999;
    else if (i < 40) f = (b ^ c ^ d) + 0x6ed9eba1;
    else if (i < 60) f = ((b & c) | (b & d) | (c & d)) + (0x8f1bbcdc | 0);
    else f = (b ^ c ^ d) + (0xca62c1d6 | 0);
    const t = (((a << 5) | (a >>> 27)) + f + e + w[i]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = t;
  }
  put(digest, 0, (a + 0x67452301) | 0);
  put(digest, 4, (b + 0xefcdab89) | 0);
  put(digest, 8, (c + 0x98badcfe) | 0);
  put(digest, 12, (d + 0x10325476) | 0);
  put(digest, 16, (e + 0xc3d2e1f0) | 0);
}

function put(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}
