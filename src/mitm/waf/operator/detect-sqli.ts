import { checkLength, injection, isHarmless } from './injection.ts';
import type { Operator } from './operator.ts';

/** `@detectSQLi` */
export const detectSQLi: Operator = {
  name: 'detectSQLi',
  description: 'libinjection takes the value for SQL injection. Captures its fingerprint, like 1UE1.',
  example: `SecRule ARGS "@detectSQLi" "id:1024,phase:2,deny,status:403,capture,logdata:'%{TX.0}'"`,
  compile() {
    const addon = injection();
    const { limit } = addon;
    return {
      matches(value, captures) {
        checkLength(value, limit);
        if (isHarmless(value)) return false;
        const fingerprint = addon.sqli(value);
        if (fingerprint === '') return false;
        if (captures !== undefined) {
          captures.length = 0;
          captures.push(fingerprint);
        }
        return true;
      },
    };
  },
};
