import { compareWith } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@contains` */
export const contains: Operator = {
  name: 'contains',
  description: 'The text occurs in the value.',
  example: `SecRule REQUEST_URI "@contains ../" "id:1003,phase:1,deny,status:403"`,
  compile: (text) => compareWith(text, (value) => value.includes(text)),
};
