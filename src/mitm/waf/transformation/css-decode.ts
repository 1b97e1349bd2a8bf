import { roomFor, textOf } from './bytes.ts';
import { hexDigit, isSpace, narrow } from './character.ts';
import type { Transformation } from './transformation.ts';

const BACKSLASH = 0x5c;
const MOST_DIGITS = 6;

/** Escapes of CSS 2 are decoded. */
export const cssDecode: Transformation = {
  name: 'cssDecode',
  description:
    'Decodes the escapes of CSS 2: a backslash with one to six hexadecimal digits and one white space after them. ' +
    'The low byte is kept, and full width forms become ASCII. A backslash before a line feed goes with it, before ' +
    'anything else and at the end it goes alone.',
  example: { input: 'ja\\0076 a\\sc\\ff52ipt', output: 'javascript' },
  changes: /\\/,
  apply(value) {
    const first = value.indexOf('\\');
    if (first < 0) return value;
    const room = roomFor(value, first);
    let length = first;
    let at = first;
    while (at < value.length) {
      const code = value.charCodeAt(at++);
      if (code !== BACKSLASH) {
        room[length++] = code;
        continue;
      }
      if (at === value.length) break;
      const start = at;
      let number = 0;
      for (let digit = hexDigit(value.charCodeAt(at)); digit >= 0; digit = hexDigit(value.charCodeAt(at))) {
        number = number * 16 + digit;
        at++;
        if (at - start === MOST_DIGITS) break;
      }
      if (at > start) {
        room[length++] = narrow(number >> 8, number & 0xff);
        if (isSpace(value.charCodeAt(at))) at++;
        continue;
      }
      const next = value.charCodeAt(at++);
      if (next !== 0x0a) room[length++] = next;
    }
    return textOf(value, room, length);
  },
};
