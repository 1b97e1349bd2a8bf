import { ByteSet, CLASSES } from './bytes.ts';
import { readClass } from './character-class.ts';
import { readEscape, readOctal } from './escape.ts';
import { checkLookbehinds, checkReferences } from './restrictions.ts';
import { Scanner } from './scanner.ts';
import type { Expression, Place, Syntax } from './syntax.ts';

/** Longest source. */
export const MOST_SOURCE = 1 << 16;
/** Nested groups at most, as in PCRE. */
const MOST_NESTING = 250;
/** Largest number in a quantifier, as in PCRE. */
const MOST_REPETITIONS = 65535;

interface Flags {
  readonly ignoreCase: boolean;
  readonly dotAll: boolean;
  readonly multiline: boolean;
  readonly extended: boolean;
  readonly ungreedy: boolean;
}

/** ModSecurity 3 compiles with PCRE_DOTALL | PCRE_MULTILINE. */
const DEFAULTS: Flags = {
  ignoreCase: false,
  dotAll: true,
  multiline: true,
  extended: false,
  ungreedy: false,
};
const FLAG_LETTERS: Readonly<Record<string, keyof Flags>> = {
  i: 'ignoreCase',
  s: 'dotAll',
  m: 'multiline',
  x: 'extended',
  U: 'ungreedy',
};
const PLACES: Readonly<Record<string, Place>> = {
  A: 'start',
  z: 'end',
  Z: 'last',
  b: 'border',
  B: 'noBorder',
};

/**
 * Parses a regular expression in PCRE's language, as ModSecurity compiles it: dot matches newlines, `^` and `$` match at
 * newlines. The source is a binary string. Throws an `OperatorError` that names the offset.
 */
export function parsePattern(source: string): Syntax {
  return new Parser(source).parse();
}

class Parser {
  readonly #scanner: Scanner;
  readonly #names = new Map<string, number>();
  #groups = 0;
  #depth = 0;
  #quoted = false;

  constructor(source: string) {
    this.#scanner = new Scanner(source);
  }

