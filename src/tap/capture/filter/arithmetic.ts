import type { ArithmeticOperator, Comparison, Value } from './ast.ts';
import type { Token } from './lexer.ts';
import { CONSTANTS } from './names.ts';
import type { TokenStream } from './tokens.ts';

/** Headers whose bytes can be asked for. */
const HEADERS: ReadonlySet<string> = new Set([
  'ether',
  'link',
  'ip',
  'arp',
  'rarp',
  'ip6',
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'icmp6',
  'igmp',
  'igrp',
  'pim',
  'vrrp',
  'carp',
]);

/** Operators by how strongly they bind, the weakest first, as in C. */
const LEVELS: readonly (readonly string[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

/** True for tokens that only follow a value. */
export function continuesValue(token: Token | undefined): boolean {
  if (token?.kind !== 'operator') return false;
  return COMPARISONS[token.text] !== undefined || LEVELS.some((level) => level.includes(token.text));
}

/** True when the tokens ahead begin with a value and not with a name to look for. */
export function beginsValue(tokens: TokenStream): boolean {
  const token = tokens.peek();
  if (token.kind === 'number') return continuesValue(tokens.peek(1));
  if (token.kind === 'operator') {
    if (token.text === '-') return true;
    return token.text === '(' && continuesValue(tokens.behindParenthesis());
  }
  if (token.kind !== 'word') return false;
  return tokens.is('[', 1) || token.text === 'len' || CONSTANTS[token.text] !== undefined;
}

/** The comparison at the next place; undefined when there is none. */
export function readComparison(tokens: TokenStream): Comparison | undefined {
  const token = tokens.peek();
  const comparison = token.kind === 'operator' ? COMPARISONS[token.text] : undefined;
  if (comparison !== undefined) tokens.next();
  return comparison;
}

/** Reads a value with all its operators. */
export function readValue(tokens: TokenStream, level = 0): Value {
  const operators = LEVELS[level];
  if (operators === undefined) return readOperand(tokens);
  let left = readValue(tokens, level + 1);
  let levels = 0;
  for (;;) {
    const token = tokens.peek();
    if (token.kind !== 'operator' || !operators.includes(token.text)) break;
    tokens.next();
    tokens.descend(token);
    levels++;
    const right = readValue(tokens, level + 1);
    checkConstant(tokens, token, right);
    left = {
      kind: 'arithmetic',
      column: token.column,
      operator: token.text as ArithmeticOperator,
      left,
      right,
    };
  }
  tokens.ascend(levels);
  return left;
}

function checkConstant(tokens: TokenStream, operator: Token, right: Value): void {
  if (right.kind !== 'number') return;
  if ((operator.text === '/' || operator.text === '%') && right.value === 0)
    throw tokens.error('division by zero', operator);
  if ((operator.text === '<<' || operator.text === '>>') && right.value > 31)
    throw tokens.error('a shift by more than 31 bits', operator);
}

function readOperand(tokens: TokenStream): Value {
  const token = tokens.next();
  if (token.kind === 'number') return { kind: 'number', column: token.column, value: token.value };
  if (token.text === '-' && token.kind === 'operator') {
    tokens.descend(token);
    const operand = readOperand(tokens);
    tokens.ascend();
    if (operand.kind === 'number') return { ...operand, column: token.column, value: -operand.value >>> 0 };
    const zero: Value = { kind: 'number', column: token.column, value: 0 };
    return { kind: 'arithmetic', column: token.column, operator: '-', left: zero, right: operand };
  }
  if (token.text === '(' && token.kind === 'operator') {
    tokens.descend(token);
    const value = readValue(tokens);
    tokens.expect(')', token);
    tokens.ascend();
    return value;
  }
  if (token.kind === 'word') {
    if (tokens.is('[')) return readBytes(tokens, token);
    if (token.text === 'len') return { kind: 'length', column: token.column };
    const constant = CONSTANTS[token.text];
    if (constant !== undefined) return { kind: 'number', column: token.column, value: constant };
  }
  throw tokens.error(
    token.kind === 'end' ? 'a value is missing at the end' : `'${token.text}' is not a value`,
    token,
  );
}

function readBytes(tokens: TokenStream, header: Token): Value {
  if (!HEADERS.has(header.text)) throw tokens.error(`'${header.text}' has no bytes to ask for`, header);
  const bracket = tokens.next();
  tokens.descend(bracket);
  const index = readValue(tokens);
  let size: 1 | 2 | 4 = 1;
  if (tokens.take(':')) {
    const token = tokens.next();
    if (token.kind !== 'number' || (token.value !== 1 && token.value !== 2 && token.value !== 4))
      throw tokens.error('the number of bytes must be 1, 2 or 4', token);
    size = token.value;
  }
  tokens.expect(']', bracket);
  tokens.ascend();
  return { kind: 'bytes', column: header.column, header: header.text, index, size };
}
