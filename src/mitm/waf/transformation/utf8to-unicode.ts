import { roomFor, textOf } from './bytes.ts';
import type { Transformation } from './transformation.ts';

const SPECIAL = /[\0\x80-\xff]/;
const HEX = '0123456789abcdef';
/** Longest result for a byte of the value: an overlong form of two bytes becomes %uXXXX and its first byte. */
const GROWTH = 4;

/** UTF-8 becomes %uXXXX. */
export const utf8toUnicode: Transformation = {
  name: 'utf8toUnicode',
  description:
    'Writes characters of UTF-8 beyond ASCII as %uXXXX (five digits where needed). After overlong forms and ' +
    'surrogates their first byte follows; first bytes of incomplete characters go; other bytes above 0x7f stay. ' +
    'NUL bytes go.',
  example: { input: 'caf\xc3\xa9 \xf0\x9f\x98\x80', output: 'caf%u00e9 %u1f600' },
  changes: SPECIAL,
  apply(value) {
    const first = value.search(SPECIAL);
    if (first < 0) return value;
    const room = roomFor(value, first, first + (value.length - first) * GROWTH);
    let length = first;
    let at = first;
    while (at < value.length) {
      const lead = value.charCodeAt(at);
      if (lead < 0x80) {
        if (lead !== 0) room[length++] = lead;
        at++;
        continue;
      }
      const size = lead >= 0xf8 || lead < 0xc0 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
      if (size === 1) {
        room[length++] = lead;
        at++;
        continue;
      }
      // Beyond U+10FFFF, whatever follows.
      if (lead >= 0xf5) room[length++] = lead;
      if (!areContinuations(value, at + 1, at + size)) {
        at++;
        continue;
      }
      let point = lead & (0x7f >> size);
      for (let index = 1; index < size; index++) point = (point << 6) | (value.charCodeAt(at + index) & 0x3f);
      length = writePoint(room, length, point);
      if (point >= 0xd800 && point <= 0xdfff) room[length++] = lead;
      else if (point < smallest(size)) room[length++] = lead;
      at += size;
    }
    return textOf(value, room, length);
  },
};

function areContinuations(value: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((value.charCodeAt(at) & 0xc0) !== 0x80) return false;
  return true;
}

/** Smallest code point that needs so many bytes. */
function smallest(size: number): number {
  return size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
}

function writePoint(room: Buffer, start: number, point: number): number {
  let length = start;
  room[length++] = 0x25;
  room[length++] = 0x75;
  for (let shift = point > 0xfffff ? 20 : point > 0xffff ? 16 : 12; shift >= 0; shift -= 4) {
    room[length++] = HEX.charCodeAt((point >> shift) & 0xf);
  }
  return length;
}
