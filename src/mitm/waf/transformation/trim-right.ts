import { isSpace } from './character.ts';
import type { Transformation } from './transformation.ts';

/** White space goes from the end. */
export const trimRight: Transformation = {
  name: 'trimRight',
  description: 'Removes white space (space, tab, CR, LF, VT, FF) from the end of the value.',
  example: { input: ' \ta  b\n', output: ' \ta  b' },
  apply(value) {
    let end = value.length;
    while (end > 0 && isSpace(value.charCodeAt(end - 1))) end--;
    return end === value.length ? value : value.slice(0, end);
  },
};
