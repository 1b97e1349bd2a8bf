import { compareNumbers } from './number.ts';
import type { Operator } from './operator.ts';

/** `@le` */
export const le: Operator = {
  name: 'le',
  description:
    'The number that the value begins with is at most that of the argument; a text without one counts as 0.',
  example: `SecRule REQUEST_HEADERS:Content-Length "@le 0" "id:1010,phase:1,deny,status:403"`,
  compile: (argument) => compareNumbers(argument, (value, limit) => value <= limit),
};
