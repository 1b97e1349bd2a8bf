import { roomFor, textOf } from './bytes.ts';
import type { Transformation } from './transformation.ts';

const EIGHTH = /[\x80-\xff]/;

/** The eighth bit of each byte is cleared. */
export const parityZero7bit: Transformation = {
  name: 'parityZero7bit',
  description: 'Clears the eighth bit of each byte.',
  example: { input: '\xc1b', output: 'Ab' },
  apply(value) {
    const first = value.search(EIGHTH);
    if (first < 0) return value;
    const length = value.length;
    const room = roomFor(value, first);
    for (let at = first; at < length; at++) room[at] = value.charCodeAt(at) & 0x7f;
    return textOf(value, room, length);
  },
};
