import { roomFor, textOf } from './bytes.ts';
import { isSpace } from './character.ts';
import type { Transformation } from './transformation.ts';

/** White space that is not one single space. */
const COMPRESSIBLE = /[\t-\r]| [\t-\r ]/;

/** Runs of white space become one space. */
export const compressWhitespace: Transformation = {
  name: 'compressWhitespace',
  description: 'Turns each run of white space (space, tab, CR, LF, VT, FF) into one space.',
  example: { input: 'a\t\n b', output: 'a b' },
  changes: /[\t-\r ]/,
  apply(value) {
    const first = value.search(COMPRESSIBLE);
    if (first < 0) return value;
    const room = roomFor(value, first);
    let length = first;
    let inSpace = false;
    for (let at = first; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (!isSpace(code)) {
        room[length++] = code;
        inSpace = false;
      } else if (!inSpace) {
        room[length++] = 0x20;
        inSpace = true;
      }
    }
    return textOf(value, room, length);
  },
};
