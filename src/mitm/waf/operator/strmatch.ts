import { compareWith } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@strmatch` */
export const strmatch: Operator = {
  name: 'strmatch',
  description: 'The text occurs in the value, as with @contains.',
  example: `SecRule REQUEST_HEADERS:User-Agent "@strmatch WebZIP" "id:1004,phase:1,deny,status:403"`,
  compile: (text) => compareWith(text, (value) => value.includes(text)),
};
