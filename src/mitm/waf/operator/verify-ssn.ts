import { searchNumbers } from './number-search.ts';
import type { Operator } from './operator.ts';

const DIGITS = 9;
/** First areas that were not given out when ModSecurity's rules were made, and the one that never is. */
const AREA_END = 740;
const AREA_NEVER = 666;

/** `@verifySSN` */
export const verifySSN: Operator = {
  name: 'verifySSN',
  description:
    'The regular expression finds what can be a US social security number: nine digits, no part of zeros.',
  example: `SecRule ARGS "@verifySSN \\d{3}-?\\d{2}-?\\d{4}" "id:1028,phase:2,deny,capture"`,
  compile: (source, environment) => searchNumbers('@verifySSN', source, environment, isSsn),
};

function isSsn(digits: string): boolean {
  if (digits.length !== DIGITS || isSeries(digits, 0) || isSeries(digits, 1)) return false;
  const area = Number(digits.slice(0, 3));
  const group = Number(digits.slice(3, 5));
  const serial = Number(digits.slice(5));
  return area !== 0 && group !== 0 && serial !== 0 && area < AREA_END && area !== AREA_NEVER;
}

/** Whether each digit is `step` more than the one before. */
function isSeries(digits: string, step: number): boolean {
  for (let i = 1; i < digits.length; i++) {
    if (digits.charCodeAt(i) - digits.charCodeAt(i - 1) !== step) return false;
  }
  return true;
}
