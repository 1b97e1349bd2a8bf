import { isSpace } from './character.ts';
import type { Transformation } from './transformation.ts';

/** White space goes from the start. */
export const trimLeft: Transformation = {
  name: 'trimLeft',
  description: 'Removes white space (space, tab, CR, LF, VT, FF) from the start of the value.',
  example: { input: ' \ta  b\n', output: 'a  b\n' },
  apply(value) {
    let start = 0;
    while (start < value.length && isSpace(value.charCodeAt(start))) start++;
    return start === 0 ? value : value.slice(start);
  },
};
