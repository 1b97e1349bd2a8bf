import { roomFor, textOf } from './bytes.ts';
import type { Transformation } from './transformation.ts';

const PADDING = 0x3d;
const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

/** Value of each character of Base64; 255 for others. */
const SEXTET = new Uint8Array(256).fill(255);
for (const [index, character] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  SEXTET[character.charCodeAt(0)] = index;
}

/** Base64 is decoded, strictly. */
export const base64Decode: Transformation = {
  name: 'base64Decode',
  description:
    'Decodes Base64. Line ends, and spaces before them, are passed over; any other character that is not Base64 ' +
    'makes the result empty. Four characters that are not complete at the end are dropped, and a NUL byte ends ' +
    'the value.',
  example: { input: 'd2Vpcg==', output: 'weir' },
  apply(value) {
    const nul = value.indexOf('\0');
    const end = nul < 0 ? value.length : nul;
    if (end === 0 || !isWellFormed(value, end)) return '';
    const room = roomFor(value, 0, end);
    let length = 0;
    let bits = 0;
    let count = 0;
    let padding = 0;
    for (let at = 0; at < end; at++) {
      const code = value.charCodeAt(at);
      if (code === LF || code === CR || code === SPACE) continue;
      if (code === PADDING) padding++;
      bits = (bits << 6) | ((SEXTET[code] ?? 0) & 0x3f);
      if (code === PADDING) bits &= ~0x3f;
      count++;
      if (count < 4) continue;
      room[length++] = bits >> 16;
      if (padding < 2) room[length++] = bits >> 8;
      if (padding < 1) room[length++] = bits;
      count = 0;
      bits = 0;
    }
    return textOf(value, room, length);
  },
};

/** Only Base64, line ends, spaces before line ends or at the end, and at most two = behind all other characters. */
function isWellFormed(value: string, end: number): boolean {
  let padding = 0;
  for (let at = 0; at < end; at++) {
    let code = value.charCodeAt(at);
    const start = at;
    while (code === SPACE && at < end) code = value.charCodeAt(++at);
    if (at === end || code === LF) continue;
    if (code === CR && at + 1 < end && value.charCodeAt(at + 1) === LF) continue;
    if (at > start) return false;
    if (code === PADDING) {
      padding++;
      if (padding > 2) return false;
    } else if (padding > 0 || SEXTET[code] === 255) {
      return false;
    }
  }
  return true;
}
