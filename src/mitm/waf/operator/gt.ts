import { compareNumbers } from './number.ts';
import type { Operator } from './operator.ts';

/** `@gt` */
export const gt: Operator = {
  name: 'gt',
  description:
    'The number that the value begins with is greater than that of the argument; a text without one counts as 0.',
  example: `SecRule &ARGS "@gt 255" "id:1009,phase:1,deny,status:403"`,
  compile: (argument) => compareNumbers(argument, (value, limit) => value > limit),
};
