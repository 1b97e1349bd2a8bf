import { roomFor, textOf } from './bytes.ts';
import { hexByte } from './character.ts';
import type { Transformation } from './transformation.ts';

const HEX_LITERAL = /0[xX][0-9a-fA-F]{2}/;

/** Hexadecimal literals of SQL become text. */
export const sqlHexDecode: Transformation = {
  name: 'sqlHexDecode',
  description: 'Decodes hexadecimal literals of SQL (0x414243) as far as their digits come in pairs.',
  example: { input: 'like 0x61646d696e', output: 'like admin' },
  apply(value) {
    const first = value.search(HEX_LITERAL);
    if (first < 0) return value;
    const room = roomFor(value, first);
    let length = first;
    let at = first;
    while (at < value.length) {
      const code = value.charCodeAt(at++);
      let decoded = code === 0x30 && (value.charCodeAt(at) | 0x20) === 0x78 ? hexByte(value, at + 1) : -1;
      if (decoded < 0) {
        room[length++] = code;
        continue;
      }
      at++;
      for (; decoded >= 0; decoded = hexByte(value, at)) {
        room[length++] = decoded;
        at += 2;
      }
    }
    return textOf(value, room, length);
  },
};
