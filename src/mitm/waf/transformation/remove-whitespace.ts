import { roomFor, textOf } from './bytes.ts';
import { isSpace } from './character.ts';
import type { Transformation } from './transformation.ts';

const NO_BREAK_SPACE = 0xa0;
/** First byte of a no-break space in UTF-8. ModSecurity removes it wherever it stands. */
const NO_BREAK_SPACE_LEAD = 0xc2;

const ANY = /[\t-\r \xa0\xc2]/;

/** White space goes. */
export const removeWhitespace: Transformation = {
  name: 'removeWhitespace',
  description:
    'Removes all white space (space, tab, CR, LF, VT, FF) and the bytes of no-break spaces (0xa0, and 0xc2 before it ' +
    'in UTF-8).',
  example: { input: 'a\t b\n', output: 'ab' },
  changes: ANY,
  apply(value) {
    const first = value.search(ANY);
    if (first < 0) return value;
    const room = roomFor(value, first);
    let length = first;
    for (let at = first + 1; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (!isSpace(code) && code !== NO_BREAK_SPACE && code !== NO_BREAK_SPACE_LEAD) room[length++] = code;
    }
    return textOf(value, room, length);
  },
};
