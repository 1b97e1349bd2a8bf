import type { Transformation } from './transformation.ts';

const MARK = /\/\*|\*\/|<!--|-->?|#/;
const MARKS = /\/\*|\*\/|<!--|-->?|#/g;

/** The marks of comments go, what they enclose stays. */
export const removeCommentsChar: Transformation = {
  name: 'removeCommentsChar',
  description: 'Removes what starts and ends comments (/*, */, <!--, -->, --, #) and leaves the comments.',
  example: { input: '<!-- a --> b # c', output: ' a  b  c' },
  changes: /[*#-]/,
  apply(value) {
    return MARK.test(value) ? value.replace(MARKS, '') : value;
  },
};
