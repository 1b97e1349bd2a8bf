import { compareWith } from './literal.ts';
import type { Operator } from './operator.ts';

/** `@containsWord` */
export const containsWord: Operator = {
  name: 'containsWord',
  description:
    'The text occurs in the value with no ASCII letter right before or after it; digits and all else end a word.',
  example: `SecRule ARGS "@containsWord select" "id:1007,phase:2,deny,status:403"`,
  compile: (word) => compareWith(word, (value) => holdsWord(value, word)),
};

function holdsWord(value: string, word: string): boolean {
  if (word === '') return true;
  for (let at = value.indexOf(word); at >= 0; at = value.indexOf(word, at + 1)) {
    if (!isLetter(value, at - 1) && !isLetter(value, at + word.length)) return true;
  }
  return false;
}

/** False outside of the value as well. */
function isLetter(value: string, at: number): boolean {
  const lower = value.charCodeAt(at) | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
