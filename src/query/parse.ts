import { parsePrefix } from '../net/index.ts';
import type { Condition } from './condition.ts';
import { fieldNamed, nearestField } from './fields.ts';
import { patternOf } from './pattern.ts';
import { QueryError } from './query-error.ts';
import { OPERATORS, type Operator, type Token, tokensOf, type WordCharacter } from './token.ts';
import { checkParts, comparison } from './value.ts';

const MOST_TERMS = 64;
const MOST_DEPTH = 32;

/**
 * Reads a question such as `10.1.2.3 and port:443`, `proto:tcp not name:*.example.org` or `(app:YouTube or bytes>1MB)`;
 * an empty one is met by everything. Throws {@link QueryError}.
 */
export function parseQuery(text: string): Condition {
  return new Parser(tokensOf(text)).whole();
}

/** Reads by descent: `or` joins what `and`, or nothing, has joined. */
class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;
  private terms = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  whole(): Condition {
    if (this.next.kind === 'end') return { kind: 'all', of: [] };
    const condition = this.alternatives(0);
    const { kind, column }: Token = this.tokens[this.at] as Token;
    if (kind !== 'end') throw new QueryError(column, "this ')' has no '('");
    return condition;
  }

  private get next(): Token {
    return this.tokens[this.at] as Token;
  }

  private alternatives(depth: number): Condition {
    const of = [this.together(depth)];
    while (this.takeWord('or', '||')) of.push(this.together(depth));
    return of.length === 1 ? (of[0] as Condition) : { kind: 'any', of };
  }

  private together(depth: number): Condition {
    const of = [this.single(depth)];
    for (;;) {
      const joined = this.takeWord('and', '&&');
      const { kind } = this.next;
      if (!joined && (kind === 'end' || kind === 'close' || isWord(this.next, 'or', '||'))) break;
      of.push(this.single(depth));
    }
    return of.length === 1 ? (of[0] as Condition) : { kind: 'all', of };
  }

  private single(depth: number): Condition {
    const token = this.next;
    if (depth > MOST_DEPTH) throw new QueryError(token.column, `deeper than ${MOST_DEPTH}; write it flatter`);
    if (this.takeWord('not', '!')) return { kind: 'not', of: this.single(depth + 1) };
    switch (token.kind) {
      case 'open': {
        this.at++;
        const inner = this.alternatives(depth + 1);
        if (this.next.kind !== 'close') throw new QueryError(token.column, "this '(' has no ')'");
        this.at++;
        return inner;
      }
      case 'close':
      case 'end':
        throw new QueryError(token.column, 'something to look for is missing here', [
          'port:443',
          '192.0.2.7',
        ]);
      case 'word':
        if (isWord(token, 'and', '&&', 'or', '||')) {
          throw new QueryError(token.column, `'${wordOf(token.characters)}' needs something on both sides`);
        }
        this.at++;
        this.count(token.column);
        return this.term(token.characters, token.column);
      default:
        return token satisfies never;
    }
  }

  /** `!word`, `field:value`, an address, or a text. */
  private term(characters: readonly WordCharacter[], column: number): Condition {
    if (characters[0]?.character === '!' && !characters[0].isLiteral) {
      return { kind: 'not', of: this.term(characters.slice(1), column + 1) };
    }
    const named = split(this.withOperator(characters));
    const prefix = parsePrefix(wordOf(characters));
    if (named === undefined || (prefix !== undefined && fieldNamed(named.name) === undefined)) {
      return prefix === undefined ? this.text(characters, column) : addressed(prefix);
    }
    const field = fieldNamed(named.name);
    if (field === undefined) {
      const meant = nearestField(named.name);
      throw new QueryError(
        column,
        `there is no field '${named.name.slice(0, 40)}'; a text with '${named.operator}' in it is written in quotes`,
        meant === undefined ? [] : [`${meant}${named.operator}`],
      );
    }
    let value = named.value;
    if (value.length === 0 && this.next.kind === 'word') {
      value = this.next.characters;
      this.at++;
    }
    return comparison(field, named.operator, value, value[0]?.column ?? this.next.column, (where) =>
      this.count(where),
    );
  }

  /** A field, and what is behind a space when that begins with an operator: `severity <= 2`. */
  private withOperator(characters: readonly WordCharacter[]): readonly WordCharacter[] {
    const following = this.next;
    const [first] = following.kind === 'word' ? following.characters : [];
    if (following.kind !== 'word' || first === undefined || first.isLiteral) return characters;
    if (!/[=:<>!]/.test(first.character) || fieldNamed(wordOf(characters)) === undefined) return characters;
    if (first.character === '!' && following.characters[1]?.character !== '=') return characters;
    this.at++;
    return [...characters, ...following.characters];
  }

  private text(characters: readonly WordCharacter[], column: number): Condition {
    const pattern = patternOf(characters, true);
    if (pattern.parts.every((part) => part === '')) return { kind: 'all', of: [] };
    checkParts(pattern.parts, column);
    return { kind: 'word', pattern };
  }

  private count(column: number): void {
    if (++this.terms > MOST_TERMS) {
      throw new QueryError(column, `more than ${MOST_TERMS} things to look for at once; ask for less`);
    }
  }

  private takeWord(...words: readonly string[]): boolean {
    if (!isWord(this.next, ...words)) return false;
    this.at++;
    return true;
  }
}

function addressed(prefix: NonNullable<ReturnType<typeof parsePrefix>>): Condition {
  const field = fieldNamed('address');
  if (field === undefined) throw new Error('there is no field for addresses');
  return { kind: 'address', field, prefix };
}

function wordOf(characters: readonly WordCharacter[]): string {
  return characters.map(({ character }) => character).join('');
}

function isWord(token: Token, ...words: readonly string[]): boolean {
  if (token.kind !== 'word' || token.characters.some(({ isLiteral }) => isLiteral)) return false;
  return words.includes(wordOf(token.characters).toLowerCase());
}

interface Named {
  readonly name: string;
  readonly operator: Operator;
  readonly value: readonly WordCharacter[];
}

/** A name, an operator and what is behind it; undefined where there is no operator behind a name. */
function split(characters: readonly WordCharacter[]): Named | undefined {
  const end = characters.findIndex(
    ({ character, isLiteral }) => isLiteral || !/[A-Za-z0-9._-]/.test(character),
  );
  if (end < 1 || !/[A-Za-z]/.test(characters[0]?.character ?? '')) return undefined;
  const rest = characters
    .slice(end, end + 2)
    .map(({ character, isLiteral }) => (isLiteral ? ' ' : character));
  const operator = OPERATORS.find((one) => rest.join('').startsWith(one));
  if (operator === undefined) return undefined;
  return {
    name: wordOf(characters.slice(0, end)),
    operator,
    value: characters.slice(end + operator.length),
  };
}
