import { compareWith } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@beginsWith` */
export const beginsWith: Operator = {
  name: 'beginsWith',
  description: 'The value begins with the text.',
  example: `SecRule REQUEST_URI "!@beginsWith /" "id:1001,phase:1,deny,status:403"`,
  compile: (text) => compareWith(text, (value) => value.startsWith(text)),
};
