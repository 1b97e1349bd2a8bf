import { isSpace } from './character.ts';
import type { Transformation } from './transformation.ts';

/** White space goes from both ends. */
export const trim: Transformation = {
  name: 'trim',
  description: 'Removes white space (space, tab, CR, LF, VT, FF) from both ends of the value.',
  example: { input: ' \ta  b\n', output: 'a  b' },
  apply(value) {
    let start = 0;
    let end = value.length;
    while (start < end && isSpace(value.charCodeAt(start))) start++;
    while (end > start && isSpace(value.charCodeAt(end - 1))) end--;
    return end - start === value.length ? value : value.slice(start, end);
  },
};
