import type { Random } from './random.ts';

/** Most bytes that an input grows to. */
const LARGEST = 512 << 10;
/** Values at which length and count fields break. */
const EDGES = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 192, 200, 240, 254, 255] as const;
const WIDE_EDGES = [
  0, 1, 255, 256, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
] as const;
/** Text that parsers of lines and headers look for. */
const WORDS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ':',
  ' ',
  '\t',
  '"',
  '%00',
  '%u0041',
  '--',
  '0',
  '-1',
  '99999999999999999999',
  '4294967295',
  'ffffffffffffffff',
  'chunked',
  'gzip, deflate, br, gzip',
  '\r\n\r\n',
  '0\r\n\r\n',
  '\u00ff\u00fe',
  '=?utf-8?q?=41?=',
  '__proto__',
  'constructor',
] as const;

/** A changed copy of `bytes`; `other` is material to take pieces from. */
export function mutated(bytes: Uint8Array, random: Random, other: Uint8Array = bytes): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (let left = 1 + random.small(8); left > 0; left--) result = once(result, random, other);
  return result;
}

function once(bytes: Buffer, random: Random, other: Uint8Array): Buffer {
  const { length } = bytes;
  if (length === 0) return random.bytes(random.small(64));
  const at = random.below(length);
  switch (random.below(14)) {
    case 0:
      bytes[at] = bytes[at]! ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = random.pick(EDGES);
      return bytes;
    case 2:
      bytes[at] = random.below(256);
      return bytes;
    case 3:
      return wide(bytes, at, random);
    case 4:
      bytes[at] = (bytes[at]! + (random.once(2) ? 1 : 255)) & 255;
      return bytes;
    case 5:
      return bytes.subarray(0, at);
    case 6:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(Math.min(length, at + 1 + random.small(64))),
      ]);
    case 7:
      return insert(bytes, at, random.bytes(1 + random.small(32)));
    case 8:
      return insert(bytes, at, Buffer.from(random.pick(WORDS), 'latin1'));
    case 9:
      return insert(bytes, at, piece(other, random));
    case 10: {
      const taken = piece(other, random);
      bytes.set(taken.subarray(0, length - at), at);
      return bytes;
    }
    case 11:
      return insert(bytes, at, repeated(piece(bytes, random), random));
    case 12:
      return number(bytes, at, random);
    default:
      bytes.fill(random.pick(EDGES), at, Math.min(length, at + 1 + random.small(64)));
      return bytes;
  }
}

function insert(bytes: Buffer, at: number, added: Uint8Array): Buffer {
  if (bytes.length + added.length > LARGEST) return bytes;
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at)]);
}

function piece(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  return bytes.subarray(at, Math.min(bytes.length, at + 1 + random.small(256)));
}

/** Many copies: finds what costs more than it should, and bounds on counts. */
function repeated(bytes: Uint8Array, random: Random): Buffer {
  const times = random.once(20) ? 2000 : 1 + random.small(64);
  const copies: Uint8Array[] = [];
  for (let size = 0, i = 0; i < times && size < LARGEST; i++, size += bytes.length) copies.push(bytes);
  return Buffer.concat(copies);
}

function wide(bytes: Buffer, at: number, random: Random): Buffer {
  const value = random.pick(WIDE_EDGES);
  const size = random.once(2) ? 2 : 4;
  if (at + size > bytes.length) return bytes;
  const fits = size === 2 ? value & 0xffff : value;
  if (random.once(2)) bytes.writeUIntBE(fits, at, size);
  else bytes.writeUIntLE(fits, at, size);
  return bytes;
}

/** Puts another number in place of the digits at `at` or behind it. */
function number(bytes: Buffer, at: number, random: Random): Buffer {
  let start = at;
  while (start < bytes.length && !isDigit(bytes[start]!)) start++;
  let end = start;
  while (end < bytes.length && isDigit(bytes[end]!)) end++;
  if (start === end) return bytes;
  const text = random.pick(['0', '1', '-1', '4294967296', '2147483648', '18446744073709551616', '1e9', '']);
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)]);
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
