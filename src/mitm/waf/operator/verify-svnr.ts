import { searchNumbers } from './number-search.ts';
import type { Operator } from './operator.ts';

const DIGITS = 10;
/** Of each digit; the fourth is the check digit. */
const WEIGHTS = [3, 7, 9, 0, 5, 8, 4, 2, 1, 6];

/** `@verifySVNR` */
export const verifySVNR: Operator = {
  name: 'verifySVNR',
  description: 'The regular expression finds an Austrian social security number with its right check digit.',
  example: `SecRule ARGS "@verifySVNR \\d{4} ?\\d{6}" "id:1029,phase:2,deny,capture"`,
  compile: (source, environment) => searchNumbers('@verifySVNR', source, environment, isSvnr),
};

/** What follows the tenth digit is not looked at, as in ModSecurity. */
function isSvnr(digits: string): boolean {
  if (digits.length < DIGITS || /^(\d)\1{9}/.test(digits)) return false;
  let sum = 0;
  for (const [i, weight] of WEIGHTS.entries()) sum += Number(digits[i]) * weight;
  return (sum % 11) % 10 === Number(digits[3]);
}
