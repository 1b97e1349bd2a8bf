import { compareWith } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@within` */
export const within: Operator = {
  name: 'within',
  description:
    'The value occurs in the text; an empty value always does. The whole text counts: "ET,PO" is within "GET,POST".',
  example: `SecRule REQUEST_METHOD "!@within GET,POST,HEAD" "id:1006,phase:1,deny,status:403"`,
  compile: (text) => compareWith(text, (value) => text.includes(value), false),
};
