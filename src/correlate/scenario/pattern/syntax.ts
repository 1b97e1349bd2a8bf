/**
 * Regular expressions in the syntax of RE2 (which CrowdSec's scenarios are written in), read into a tree. What needs
 * backtracking (references, look-around) is refused, as there.
 */
export type PatternNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'class'; readonly ranges: readonly number[] }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly part: PatternNode; readonly least: number; readonly most: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion };

/** What holds between two characters. */
export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'no-word';

/** What is wrong with a pattern, and at which character of it (from 0). */
export class PatternError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'PatternError';
    this.at = at;
  }
}

export const LAST_CODE_POINT = 0x10ffff;
export const WORD_RANGES: readonly number[] = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
const DIGITS: readonly number[] = [0x30, 0x39];
const SPACES: readonly number[] = [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20];
const NAMED: Readonly<Record<string, readonly number[]>> = {
  alnum: [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a],
  alpha: [0x41, 0x5a, 0x61, 0x7a],
  ascii: [0, 0x7f],
  blank: [0x09, 0x09, 0x20, 0x20],
  cntrl: [0, 0x1f, 0x7f, 0x7f],
  digit: DIGITS,
  graph: [0x21, 0x7e],
  lower: [0x61, 0x7a],
  print: [0x20, 0x7e],
  punct: [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e],
  space: [0x09, 0x0d, 0x20, 0x20],
  upper: [0x41, 0x5a],
  word: WORD_RANGES,
  xdigit: [0x30, 0x39, 0x41, 0x46, 0x61, 0x66],
};
const SIMPLE: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13, a: 7 };

/** As RE2: a count above it is refused. */
const MOST_REPEATS = 1000;
const LONGEST_PATTERN = 4096;
const DEEPEST = 100;

/** Reads a pattern. Throws {@link PatternError}. */
export function parsePattern(text: string): PatternNode {
  if (text.length > LONGEST_PATTERN) {
    throw new PatternError(`the pattern has ${text.length} characters; ${LONGEST_PATTERN} are the limit`, 0);
  }
  return new PatternParser(text).parse();
}

interface Flags {
  readonly fold: boolean;
  readonly lines: boolean;
  readonly dotAll: boolean;
}

class PatternParser {
  private readonly text: string;
  private at = 0;
  private depth = 0;
  private flags: Flags = { fold: false, lines: false, dotAll: false };

  constructor(text: string) {
    this.text = text;
  }

  parse(): PatternNode {
    const node = this.choice();
    if (this.at < this.text.length) throw this.error('a closing parenthesis without its opening one');
    return node;
  }

  private error(message: string, at = this.at): PatternError {
    return new PatternError(message, at);
  }

  private choice(): PatternNode {
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    for (;;) {
      const next = this.text[this.at];
      if (next === undefined || next === '|' || next === ')') break;
      const start = this.at;
      const atom = this.atom();
      if (atom !== undefined) parts.push(this.repeated(atom, start));
    }
    if (parts.length === 1) return parts[0]!;
    return parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', parts };
  }

  private repeated(atom: PatternNode, start: number): PatternNode {
    const count = this.repetition();
    if (count === undefined) return atom;
    this.take('?');
    const [least, most] = count;
    if (least > MOST_REPEATS || (most !== Number.POSITIVE_INFINITY && most > MOST_REPEATS)) {
      throw this.error(`a repetition of more than ${MOST_REPEATS}`, start);
    }
    if (most < least) throw this.error('a repetition whose end is before its beginning', start);
    if (this.repetition() !== undefined) throw this.error('a repetition of a repetition', start);
    return { kind: 'repeat', part: atom, least, most };
  }

