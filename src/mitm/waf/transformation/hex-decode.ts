import { roomFor, textOf } from './bytes.ts';
import type { Transformation } from './transformation.ts';

/** Pairs of hexadecimal digits become bytes. */
export const hexDecode: Transformation = {
  name: 'hexDecode',
  description:
    'Reads the value as pairs of hexadecimal digits; an odd digit at the end is dropped. Other characters are not ' +
    'refused: they count with what their code gives when it is taken for a digit, as in ModSecurity.',
  example: { input: '4a7eFF', output: 'J~\xff' },
  apply(value) {
    const length = value.length >> 1;
    if (value === '') return value;
    const room = roomFor(value, 0, length);
    for (let at = 0; at < length; at++) {
      room[at] = digit(value.charCodeAt(at * 2)) * 16 + digit(value.charCodeAt(at * 2 + 1));
    }
    return textOf(value, room, length);
  },
};

/** What ModSecurity takes a character for, whether it is a digit or not; may be negative or above 15. */
function digit(code: number): number {
  return code >= 0x41 ? (code & 0xdf) - 0x37 : code - 0x30;
}
