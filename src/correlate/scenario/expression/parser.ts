import { ExpressionError } from './error.ts';
import { type Token, tokensOf } from './lexer.ts';
import { type BinaryOperator, type Node, WALKS, WALKS_WITHOUT_BODY } from './syntax.ts';

interface Precedence {
  readonly operator: BinaryOperator | '|';
  readonly strength: number;
  readonly right?: true;
}

/** The table of the expr language. */
const BINARY: ReadonlyMap<string, Precedence> = new Map<string, Precedence>([
  ['|', { operator: '|', strength: 0 }],
  ['or', { operator: 'or', strength: 10 }],
  ['||', { operator: 'or', strength: 10 }],
  ['and', { operator: 'and', strength: 15 }],
  ['&&', { operator: 'and', strength: 15 }],
  ...(['==', '!=', '<', '>', '>=', '<=', 'in', 'matches', 'contains', 'startsWith', 'endsWith'] as const).map(
    (operator): [string, Precedence] => [operator, { operator, strength: 20 }],
  ),
  ['..', { operator: '..', strength: 25 }],
  ['+', { operator: '+', strength: 30 }],
  ['-', { operator: '-', strength: 30 }],
  ['*', { operator: '*', strength: 60 }],
  ['/', { operator: '/', strength: 60 }],
  ['%', { operator: '%', strength: 60 }],
  ['**', { operator: '**', strength: 100, right: true }],
  ['^', { operator: '**', strength: 100, right: true }],
  ['??', { operator: '??', strength: 500 }],
]);
const NOT_STRENGTH = 50;
const SIGN_STRENGTH = 90;
const NEGATABLE: ReadonlySet<string> = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith']);
const DEEPEST = 100;

/** Reads an expression of the expr language. Throws {@link ExpressionError}. */
export function parseExpression(text: string): Node {
  return new Parser(text).parse();
}

