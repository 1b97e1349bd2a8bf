import { parseDuration } from '../config/quantity.ts';
import { parsePrefix } from '../net/index.ts';
import type { Condition, Interval } from './condition.ts';
import type { QueryField } from './fields.ts';
import { isAnything, patternOf } from './pattern.ts';
import { QueryError } from './query-error.ts';
import type { Operator, WordCharacter } from './token.ts';

const MOST_PARTS = 16;

/** Bounds a pattern. Throws {@link QueryError}. */
export function checkParts(parts: readonly string[], column: number): void {
  if (parts.length > MOST_PARTS) throw new QueryError(column, `more than ${MOST_PARTS - 1} stars`);
}

/** A field compared with a value, or with one of several: `port:80,443`. `count` is told of each further one. */
export function comparison(
  field: QueryField,
  operator: Operator,
  characters: readonly WordCharacter[],
  column: number,
  count: (column: number) => void,
): Condition {
  if (characters.length === 0) {
    throw new QueryError(column, `a value for '${field.name}' is missing`, field.examples.slice(0, 1));
  }
  switch (operator) {
    case '!=':
      return { kind: 'not', of: equal(field, characters, count) };
    case '=':
    case ':':
      return equal(field, characters, count);
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { kind: 'number', field, interval: half(field, operator, textOf(characters), column) };
    default:
      return operator satisfies never;
  }
}

function equal(
  field: QueryField,
  characters: readonly WordCharacter[],
  count: (column: number) => void,
): Condition {
  const of = listed(characters).map((one, i) => {
    const column = one[0]?.column ?? characters[0]?.column ?? 1;
    if (i > 0) count(column);
    return one.length === 0 ? missing(column) : single(field, one, column);
  });
  return of.length === 1 ? (of[0] as Condition) : { kind: 'any', of };
}

function missing(column: number): never {
  throw new QueryError(
    column,
    'a value beside this comma is missing; a comma that is meant is written in quotes',
  );
}

/** Split at commas. */
function listed(characters: readonly WordCharacter[]): WordCharacter[][] {
  const lists: WordCharacter[][] = [[]];
  for (const one of characters) {
    if (one.character === ',' && !one.isLiteral) lists.push([]);
    else lists.at(-1)?.push(one);
  }
  return lists;
}

function single(field: QueryField, characters: readonly WordCharacter[], column: number): Condition {
  const pattern = patternOf(characters, false);
  if (isAnything(pattern)) return { kind: 'exists', field };
  const text = textOf(characters);
  switch (field.type) {
    case 'text':
      checkParts(pattern.parts, column);
      return { kind: 'text', field, pattern };
    case 'address': {
      const prefix = parsePrefix(text);
      if (prefix !== undefined) return { kind: 'address', field, prefix };
      throw new QueryError(column, `'${text.slice(0, 40)}' is no address and no network`, [
        `${field.name}:192.0.2.7`,
        `${field.name}:2001:db8::/32`,
      ]);
    }
    case 'number':
    case 'bytes':
    case 'duration':
      return { kind: 'number', field, interval: range(field, text, column) };
    default:
      return field.type satisfies never;
  }
}

/** `443` or `1-1024`. */
function range(field: QueryField, text: string, column: number): Interval {
  const dash = text.indexOf('-', 1);
  const low = numberOf(field, dash < 0 ? text : text.slice(0, dash), column);
  const high = dash < 0 ? low : numberOf(field, text.slice(dash + 1), column + dash + 1);
  if (low > high) {
    const turned = `${field.name}:${text.slice(dash + 1)}-${text.slice(0, dash)}`;
    throw new QueryError(column, 'the range ends before it begins', [turned]);
  }
  return { low, high, isAbove: false, isBelow: false };
}

function half(field: QueryField, operator: '<' | '<=' | '>' | '>=', text: string, column: number): Interval {
  if (field.type === 'text' || field.type === 'address') {
    throw new QueryError(
      column,
      `'${field.name}' has no order: compare it with ':' or '!='`,
      field.examples.slice(0, 1),
    );
  }
  const number = numberOf(field, text, column);
  return operator.startsWith('<')
    ? { low: Number.NEGATIVE_INFINITY, high: number, isAbove: false, isBelow: operator === '<' }
    : { low: number, high: Number.POSITIVE_INFINITY, isAbove: operator === '>', isBelow: false };
}

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** A number with its unit; of durations in microseconds. */
function numberOf(field: QueryField, text: string, column: number): number {
  const word = text.toLowerCase();
  if (Object.hasOwn(field.words, word)) return field.words[word] as number;
  const plain = /^(\d{1,16}(?:\.\d{1,9})?)([kmgt]i?)?(b?)$/i.exec(text);
  if (field.type === 'duration') {
    const ms = /^\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) * 1000 : parseDuration(text.slice(0, 32));
    if (ms >= 0) return Math.round(ms * 1000);
    throw new QueryError(column, `'${text.slice(0, 40)}' is no time`, [
      `${field.name}>500ms`,
      `${field.name}>5m`,
    ]);
  }
  if (plain !== null && (field.type === 'bytes' || plain[3] === '')) {
    return Number(plain[1]) * (FACTORS[(plain[2] ?? '').toLowerCase()] ?? Number.NaN);
  }
  const words = Object.keys(field.words);
  const others = words.length === 0 ? '' : `, and none of ${words.join(', ')}`;
  throw new QueryError(column, `'${text.slice(0, 40)}' is no number${others}`, field.examples.slice(0, 1));
}

function textOf(characters: readonly WordCharacter[]): string {
  return characters.map(({ character }) => character).join('');
}
