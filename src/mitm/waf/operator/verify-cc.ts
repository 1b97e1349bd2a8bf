import { searchNumbers } from './number-search.ts';
import type { Operator } from './operator.ts';

/** `@verifyCC` */
export const verifyCC: Operator = {
  name: 'verifyCC',
  description: 'The regular expression finds a number whose check digit is that of payment cards (Luhn).',
  example: `SecRule RESPONSE_BODY "@verifyCC \\d{13,16}" "id:1026,phase:4,deny,capture"`,
  compile: (source, environment) => searchNumbers('@verifyCC', source, environment, passesLuhn),
};

/** ISO/IEC 7812-1, annex B: from the right every second digit counts twice, with the sum of its digits. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 0x30;
    const weighted = i % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return digits !== '' && sum % 10 === 0;
}
