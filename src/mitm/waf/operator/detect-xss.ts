import { checkLength, injection, isProse } from './injection.ts';
import type { Operator } from './operator.ts';

/** `@detectXSS` */
export const detectXSS: Operator = {
  name: 'detectXSS',
  description: 'libinjection takes the value for cross-site scripting. Captures the whole value.',
  example: `SecRule ARGS "@detectXSS" "id:1025,phase:2,deny,status:403"`,
  compile() {
    const addon = injection();
    const { limit } = addon;
    return {
      matches(value, captures) {
        checkLength(value, limit);
        if (isProse(value)) return false;
        if (!addon.xss(value)) return false;
        if (captures !== undefined) {
          captures.length = 0;
          captures.push(value);
        }
        return true;
      },
    };
  },
};
