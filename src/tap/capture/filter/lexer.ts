import { FilterError } from './error.ts';

/** A piece of a filter expression. `column` counts from 1. */
export interface Token {
  readonly kind: 'word' | 'number' | 'operator' | 'end';
  /** As written; a backslash that keeps a word from being a keyword is taken off. */
  readonly text: string;
  readonly column: number;
  /** True for `\tcp`: a name and not a keyword. */
  readonly escaped: boolean;
  /** Of a number: its value, 32 bits unsigned. */
  readonly value: number;
}

/** Characters and tokens that an expression may have. */
const LENGTH_LIMIT = 65536;
const TOKENS_LIMIT = 16384;

const SPACE = /\s+/y;
const OPERATOR = /&&|\|\||!=|<=|>=|==|<<|>>|[()[\]:!<>=&|+\-*/%^]/y;
/** Words hold colons (addresses) outside of brackets; inside, the colon parts offset and size. */
const WORD = /\\?[A-Za-z0-9_.:][A-Za-z0-9_.:-]*/y;
const WORD_IN_BRACKETS = /\\?[A-Za-z0-9_.][A-Za-z0-9_.-]*/y;
const NUMBER = /^(0[xX][0-9a-fA-F]+|[0-9]+)$/;
/** `len-4` and `80-90` are a difference and a range; `tcp-syn` and `00-11-22-33-44-55` are words. */
const DIFFERENCE = /^(len|0[xX][0-9a-fA-F]+|[0-9]+)-/;
const DASHED_MAC = /^[0-9a-fA-F]{1,2}(-[0-9a-fA-F]{1,2}){5}$/;

/** Parts an expression into tokens; the last is of kind `end`. Throws {@link FilterError}. */
export function tokenize(expression: string): Token[] {
  if (expression.length > LENGTH_LIMIT)
    throw new FilterError(`longer than ${LENGTH_LIMIT} characters`, expression, LENGTH_LIMIT);
  const tokens: Token[] = [];
  let brackets = 0;
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(expression)?.[0];
  };
  while (at < expression.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    if (tokens.length >= TOKENS_LIMIT)
      throw new FilterError(`more than ${TOKENS_LIMIT} words`, expression, at + 1);
    const column = at + 1;
    // `::1` is a word that begins like an operator.
    const word = brackets > 0 ? take(WORD_IN_BRACKETS) : take(WORD);
    if (word !== undefined && word !== ':') {
      const token = wordToken(word, column, expression);
      tokens.push(token);
      at += token.text.length + (token.escaped ? 1 : 0);
      continue;
    }
    const operator = take(OPERATOR);
    if (operator === undefined)
      throw new FilterError(`'${expression[at] as string}' has no meaning here`, expression, column);
    if (operator === '[') brackets++;
    else if (operator === ']' && brackets > 0) brackets--;
    tokens.push({ kind: 'operator', text: operator, column, escaped: false, value: 0 });
    at += operator.length;
  }
  tokens.push({ kind: 'end', text: '', column: expression.length + 1, escaped: false, value: 0 });
  return tokens;
}

function wordToken(word: string, column: number, expression: string): Token {
  const escaped = word.startsWith('\\');
  let text = escaped ? word.slice(1) : word;
  const difference = DIFFERENCE.exec(text);
  if (difference && !DASHED_MAC.test(text)) text = difference[1] as string;
  while (text.endsWith('-')) text = text.slice(0, -1);
  if (!NUMBER.test(text)) return { kind: 'word', text, column, escaped, value: 0 };
  // A leading zero means octal, as in C.
  const octal = /^0[0-7]+$/.test(text);
  const value = octal ? Number.parseInt(text, 8) : Number(text);
  if (value > 0xffffffff) throw new FilterError(`${text} does not fit into 32 bits`, expression, column);
  return { kind: 'number', text, column, escaped, value };
}
