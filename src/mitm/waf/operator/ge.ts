import { compareNumbers } from './number.ts';
import type { Operator } from './operator.ts';

/** `@ge` */
export const ge: Operator = {
  name: 'ge',
  description:
    'The number that the value begins with is at least that of the argument; a text without one counts as 0.',
  example: `SecRule TX:blocking_inbound_anomaly_score "@ge 5" "id:1008,phase:1,deny,status:403"`,
  compile: (argument) => compareNumbers(argument, (value, limit) => value >= limit),
};
