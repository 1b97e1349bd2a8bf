import { FilterError } from './error.ts';
import { type Token, tokenize } from './lexer.ts';

/** How deep parentheses, negations and brackets may nest, and how often `and` and `or` may alternate. */
const NESTING_LIMIT = 200;

/** The tokens of one expression with a place in them, and the bound on nesting. */
export class TokenStream {
  readonly expression: string;
  private readonly tokens: readonly Token[];
  private at = 0;
  private depth = 0;

  constructor(expression: string) {
    this.expression = expression;
    this.tokens = tokenize(expression);
  }

  /** The token `ahead` of the next one. */
  peek(ahead = 0): Token {
    const last = this.tokens.length - 1;
    return this.tokens[Math.min(this.at + ahead, last)] as Token;
  }

  next(): Token {
    const token = this.peek();
    if (this.at < this.tokens.length - 1) this.at++;
    return token;
  }

  /** True when the next token is this operator or keyword. */
  is(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.text === text && !token.escaped && token.kind !== 'end';
  }

  /** Takes the next token if it is this operator or keyword. */
  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  expect(text: string, opened: Token): void {
    if (this.take(text)) return;
    throw this.error(`'${text}' is missing for the '${opened.text}' at column ${opened.column}`, this.peek());
  }

  /** The token behind the parenthesis that closes the one at the next place; undefined when none does. */
  behindParenthesis(): Token | undefined {
    let open = 0;
    for (let i = this.at; i < this.tokens.length; i++) {
      const text = (this.tokens[i] as Token).text;
      if (text === '(') open++;
      else if (text === ')' && --open === 0) return this.tokens[i + 1];
    }
    return undefined;
  }

  /** Counts one more level of nesting. */
  descend(token: Token, levels = 1): void {
    this.depth += levels;
    if (this.depth > NESTING_LIMIT) throw this.error(`nested deeper than ${NESTING_LIMIT} levels`, token);
  }

  ascend(levels = 1): void {
    this.depth -= levels;
  }

  error(reason: string, token: { readonly column: number }): FilterError {
    return new FilterError(reason, this.expression, token.column);
  }
}
