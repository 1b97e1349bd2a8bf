import { roomFor, textOf } from './bytes.ts';
import { hexByte, narrow } from './character.ts';
import type { Transformation } from './transformation.ts';

const ENCODED = /[%+]/;

/** Percent decoding with the %uXXXX of IIS. */
export const urlDecodeUni: Transformation = {
  name: 'urlDecodeUni',
  description:
    'Decodes +, %XX and %uXXXX. Of %uXXXX the low byte is kept, and full width forms become the ASCII that they look ' +
    'like. What is not complete stays.',
  example: { input: 'a+%u0062%uff43%2Fd%u12', output: 'a bc/d%u12' },
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
      const isUnicode = (value.charCodeAt(at) | 0x20) === 0x75;
      const high = hexByte(value, isUnicode ? at + 1 : at);
      const low = isUnicode && high >= 0 ? hexByte(value, at + 3) : high;
      if (low < 0) {
        room[length++] = code;
        continue;
      }
      room[length++] = isUnicode ? narrow(high, low) : low;
      at += isUnicode ? 5 : 2;
    }
    return textOf(value, room, length);
  },
};
