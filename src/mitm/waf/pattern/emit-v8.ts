import { ByteSet } from './bytes.ts';
import { type Expression, type Place, partsOf } from './syntax.ts';
import { widthOf } from './width.ts';

/** An expression in JavaScript's language. */
export interface JavaScriptSource {
  readonly source: string;
  /** `i` or nothing: case is in the sets, but V8 is faster with words that it can compare without case. */
  readonly flags: '' | 'i';
  /** Numbers of the groups in JavaScript, by their number in the source. */
  readonly groups: readonly number[];
}

/**
 * Writes an expression for V8. Nothing is left to JavaScript's own notions of space, line and case: sets are written
 * out, and what JavaScript would compare without case beyond ASCII is put out of reach of its flag.
 */
export function emitJavaScript(root: Expression): JavaScriptSource {
  const ignoreCase = prefersIgnoreCase(root);
  const writer = new Writer(ignoreCase);
  const source = writer.write(root, false);
  return { source, flags: ignoreCase ? 'i' : '', groups: writer.groups };
}

const PLACES: Readonly<Record<Place, string>> = {
  start: '^',
  end: '$',
  last: '(?=\\n?$)',
  // PCRE sees no line after a newline that ends the value.
  lineStart: '(?:^|(?<=\\n)(?!$))',
  lineEnd: '(?![^\\n])',
  border: '\\b',
  noBorder: '\\B',
};

class Writer {
  readonly groups: number[] = [0];
  readonly #ignoreCase: boolean;
  #count = 0;

  constructor(ignoreCase: boolean) {
    this.#ignoreCase = ignoreCase;
  }

  write(expression: Expression, backwards: boolean): string {
    switch (expression.kind) {
      case 'empty':
        return '(?:)';
      case 'byte':
        return this.#set(expression.set);
      case 'sequence':
        return expression.items
          .map((item, index) => {
            if (!backwards && isNeverAtStart(expression.items, index)) return writeSet(ByteSet.NONE);
            return item.kind === 'alternation'
              ? `(?:${this.write(item, backwards)})`
              : this.write(item, backwards);
          })
          .join('');
      case 'alternation':
        return expression.branches.map((branch) => this.write(branch, backwards)).join('|');
      case 'repeat': {
        const item = this.write(expression.item, backwards);
        const whole = expression.item.kind === 'byte' || expression.item.kind === 'capture';
        return (
          (whole ? item : `(?:${item})`) +
          quantifier(expression.least, expression.most) +
          (expression.lazy ? '?' : '')
        );
      }
      case 'capture':
        this.groups[expression.group] = ++this.#count;
        return `(${this.write(expression.item, backwards)})`;
      case 'atomic': {
        // Inside of a lookbehind, where JavaScript matches from right to left, lengths are fixed.
        if (backwards) return `(?:${this.write(expression.item, true)})`;
        const group = ++this.#count;
        return `(?:(?=(${this.write(expression.item, false)}))\\${group})`;
      }
      case 'look': {
        const behind = expression.direction === 'behind';
        const item = this.write(expression.item, behind);
        return `(?${behind ? '<' : ''}${expression.negative ? '!' : '='}${item})`;
      }
      case 'assertion':
        return PLACES[expression.place];
      case 'reference':
        return `(?${expression.ignoreCase ? 'i' : '-i'}:\\${this.groups[expression.group]})`;
      default:
        return expression satisfies never;
    }
  }

  #set(set: ByteSet): string {
    if (!this.#ignoreCase) return writeSet(set);
    if (!isClosed(set)) return `(?-i:${writeSet(set)})`;
    const letter = letterOf(set);
    return letter === undefined ? writeSet(set) : letter;
  }
}

/**
 * Whether an item is the start of the value behind something that takes bytes. V8 14 believes of some such expressions
 * that no branch beside them can match either (`[^]*?x^|A` in `A`), so it does not get to see them.
 */
function isNeverAtStart(items: readonly Expression[], index: number): boolean {
  const item = items[index];
  if (item?.kind !== 'assertion' || item.place !== 'start') return false;
  return items.slice(0, index).some((before) => widthOf(before)[0] > 0);
}

/** Whether the expression is mostly one without case. */
function prefersIgnoreCase(root: Expression): boolean {
  let without = 0;
  let exact = 0;
  const count = (expression: Expression): void => {
    if (expression.kind === 'byte') {
      if (!isClosed(expression.set)) exact++;
      else if (letterOf(expression.set) !== undefined) without++;
    }
    for (const part of partsOf(expression)) count(part);
  };
  count(root);
  return without > 4 * exact;
}

/** Whether JavaScript's flag i would add nothing to the set. */
function isClosed(set: ByteSet): boolean {
  for (let byte = 65; byte <= 90; byte++) if (set.has(byte) !== set.has(byte + 32)) return false;
  for (let byte = 0xc0; byte <= 0xde; byte++) {
    if (byte !== 0xd7 && set.has(byte) !== set.has(byte + 32)) return false;
  }
  return true;
}

/** The letter whose two cases are the set. */
function letterOf(set: ByteSet): string | undefined {
  if (set.size !== 2) return undefined;
  const [upper, lower] = set.bytes() as [number, number];
  return upper >= 65 && upper <= 90 && lower === upper + 32 ? String.fromCharCode(lower) : undefined;
}

/** A set in the syntax that JavaScript and RE2 share. */
export function writeSet(set: ByteSet): string {
  if (set.size === 256) return '[\\x00-\\xff]';
  if (set.size === 0) return '[^\\x00-\\xff]';
  const ranges = set.ranges();
  const [first] = ranges;
  if (set.size === 1 && first !== undefined) return writeByte(first[0]);
  const negative = set.size > 128;
  const written = (negative ? set.complement().ranges() : ranges).map(([low, high]) => {
    if (low === high) return writeByte(low);
    return writeByte(low) + (high > low + 1 ? '-' : '') + writeByte(high);
  });
  return `[${negative ? '^' : ''}${written.join('')}]`;
}

function writeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[0-9A-Za-z]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Bounds as a quantifier. */
export function quantifier(least: number, most: number): string {
  if (most === Number.POSITIVE_INFINITY) return least === 0 ? '*' : least === 1 ? '+' : `{${least},}`;
  if (least === 0 && most === 1) return '?';
  return least === most ? `{${least}}` : `{${least},${most}}`;
}