class Parser {
  private readonly text: string;
  private readonly tokens: readonly Token[];
  private index = 0;
  private depth = 0;
  /** How many bodies of walks are open: `#` stands in one alone. */
  private bodies = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokensOf(text);
  }

  parse(): Node {
    if (this.isAtEnd()) throw this.error('the expression is empty');
    const node = this.sequence();
    if (!this.isAtEnd()) throw this.error(`${this.shown()} is not expected here`);
    return node;
  }

  private get next(): Token {
    return this.tokens[this.index]!;
  }

  private isAtEnd(): boolean {
    return this.next.kind === 'end';
  }

  private error(message: string, at = this.next.at): ExpressionError {
    return new ExpressionError(message, this.text, at);
  }

  private shown(): string {
    const { kind, text } = this.next;
    if (kind === 'end') return 'the end';
    return kind === 'text' ? JSON.stringify(text) : text;
  }

  private is(text: string): boolean {
    const { kind } = this.next;
    return (kind === 'operator' || kind === 'name') && this.next.text === text;
  }

  private take(text: string): boolean {
    if (!this.is(text)) return false;
    this.index++;
    return true;
  }

  private expect(text: string): void {
    if (!this.take(text)) throw this.error(`${text} is expected here, and not ${this.shown()}`);
  }

  /** `let name = value; body`, or one expression. */
  private sequence(): Node {
    const { at } = this.next;
    if (!this.is('let')) return this.expression(0);
    this.enter();
    this.index++;
    const name = this.name();
    this.expect('=');
    const value = this.expression(0);
    this.expect(';');
    const body = this.sequence();
    this.depth--;
    return { kind: 'let', at, name, value, body };
  }

  private name(): string {
    const { kind, text } = this.next;
    if (kind !== 'name' || text.startsWith('#'))
      throw this.error(`a name is expected here, and not ${this.shown()}`);
    this.index++;
    return text;
  }

  private enter(): void {
    this.depth++;
    if (this.depth > DEEPEST) throw this.error(`nested deeper than ${DEEPEST}`);
  }

  private expression(strength: number): Node {
    this.enter();
    let left = this.unary();
    for (;;) {
      const start = this.index;
      const { at } = this.next;
      const negated = this.take('not');
      const found = this.next.kind === 'text' ? undefined : BINARY.get(this.next.text);
      if (found === undefined || found.strength < strength || (negated && !NEGATABLE.has(found.operator))) {
        this.index = start;
        break;
      }
      this.index++;
      if (found.operator === '|') {
        left = this.piped(left);
        continue;
      }
      const right = this.expression(found.right ? found.strength : found.strength + 1);
      left = { kind: 'binary', at, operator: found.operator, left, right };
      if (negated) left = { kind: 'unary', at, operator: 'not', value: left };
    }
    if (strength === 0) left = this.condition(left);
    this.depth--;
    return left;
  }

  private condition(test: Node): Node {
    const { at } = this.next;
    if (this.take('?:'))
      return { kind: 'condition', at, test, whenTrue: test, whenFalse: this.expression(0) };
    if (!this.take('?')) return test;
    const whenTrue = this.expression(0);
    this.expect(':');
    return { kind: 'condition', at, test, whenTrue, whenFalse: this.expression(0) };
  }

  private unary(): Node {
    const { at } = this.next;
    if (this.take('not') || this.take('!')) {
      return this.postfix({ kind: 'unary', at, operator: 'not', value: this.expression(NOT_STRENGTH) });
    }
    for (const operator of ['-', '+'] as const) {
      if (this.take(operator)) return { kind: 'unary', at, operator, value: this.expression(SIGN_STRENGTH) };
    }
    return this.postfix(this.primary());
  }

  private primary(): Node {
    const token = this.next;
    const { at } = token;
    if (token.kind === 'number') {
      this.index++;
      return { kind: 'constant', at, value: token.value };
    }
    if (token.kind === 'text') {
      this.index++;
      return { kind: 'constant', at, value: token.text };
    }
    if (token.kind === 'name') return this.named(token);
    if (this.take('(')) {
      const node = this.sequence();
      this.expect(')');
      return node;
    }
    if (this.take('[')) return { kind: 'list', at, items: this.values(']') };
    if (this.is('{')) return this.map();
    if (this.is('.') && this.bodies > 0) return { kind: 'pointer', at, name: '' };
    throw this.error(`${this.shown()} is not expected here`);
  }

  private named(token: Token): Node {
    const { at, text } = token;
    this.index++;
    if (text.startsWith('#')) {
      const name = text.slice(1);
      if (this.bodies === 0)
        throw this.error(`${text} stands outside of the braces of any, all, filter ...`, at);
      if (name !== '' && name !== 'index' && name !== 'acc') throw this.error(`there is no ${text}`, at);
      return { kind: 'pointer', at, name };
    }
    if (text === 'true' || text === 'false') return { kind: 'constant', at, value: text === 'true' };
    if (text === 'nil') return { kind: 'constant', at, value: null };
    if (text === 'if') return this.branches(at);
    if (this.is('(')) return this.call(text, at, undefined);
    return { kind: 'name', at, name: text };
  }

  private branches(at: number): Node {
    const test = this.expression(0);
    const braced = (): Node => {
      this.expect('{');
      const node = this.sequence();
      this.expect('}');
      return node;
    };
    const whenTrue = braced();
    this.expect('else');
    const next = this.next.at;
    const whenFalse = this.take('if') ? this.branches(next) : braced();
    return { kind: 'condition', at, test, whenTrue, whenFalse };
  }

  /** `list | filter(…)` is `filter(list, …)`. */
  private piped(first: Node): Node {
    const { at } = this.next;
    const name = this.name();
    return this.postfix(this.call(name, at, first));
  }

  private call(name: string, at: number, first: Node | undefined): Node {
    this.expect('(');
    if (!WALKS.has(name)) {
      const values = this.values(')');
      return { kind: 'call', at, name, values: first === undefined ? values : [first, ...values] };
    }
    let list = first;
    if (list === undefined) {
      list = this.expression(0);
      if (!this.is(')')) this.expect(',');
    }
    let body: Node | undefined;
    if (!this.is(')')) body = this.body();
    else if (!WALKS_WITHOUT_BODY.has(name))
      throw this.error(`${name} takes a list and a condition in braces`);
    let rest: readonly Node[] = [];
    if (this.take(',')) rest = this.values(')');
    else this.expect(')');
    return { kind: 'walk', at, name, list, body, rest };
  }

  private body(): Node {
    this.bodies++;
    const braced = this.take('{');
    const node = braced ? this.sequence() : this.expression(0);
    if (braced) this.expect('}');
    this.bodies--;
    return node;
  }

  private values(end: string): readonly Node[] {
    const values: Node[] = [];
    while (!this.take(end)) {
      if (values.length > 0) {
        this.expect(',');
        if (this.take(end)) break;
      }
      values.push(this.expression(0));
    }
    return values;
  }

  private map(): Node {
    const { at } = this.next;
    this.expect('{');
    const entries: (readonly [Node, Node])[] = [];
    while (!this.take('}')) {
      if (entries.length > 0) {
        this.expect(',');
        if (this.take('}')) break;
      }
      const token = this.next;
      let key: Node;
      if (this.take('(')) {
        key = this.expression(0);
        this.expect(')');
      } else if (token.kind === 'operator' || token.kind === 'end') {
        throw this.error(`a key is expected here, and not ${this.shown()}`);
      } else {
        this.index++;
        key = { kind: 'constant', at: token.at, value: token.text };
      }
      this.expect(':');
      entries.push([key, this.expression(0)]);
    }
    return { kind: 'map', at, entries };
  }

  private postfix(start: Node): Node {
    let node = start;
    // After `?.` the whole rest of the chain is nil when one of it is.
    let optional = false;
    for (;;) {
      const { at } = this.next;
      const asks = this.is('?.');
      if (asks || this.is('.')) {
        optional ||= asks;
        this.index++;
        if (asks && this.take('[')) node = this.indexed(node, at, true);
        else node = this.memberOf(node, at, optional);
      } else if (this.take('[')) node = this.indexed(node, at, optional);
      else return node;
    }
  }

  private memberOf(object: Node, at: number, optional: boolean): Node {
    const name = this.name();
    if (this.take('(')) return { kind: 'method', at, object, name, values: this.values(')'), optional };
    return { kind: 'member', at, object, property: { kind: 'constant', at, value: name }, optional };
  }

  private indexed(object: Node, at: number, optional: boolean): Node {
    if (this.take(':')) return this.sliced(object, at, undefined);
    const property = this.expression(0);
    if (this.take(':')) return this.sliced(object, at, property);
    this.expect(']');
    return { kind: 'member', at, object, property, optional };
  }

  private sliced(object: Node, at: number, from: Node | undefined): Node {
    if (this.take(']')) return { kind: 'slice', at, object, from };
    const to = this.expression(0);
    this.expect(']');
    return { kind: 'slice', at, object, from, to };
  }
}
