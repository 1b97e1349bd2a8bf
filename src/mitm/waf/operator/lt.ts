import { compareNumbers } from './number.ts';
import type { Operator } from './operator.ts';

/** `@lt` */
export const lt: Operator = {
  name: 'lt',
  description:
    'The number that the value begins with is less than that of the argument; a text without one counts as 0.',
  example: `SecRule &REQUEST_HEADERS:Host "@lt 1" "id:1011,phase:1,deny,status:403"`,
  compile: (argument) => compareNumbers(argument, (value, limit) => value < limit),
};
