import { roomFor, textOf } from './bytes.ts';
import { hexByte } from './character.ts';
import type { Transformation } from './transformation.ts';

const ENCODED = /[%+]/;

/** Percent decoding. */
export const urlDecode: Transformation = {
  name: 'urlDecode',
  description: 'Decodes + and %XX; a % without two hexadecimal digits after it stays.',
  example: { input: 'a+b%2Fc%zz', output: 'a b/c%zz' },
  changes: ENCODED,
  apply(value) {
    const first = value.search(ENCODED);
    if (first < 0) return value;
    const room = roomFor(value, first);
    let length = first;
    let at = first;
    while (at < value.length) {
      const code = value.charCodeAt(at++);
      if (code !== 0x25) {
        room[length++] = code === 0x2b ? 0x20 : code;
        continue;
      }
      const decoded = hexByte(value, at);
      room[length++] = decoded < 0 ? code : decoded;
      if (decoded >= 0) at += 2;
    }
    return textOf(value, room, length);
  },
};