  parse(): Syntax {
    const { source } = this.#scanner;
    if (source.length > MOST_SOURCE) this.#scanner.fail(`longer than ${MOST_SOURCE} characters`, MOST_SOURCE);
    const root = this.#alternation(DEFAULTS);
    if (!this.#scanner.ended) this.#scanner.fail('a ) without its (');
    checkReferences(root, this.#groups);
    checkLookbehinds(root);
    return { source, root, groups: this.#groups };
  }

  #alternation(flags: Flags): Expression {
    const at = this.#scanner.at;
    const branches: Expression[] = [];
    let items: Expression[] = [];
    let current = flags;
    const close = (): void => {
      const [only] = items;
      if (items.length === 1 && only !== undefined) branches.push(only);
      else branches.push(items.length === 0 ? { kind: 'empty', at } : { kind: 'sequence', items, at });
      items = [];
    };
    for (;;) {
      this.#skip(current);
      const { ended } = this.#scanner;
      if (ended || (!this.#quoted && this.#scanner.peek() === ')')) break;
      if (!this.#quoted && this.#scanner.take('|')) {
        close();
        continue;
      }
      const changed = this.#quoted ? undefined : this.#changeFlags(current);
      if (changed !== undefined) current = changed;
      else items.push(this.#quantified(this.#atom(current), current));
    }
    close();
    const [only] = branches;
    return branches.length === 1 && only !== undefined ? only : { kind: 'alternation', branches, at };
  }

  /** Passes over comments, `\Q`, `\E` and, where that is asked for, white space. */
  #skip(flags: Flags): void {
    const scanner = this.#scanner;
    for (;;) {
      if (scanner.take('\\E')) this.#quoted = false;
      else if (this.#quoted) return;
      else if (scanner.take('\\Q')) this.#quoted = true;
      else if (scanner.source.startsWith('(?#', scanner.at)) {
        if (scanner.match(/\(\?#[^)]*\)/y) === undefined) scanner.fail('a comment without its )');
      } else if (!flags.extended || scanner.match(/\s+|#[^\n]*/y) === undefined) return;
    }
  }

  /** `(?i)` and the like: flags for the rest of the group. */
  #changeFlags(flags: Flags): Flags | undefined {
    const found = this.#scanner.match(/\(\?([imsxU]*)(?:-([imsxU]*))?\)/y);
    return found === undefined ? undefined : withFlags(flags, found[1] as string, found[2] ?? '');
  }

  #atom(flags: Flags): Expression {
    const scanner = this.#scanner;
    const at = scanner.at;
    const character = scanner.next();
    if (this.#quoted) return this.#literal(character.charCodeAt(0), flags, at);
    switch (character) {
      case '(':
        return this.#group(flags, at);
      case '[':
        return { kind: 'byte', set: readClass(scanner, flags.ignoreCase), at };
      case '.':
        return { kind: 'byte', set: flags.dotAll ? ByteSet.ALL : CLASSES.newline.complement(), at };
      case '^':
        return { kind: 'assertion', place: flags.multiline ? 'lineStart' : 'start', at };
      case '$':
        return { kind: 'assertion', place: flags.multiline ? 'lineEnd' : 'last', at };
      case '\\':
        return this.#escape(flags, at);
      case '*':
      case '+':
      case '?':
        return scanner.fail(`nothing for ${character} to repeat`, at);
      default:
        return this.#literal(character.charCodeAt(0), flags, at);
    }
  }

  #literal(byte: number, flags: Flags, at: number): Expression {
    if (byte > 255) this.#scanner.fail('a character above 0xff (values are bytes)', at);
    const set = ByteSet.of(byte);
    return { kind: 'byte', set: flags.ignoreCase ? set.withBothCases() : set, at };
  }

  #escape(flags: Flags, at: number): Expression {
    const scanner = this.#scanner;
    const place = PLACES[scanner.peek()];
    if (place !== undefined) {
      scanner.at++;
      return { kind: 'assertion', place, at };
    }
    if (scanner.take('N')) return { kind: 'byte', set: CLASSES.newline.complement(), at };
    if (scanner.take('C')) return { kind: 'byte', set: ByteSet.ALL, at };
    if (scanner.take('R')) return lineBreak(at);
    const reference = this.#reference(flags, at);
    if (reference !== undefined) return reference;
    const escaped = readEscape(scanner) ?? readOctal(scanner);
    if (escaped === undefined) return scanner.fail(`\\${scanner.peek()} is not supported`, at);
    return typeof escaped === 'number'
      ? this.#literal(escaped, flags, at)
      : { kind: 'byte', set: escaped, at };
  }

  #reference({ ignoreCase }: Flags, at: number): Expression | undefined {
    const scanner = this.#scanner;
    const from = scanner.at;
    const numbered = scanner.match(/[1-9]\d{0,4}/y);
    if (numbered !== undefined) {
      const group = Number(numbered[0]);
      if (group < 10 || group <= this.#groups) return { kind: 'reference', group, ignoreCase, at };
      scanner.at = from;
      return undefined;
    }
    const relative = scanner.match(/g(?:\{([-+]?\d{1,5})\}|([-+]?\d{1,5}))/y);
    if (relative !== undefined) {
      const text = (relative[1] ?? relative[2]) as string;
      const group = text.startsWith('-') ? this.#groups + 1 + Number(text) : Number(text);
      if (text.startsWith('+') || group < 1) scanner.fail('a back reference to what does not precede', at);
      return { kind: 'reference', group, ignoreCase, at };
    }
    const named = scanner.match(/g\{(\w+)\}|k(?:\{(\w+)\}|<(\w+)>|'(\w+)')/y);
    if (named === undefined) return undefined;
    return this.#named(named.slice(1).find((name) => name !== undefined) as string, ignoreCase, at);
  }

  #named(name: string, ignoreCase: boolean, at: number): Expression {
    const group = this.#names.get(name);
    if (group === undefined) this.#scanner.fail(`no group named ${name} precedes`, at);
    return { kind: 'reference', group, ignoreCase, at };
  }

  #group(flags: Flags, at: number): Expression {
    const scanner = this.#scanner;
    if (scanner.peek() === '*') scanner.fail('verbs (*...) are not supported', at);
    if (!scanner.take('?')) return this.#capture(undefined, flags, at);
    const name = scanner.match(/P?<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})'/y);
    if (name !== undefined) return this.#capture(name[1] ?? name[2], flags, at);
    const reference = scanner.match(/P=(\w+)\)/y);
    if (reference !== undefined) return this.#named(reference[1] as string, flags.ignoreCase, at);
    if (scanner.take('>')) return { kind: 'atomic', item: this.#enclosed(flags, at), at };
    const look = scanner.match(/(<?)([=!])/y);
    if (look !== undefined) {
      const direction = look[1] === '<' ? 'behind' : 'ahead';
      return { kind: 'look', direction, negative: look[2] === '!', item: this.#enclosed(flags, at), at };
    }
    const own = scanner.match(/([imsxU]*)(?:-([imsxU]*))?:/y);
    if (own !== undefined) return this.#enclosed(withFlags(flags, own[1] as string, own[2] ?? ''), at);
    return scanner.fail(`(?${scanner.peek()} is not supported`, at);
  }

  #capture(name: string | undefined, flags: Flags, at: number): Expression {
    const group = ++this.#groups;
    if (name !== undefined) {
      if (this.#names.has(name)) this.#scanner.fail(`a second group named ${name}`, at);
      this.#names.set(name, group);
    }
    return { kind: 'capture', group, item: this.#enclosed(flags, at), at };
  }

  #enclosed(flags: Flags, at: number): Expression {
    if (++this.#depth > MOST_NESTING) this.#scanner.fail(`groups nested deeper than ${MOST_NESTING}`, at);
    const item = this.#alternation(flags);
    this.#depth--;
    if (!this.#scanner.take(')')) this.#scanner.fail('a ( without its )', at);
    return item;
  }

  #quantified(item: Expression, flags: Flags): Expression {
    this.#skip(flags);
    if (this.#quoted) return item;
    const scanner = this.#scanner;
    const at = scanner.at;
    const found = scanner.match(/[*+?]|\{(\d{1,9})(?:(,)(\d{0,9}))?\}/y);
    if (found === undefined) return item;
    const [least, most] = boundsOf(found);
    if (least > MOST_REPETITIONS || (most !== Number.POSITIVE_INFINITY && most > MOST_REPETITIONS)) {
      scanner.fail(`more than ${MOST_REPETITIONS} repetitions`, at);
    }
    if (least > most) scanner.fail('a quantifier out of order', at);
    const possessive = scanner.take('+');
    const lazy = !possessive && scanner.take('?') !== flags.ungreedy;
    const repeat: Expression = { kind: 'repeat', item, least, most, lazy, at: item.at };
    return this.#quantified(possessive ? { kind: 'atomic', item: repeat, at: item.at } : repeat, flags);
  }
}

function boundsOf(found: RegExpExecArray): readonly [least: number, most: number] {
  const unbounded = Number.POSITIVE_INFINITY;
  if (found[0] === '*') return [0, unbounded];
  if (found[0] === '+') return [1, unbounded];
  if (found[0] === '?') return [0, 1];
  const least = Number(found[1]);
  if (found[2] === undefined) return [least, least];
  return [least, found[3] === '' ? unbounded : Number(found[3])];
}

function withFlags(flags: Flags, on: string, off: string): Flags {
  const changed = { ...flags };
  for (const letter of on) changed[FLAG_LETTERS[letter] as keyof Flags] = true;
  for (const letter of off) changed[FLAG_LETTERS[letter] as keyof Flags] = false;
  return changed;
}

/** `\R`: CR LF as one, or any line break. */
function lineBreak(at: number): Expression {
  const byte = (set: ByteSet): Expression => ({ kind: 'byte', set, at });
  const pair: Expression = { kind: 'sequence', items: [byte(ByteSet.of(13)), byte(ByteSet.of(10))], at };
  return {
    kind: 'atomic',
    item: { kind: 'alternation', branches: [pair, byte(CLASSES.vertical)], at },
    at,
  };
}
