import { withoutCaptures } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@unconditionalMatch` */
export const unconditionalMatch: Operator = {
  name: 'unconditionalMatch',
  description: 'Matches every value.',
  example: `SecRule REMOTE_ADDR "@unconditionalMatch" "id:1013,phase:1,pass,setvar:tx.seen=1"`,
  compile: () => ({ matches: withoutCaptures(() => true) }),
};