  private repetition(): readonly [number, number] | undefined {
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.take('?')) return [0, 1];
    if (this.text[this.at] !== '{') return undefined;
    const match = /^\{(\d{1,6})(?:(,)(\d{1,6})?)?\}/.exec(this.text.slice(this.at, this.at + 20));
    // As in RE2, a brace that opens no count stands for itself.
    if (match === null) return undefined;
    this.at += match[0].length;
    const least = Number(match[1]);
    if (match[2] === undefined) return [least, least];
    return [least, match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3])];
  }

  private atom(): PatternNode | undefined {
    const start = this.at;
    const char = this.character();
    switch (char) {
      case 0x28:
        return this.group();
      case 0x5b:
        return this.set();
      case 0x2e:
        return this.flags.dotAll ? anything() : { kind: 'class', ranges: complement([10, 10]) };
      case 0x5e:
        return { kind: 'assertion', assertion: this.flags.lines ? 'line-start' : 'text-start' };
      case 0x24:
        return { kind: 'assertion', assertion: this.flags.lines ? 'line-end' : 'text-end' };
      case 0x5c:
        return this.escape(start);
      case 0x2a:
      case 0x2b:
      case 0x3f:
        throw this.error('a repetition of nothing', start);
      default:
        return this.literal(char);
    }
  }

  private group(): PatternNode | undefined {
    const start = this.at - 1;
    const before = this.flags;
    if (this.take('?')) {
      const named = /^P?<([A-Za-z_][A-Za-z0-9_]*)>/.exec(this.text.slice(this.at, this.at + 80));
      if (named !== null) this.at += named[0].length;
      else if (/^(?:<?[=!]|P[=>]|[>#|])/.test(this.text.slice(this.at, this.at + 2))) {
        throw this.error(
          'look-around, references and atomic groups need backtracking and are not taken',
          start,
        );
      } else if (this.groupFlags(start)) return undefined;
    }
    this.depth++;
    if (this.depth > DEEPEST) throw this.error(`groups nested deeper than ${DEEPEST}`, start);
    const node = this.choice();
    this.depth--;
    if (!this.take(')')) throw this.error('a group that is not closed', start);
    this.flags = before;
    return node;
  }

  /** Reads `i`, `m`, `s`, `U` and their opposites; true when they stand alone: `(?i)`. */
  private groupFlags(start: number): boolean {
    const match = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.text.slice(this.at, this.at + 20));
    if (match === null) throw this.error('an unknown kind of group', start);
    this.at += match[0].length;
    const on = match[1] ?? '';
    const off = match[2] ?? '';
    const has = (flag: string, now: boolean) => (now || on.includes(flag)) && !off.includes(flag);
    this.flags = {
      fold: has('i', this.flags.fold),
      lines: has('m', this.flags.lines),
      dotAll: has('s', this.flags.dotAll),
    };
    return match[3] === ')';
  }

  private escape(start: number): PatternNode | undefined {
    const next = this.text[this.at];
    if (next === undefined) throw this.error('a backslash at the end', start);
    const assertion = ({ A: 'text-start', z: 'text-end', b: 'word', B: 'no-word' } as const)[next];
    if (assertion !== undefined) {
      this.at++;
      return { kind: 'assertion', assertion };
    }
    if (next === 'Q') {
      const end = this.text.indexOf('\\E', this.at + 1);
      const literal = this.text.slice(this.at + 1, end === -1 ? this.text.length : end);
      this.at = end === -1 ? this.text.length : end + 2;
      if (literal === '') return undefined;
      return { kind: 'sequence', parts: [...literal].map((each) => this.literal(each.codePointAt(0)!)) };
    }
    const ranges = this.classEscape(start);
    if (ranges !== undefined) return { kind: 'class', ranges };
    return this.literal(this.characterEscape(start));
  }

  /** `\d`, `\pL` and the like after the backslash; undefined when another escape stands there. */
  private classEscape(start: number): readonly number[] | undefined {
    const next = this.text[this.at] ?? '';
    const lower = next.toLowerCase();
    const plain = lower === 'd' ? DIGITS : lower === 'w' ? WORD_RANGES : lower === 's' ? SPACES : undefined;
    if (plain !== undefined) {
      this.at++;
      return next === lower ? plain : complement(plain);
    }
    if (lower !== 'p') return undefined;
    const match = /^[pP](?:([A-Z])|\{(\^?)([A-Za-z_]{1,40})\})/.exec(this.text.slice(this.at, this.at + 50));
    if (match === null) throw this.error('a Unicode class is written \\pL or \\p{Greek}', start);
    this.at += match[0].length;
    const ranges = unicodeClass(match[1] ?? match[3] ?? '');
    if (ranges === undefined) throw this.error(`there is no Unicode class ${match[1] ?? match[3]}`, start);
    return (next === 'P') !== (match[2] === '^') ? complement(ranges) : ranges;
  }

  private characterEscape(start: number): number {
    const next = this.text[this.at]!;
    const simple = SIMPLE[next];
    if (simple !== undefined) {
      this.at++;
      return simple;
    }
    const hex = /^x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(this.text.slice(this.at, this.at + 10));
    if (hex !== null) {
      this.at += hex[0].length;
      const code = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
      if (code > LAST_CODE_POINT) throw this.error('a character beyond U+10FFFF', start);
      return code;
    }
    const octal = /^0[0-7]{0,2}/.exec(this.text.slice(this.at, this.at + 3));
    if (octal !== null) {
      this.at += octal[0].length;
      return Number.parseInt(octal[0], 8);
    }
    if (/[1-9]/.test(next))
      throw this.error('references to groups need backtracking and are not taken', start);
    if (/[A-Za-z0-9]/.test(next)) throw this.error(`there is no escape \\${next}`, start);
    return this.character();
  }

  private set(): PatternNode {
    const start = this.at - 1;
    const negated = this.take('^');
    const ranges: number[] = [];
    let first = true;
    while (first || this.text[this.at] !== ']') {
      if (this.at >= this.text.length) throw this.error('a set [...] that is not closed', start);
      first = false;
      this.member(ranges);
    }
    this.at++;
    const folded = this.flags.fold ? foldRanges(ranges) : normalise(ranges);
    return { kind: 'class', ranges: negated ? complement(folded) : folded };
  }

  private member(ranges: number[]): void {
    const start = this.at;
    const named = /^\[:(\^?)([a-z]+):\]/.exec(this.text.slice(this.at, this.at + 14));
    if (named !== null) {
      const found = NAMED[named[2]!];
      if (found === undefined) throw this.error(`there is no class [:${named[2]}:]`, start);
      this.at += named[0].length;
      ranges.push(...(named[1] === '^' ? complement(found) : found));
      return;
    }
    if (this.text[this.at] === '\\') {
      this.at++;
      if (this.at >= this.text.length) throw this.error('a backslash at the end', start);
      const found = this.classEscape(start);
      if (found !== undefined) {
        ranges.push(...found);
        return;
      }
      this.at--;
    }
    const low = this.memberCharacter(start);
    if (
      this.text[this.at] !== '-' ||
      this.text[this.at + 1] === ']' ||
      this.text[this.at + 1] === undefined
    ) {
      ranges.push(low, low);
      return;
    }
    this.at++;
    const high = this.memberCharacter(start);
    if (high < low) throw this.error('a range whose end is before its beginning', start);
    ranges.push(low, high);
  }

  private memberCharacter(start: number): number {
    const char = this.character();
    if (char !== 0x5c) return char;
    if (this.at >= this.text.length) throw this.error('a backslash at the end', start);
    return this.characterEscape(start);
  }

  private literal(char: number): PatternNode {
    return { kind: 'class', ranges: this.flags.fold ? foldRanges([char, char]) : [char, char] };
  }

  private character(): number {
    const code = this.text.codePointAt(this.at)!;
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }
}

