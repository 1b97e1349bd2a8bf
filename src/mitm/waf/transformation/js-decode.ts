import { roomFor, textOf } from './bytes.ts';
import { hexByte, isOctalDigit, narrow } from './character.ts';
import { controlCharacter } from './escape-character.ts';
import type { Transformation } from './transformation.ts';

const BACKSLASH = 0x5c;

/** Escapes of JavaScript strings are decoded. */
export const jsDecode: Transformation = {
  name: 'jsDecode',
  description:
    'Decodes \\uHHHH (of which the low byte is kept; full width forms become ASCII), \\xHH, up to three octal digits ' +
    'while they fit in a byte, and \\a \\b \\f \\n \\r \\t \\v. Before anything else the backslash goes.',
  example: { input: '\\u0061\\x62\\143\\"\\uff44', output: 'abc"d' },
  changes: /\\/,
  apply(value) {
    const first = value.indexOf('\\');
    if (first < 0) return value;
    const room = roomFor(value, first);
    let length = first;
    let at = first;
    while (at < value.length) {
      const code = value.charCodeAt(at++);
      if (code !== BACKSLASH || at === value.length) {
        room[length++] = code;
        continue;
      }
      const next = value.charCodeAt(at);
      if (next === 0x75) {
        const high = hexByte(value, at + 1);
        const low = high < 0 ? -1 : hexByte(value, at + 3);
        room[length++] = low < 0 ? next : narrow(high, low);
        at += low < 0 ? 1 : 5;
      } else if (next === 0x78) {
        const decoded = hexByte(value, at + 1);
        room[length++] = decoded < 0 ? next : decoded;
        at += decoded < 0 ? 1 : 3;
      } else if (isOctalDigit(next)) {
        // A third digit only after 0 to 3: \777 is \77 and a 7.
        const most = at + (next > 0x33 ? 2 : 3);
        let number = 0;
        do number = number * 8 + value.charCodeAt(at++) - 0x30;
        while (at < most && isOctalDigit(value.charCodeAt(at)));
        room[length++] = number;
      } else {
        room[length++] = controlCharacter(next) || next;
        at++;
      }
    }
    return textOf(value, room, length);
  },
};
