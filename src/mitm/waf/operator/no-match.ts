import type { Operator } from './operator.ts';

/** `@noMatch` */
export const noMatch: Operator = {
  name: 'noMatch',
  description: 'Matches no value.',
  example: `SecRule ARGS "@noMatch" "id:1014,phase:2,deny,status:403"`,
  compile: () => ({ matches: () => false }),
};
