import type { Pattern } from '../pattern/pattern.ts';
import { type CompiledOperator, LimitError, type OperatorEnvironment, OperatorError } from './operator.ts';

/** Places of a value at which a number may begin, at most: each costs a match of its own. */
const MOST_PLACES = 50_000;
/** Characters from a place on that the expression sees: no number is longer. */
const WINDOW = 256;
/** Flags for the whole expression, `(?i)`. */
const FLAGS = /^(?:\(\?[a-zA-Z]+\))*/;

/**
 * An operator that looks for numbers with a regular expression and checks the digits of what it finds. As in ModSecurity
 * the expression is tried from every place anew, so that a number inside of longer digits is found. Places are where a
 * digit stands or follows: an expression that begins with more than one character before its digits finds only the
 * first such number.
 */
export function searchNumbers(
  operator: string,
  source: string,
  environment: OperatorEnvironment,
  isValid: (digits: string) => boolean,
): CompiledOperator {
  if (source === '') throw new OperatorError(`${operator} needs a regular expression that finds the number`);
  const anywhere = environment.compilePattern(source);
  const flags = FLAGS.exec(source)?.[0] ?? '';
  const body = source.slice(flags.length);
  const atStart = environment.compilePattern(`${flags}\\A(?:${body})`);
  // The character before the place is there for what looks at it: `\b`, or `^` after a line's end.
  const afterOne = environment.compilePattern(`${flags}\\A[\\x00-\\xff](?:${body})`);
  return {
    matches(value, captures) {
      const found = search(value, anywhere, atStart, afterOne, isValid);
      if (found === undefined) return false;
      if (captures !== undefined) {
        captures.length = 0;
        captures.push(found);
      }
      return true;
    },
    required: anywhere.required,
    pattern: anywhere,
  };
}

function search(
  value: string,
  anywhere: Pattern,
  atStart: Pattern,
  afterOne: Pattern,
  isValid: (digits: string) => boolean,
): string | undefined {
  const first = anywhere.exec(value)?.[0];
  if (first === undefined) return undefined;
  if (isValid(digitsOf(first))) return first;
  const begin = atStart.exec(value.slice(0, WINDOW))?.[0];
  if (begin !== undefined && isValid(digitsOf(begin))) return begin;
  let places = 0;
  for (let at = 1; at < value.length; at++) {
    if (!isDigit(value.charCodeAt(at)) && !isDigit(value.charCodeAt(at + 1))) continue;
    if (++places > MOST_PLACES)
      throw new LimitError(`more than ${MOST_PLACES} digits to look for numbers in`);
    const match = afterOne.exec(value.slice(at - 1, at + WINDOW))?.[0]?.slice(1);
    if (match !== undefined && isValid(digitsOf(match))) return match;
  }
  return undefined;
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]+/g, '');
}

/** False for NaN, beyond the end. */
function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
