import type { Transformation } from './transformation.ts';

/** Where something of interest may be outside of a comment. */
const COMMENT = /\/\*|<!--|--|#/;

/** Comments go. */
export const removeComments: Transformation = {
  name: 'removeComments',
  description:
    'Removes comments (/* */ and <!-- -->; either end closes either). -- and # cut off the rest. A comment that is ' +
    'not closed leaves a space.',
  example: { input: 'un/* x */ion<!-- y -->all-- z', output: 'unionall' },
  changes: /[*#-]/,
  apply(value) {
    const first = value.search(COMMENT);
    if (first < 0) return value;
    let out = '';
    const starts = /\/\*|<!--|--|#/g;
    const ends = /\*\/|-->/g;
    let from = 0;
    starts.lastIndex = first;
    for (let start = starts.exec(value); start !== null; start = starts.exec(value)) {
      out += value.slice(from, start.index);
      if (start[0] === '--' || start[0] === '#') return out;
      ends.lastIndex = starts.lastIndex;
      if (!ends.test(value)) return `${out} `;
      from = ends.lastIndex;
      // ModSecurity takes the character after a comment as it is, even where it would start the next comment. Behind a
      // comment that ends the value it takes the NUL that C's strings have there.
      if (from === value.length) return `${out}\0`;
      starts.lastIndex = from + 1;
    }
    return out + value.slice(from);
  },
};
