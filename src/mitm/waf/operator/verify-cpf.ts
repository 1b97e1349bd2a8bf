import { searchNumbers } from './number-search.ts';
import type { Operator } from './operator.ts';

const DIGITS = 11;
/** Its check digits are right, and it stands in forms as an example. */
const COUNTED = '01234567890';

/** `@verifyCPF` */
export const verifyCPF: Operator = {
  name: 'verifyCPF',
  description: 'The regular expression finds a Brazilian taxpayer number (CPF) with right check digits.',
  example: `SecRule ARGS "@verifyCPF (?:\\d{3}\\.){2}\\d{3}-\\d{2}" "id:1027,phase:2,deny,capture"`,
  compile: (source, environment) => searchNumbers('@verifyCPF', source, environment, isCpf),
};

/** What follows the eleventh digit is not looked at, as in ModSecurity. */
function isCpf(digits: string): boolean {
  if (digits.length < DIGITS || isOneDigit(digits) || digits.startsWith(COUNTED)) return false;
  return Number(digits[9]) === checkDigit(digits, 9) && Number(digits[10]) === checkDigit(digits, 10);
}

/** Weights fall to 2 at the last of `count` digits; remainders of 11 below 2 give 0. */
function checkDigit(digits: string, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Number(digits[i]) * (count + 1 - i);
  const rest = sum % 11;
  return rest < 2 ? 0 : 11 - rest;
}

/** Numbers like 111.111.111-11 have right check digits, and nobody has them. */
function isOneDigit(digits: string): boolean {
  for (let i = 1; i < DIGITS; i++) if (digits[i] !== digits[0]) return false;
  return true;
}
