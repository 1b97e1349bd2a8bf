import { compareWith } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@endsWith` */
export const endsWith: Operator = {
  name: 'endsWith',
  description: 'The value ends with the text.',
  example: `SecRule REQUEST_FILENAME "@endsWith .bak" "id:1002,phase:1,deny,status:403"`,
  compile: (text) => compareWith(text, (value) => value.endsWith(text)),
};
