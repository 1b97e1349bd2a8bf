import { ExpressionError } from './error.ts';

/** One word of an expression; `at` is its first character, from 0. */
export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'operator' | 'end';
  /** As it stands, or for texts the value. */
  readonly text: string;
  readonly value: number;
  readonly at: number;
}

const LONGEST_EXPRESSION = 32_768;
const MOST_TOKENS = 8192;
/** Longest first. */
const OPERATORS = [
  ...['?.', '??', '?:', '..', '**', '==', '!=', '<=', '>=', '&&', '||'],
  ...[
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    '.',
    '?',
    ':',
    ';',
    '|',
    '!',
    '<',
    '>',
    '+',
    '-',
    '*',
    '/',
    '%',
    '^',
    '=',
  ],
];
const NUMBER = /(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*)?\.?\d[\d_]*(?:[eE][+-]?\d+)?)/y;
const NAME = /#?[\p{L}_$][\p{L}\p{N}_$]*|#/uy;
const SPACE = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
};

/** Splits an expression of the expr language into words. Throws {@link ExpressionError}. */
export function tokensOf(text: string): readonly Token[] {
  if (text.length > LONGEST_EXPRESSION) {
    throw new ExpressionError(`longer than ${LONGEST_EXPRESSION} characters`, text, 0);
  }
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += lengthOf(SPACE, text, at);
    if (at >= text.length) break;
    const [token, length] = tokenAt(text, at);
    tokens.push(token);
    if (tokens.length > MOST_TOKENS) throw new ExpressionError(`more than ${MOST_TOKENS} words`, text, at);
    at += length;
  }
  tokens.push({ kind: 'end', text: '', value: 0, at: text.length });
  return tokens;
}

function tokenAt(text: string, at: number): readonly [Token, number] {
  const char = text[at]!;
  if (char === "'" || char === '"' || char === '`') return textAt(text, at);
  if (/\d/.test(char) || (char === '.' && /\d/.test(text[at + 1] ?? ''))) {
    // `1..3` is a range and not the number 1. .
    const range = /^\d[\d_]*(?=\.\.)/.exec(text.slice(at, at + 30));
    const length = range === null ? lengthOf(NUMBER, text, at) : range[0].length;
    const digits = text.slice(at, at + length);
    const value = Number(digits.replaceAll('_', ''));
    if (Number.isNaN(value)) throw new ExpressionError(`${digits} is no number`, text, at);
    return [{ kind: 'number', text: digits, value, at }, length];
  }
  const name = lengthOf(NAME, text, at);
  if (name > 0) return [{ kind: 'name', text: text.slice(at, at + name), value: 0, at }, name];
  const operator = OPERATORS.find((each) => text.startsWith(each, at));
  if (operator === undefined)
    throw new ExpressionError(`the character ${JSON.stringify(char)} here`, text, at);
  return [{ kind: 'operator', text: operator, value: 0, at }, operator.length];
}

function textAt(text: string, at: number): readonly [Token, number] {
  const quote = text[at]!;
  let value = '';
  let i = at + 1;
  for (;;) {
    const char = text[i];
    if (char === undefined) throw new ExpressionError('a text that is not closed', text, at);
    if (char === quote) break;
    if (char === '\\' && quote !== '`') {
      const [meant, length] = escapeAt(text, i);
      value += meant;
      i += length;
    } else {
      value += char;
      i++;
    }
  }
  return [{ kind: 'text', text: value, value: 0, at }, i + 1 - at];
}

function escapeAt(text: string, at: number): readonly [string, number] {
  const simple = ESCAPES[text[at + 1] ?? ''];
  if (simple !== undefined) return [simple, 2];
  const coded = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(
    text.slice(at, at + 10),
  );
  const code = coded?.[4] === undefined ? coded?.slice(1).find((each) => each !== undefined) : undefined;
  const point = coded?.[4] === undefined ? Number.parseInt(code ?? '', 16) : Number.parseInt(coded[4], 8);
  if (coded === null || Number.isNaN(point) || point > 0x10ffff) {
    throw new ExpressionError(
      `there is no escape \\${text[at + 1] ?? ''}; a backslash itself is written \\\\`,
      text,
      at,
    );
  }
  return [String.fromCodePoint(point), coded[0].length];
}

function lengthOf(expression: RegExp, text: string, at: number): number {
  expression.lastIndex = at;
  return expression.exec(text)?.[0].length ?? 0;
}