function anything(): PatternNode {
  return { kind: 'class', ranges: [0, LAST_CODE_POINT] };
}

/** Sorted, without overlaps. */
export function normalise(ranges: readonly number[]): number[] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i]!, ranges[i + 1]!]);
  pairs.sort((a, b) => a[0] - b[0]);
  const joined: number[] = [];
  for (const [low, high] of pairs) {
    const last = joined.length - 1;
    if (last > 0 && low <= joined[last]! + 1) joined[last] = Math.max(joined[last]!, high);
    else joined.push(low, high);
  }
  return joined;
}

function complement(ranges: readonly number[]): number[] {
  const sorted = normalise(ranges);
  const rest: number[] = [];
  let from = 0;
  for (let i = 0; i < sorted.length; i += 2) {
    if (sorted[i]! > from) rest.push(from, sorted[i]! - 1);
    from = sorted[i + 1]! + 1;
  }
  if (from <= LAST_CODE_POINT) rest.push(from, LAST_CODE_POINT);
  return rest;
}

/** Ranges wider than this are folded among the letters of ASCII alone. */
const WIDEST_FOLD = 512;

function foldRanges(ranges: readonly number[]): number[] {
  const folded = [...ranges];
  for (let i = 0; i < ranges.length; i += 2) {
    const low = ranges[i]!;
    const high = ranges[i + 1]!;
    const last = high - low > WIDEST_FOLD ? Math.min(high, 0x7f) : high;
    for (let code = low; code <= last; code++) {
      const char = String.fromCodePoint(code);
      for (const other of [char.toLowerCase(), char.toUpperCase()]) {
        const folding = other.codePointAt(0)!;
        if (folding !== code && other.length === char.length) folded.push(folding, folding);
      }
    }
  }
  return normalise(folded);
}

const unicodeClasses = new Map<string, readonly number[] | undefined>();

/** Finds the members of a class by asking for each character once; remembered. */
function unicodeClass(name: string): readonly number[] | undefined {
  if (unicodeClasses.has(name)) return unicodeClasses.get(name);
  const test = unicodeTest(name);
  let ranges: number[] | undefined;
  if (test !== undefined) {
    ranges = [];
    for (let code = 0; code <= LAST_CODE_POINT; code++) {
      if (!test.test(String.fromCodePoint(code))) continue;
      const last = ranges.length - 1;
      if (last > 0 && ranges[last] === code - 1) ranges[last] = code;
      else ranges.push(code, code);
    }
  }
  unicodeClasses.set(name, ranges);
  return ranges;
}

function unicodeTest(name: string): RegExp | undefined {
  for (const form of [`\\p{${name}}`, `\\p{Script=${name}}`]) {
    try {
      return new RegExp(`^${form}$`, 'u');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return undefined;
}
