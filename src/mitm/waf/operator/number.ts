import { withoutCaptures } from './literal.ts';
import type { CompiledOperator } from './operator.ts';

/** Digits that a number holds exactly. */
const EXACT_DIGITS = 15;
const LOWEST = -(2n ** 63n);
const HIGHEST = 2n ** 63n - 1n;
/** What a value of `@eq` can be: ModSecurity reads an `int` there, and a `long long` elsewhere. */
const LOWEST_INT = -(2 ** 31);
const HIGHEST_INT = 2 ** 31 - 1;

/**
 * The whole number that a text begins with, as `atoll` reads it: after white space and a sign, up to what is no digit;
 * 0 without digits, the nearest of 64 bits where it is too large. A `bigint` only where a number would not be exact.
 */
export function leadingInteger(text: string): number | bigint {
  let at = 0;
  while (isSpace(text.charCodeAt(at))) at++;
  const sign = text.charCodeAt(at);
  const negative = sign === 0x2d;
  if (negative || sign === 0x2b) at++;
  while (text.charCodeAt(at) === 0x30) at++;
  const start = at;
  let number = 0;
  for (; at - start <= EXACT_DIGITS; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    // NaN, at the end, is no digit either.
    if (!(digit >= 0 && digit <= 9)) return negative && number !== 0 ? -number : number;
    number = number * 10 + digit;
  }
  return large(text, start, negative);
}

function large(text: string, start: number, negative: boolean): bigint {
  let end = start;
  // Twenty digits are beyond 64 bits, whatever follows.
  while (end - start < 20 && text.charCodeAt(end) >= 0x30 && text.charCodeAt(end) <= 0x39) end++;
  const size = BigInt(text.slice(start, end));
  const number = negative ? -size : size;
  return number < LOWEST ? LOWEST : number > HIGHEST ? HIGHEST : number;
}

/** The whole number that a text begins with, as `std::stoi` reads it: 0 where it does not fit 32 bits. */
export function leadingInt(text: string): number {
  const number = leadingInteger(text);
  return typeof number === 'number' && number >= LOWEST_INT && number <= HIGHEST_INT ? number : 0;
}

/** An operator that compares the number of the value with that of the argument. */
export function compareNumbers(
  argument: string,
  compare: (value: number | bigint, limit: number | bigint) => boolean,
): CompiledOperator {
  const limit = leadingInteger(argument);
  return { matches: withoutCaptures((value) => compare(leadingInteger(value), limit)) };
}

function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 9 && code <= 13);
}
