import { compareWith } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@streq` */
export const streq: Operator = {
  name: 'streq',
  description: 'The value is the text.',
  example: `SecRule REQUEST_METHOD "!@streq GET" "id:1005,phase:1,deny,status:403"`,
  compile: (text) => compareWith(text, (value) => value === text),
};
