import { withoutCaptures } from './literal.ts';
import { leadingInt } from './number.ts';
import type { Operator } from './operator.ts';

/** `@eq` */
export const eq: Operator = {
  name: 'eq',
  description:
    'The number that the value begins with is that of the argument; a text without one, or beyond 32 bits, counts as 0.',
  example: `SecRule &REQUEST_HEADERS:Host "@eq 0" "id:1012,phase:1,deny,status:400"`,
  compile(argument) {
    const wanted = leadingInt(argument);
    return { matches: withoutCaptures((value) => leadingInt(value) === wanted) };
  },
};
