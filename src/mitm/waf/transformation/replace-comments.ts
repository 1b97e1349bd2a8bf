import type { Transformation } from './transformation.ts';

/** C comments become spaces. */
export const replaceComments: Transformation = {
  name: 'replaceComments',
  description:
    'Replaces each C comment by one space, also one that is not closed; the end of a comment alone stays.',
  example: { input: 'union/* x */select', output: 'union select' },
  changes: /\*/,
  apply(value) {
    let start = value.indexOf('/*');
    if (start < 0) return value;
    let out = '';
    let from = 0;
    while (start >= 0) {
      out += `${value.slice(from, start)} `;
      const end = value.indexOf('*/', start + 2);
      if (end < 0) return out;
      from = end + 2;
      start = value.indexOf('/*', from);
    }
    return out + value.slice(from);
  },
};
