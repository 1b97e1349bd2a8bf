import { OperatorError } from '../operator/operator.ts';

/** Cells of the largest table: 128 MiB. */
const MOST_CELLS = 1 << 25;

/** Each byte with ASCII letters in lower case. */
export const FOLDED: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 65 && byte <= 90 ? byte + 32 : byte,
);

/** ASCII letters in lower case; all other bytes as they are (`toLowerCase` would change those from 0xc0 on). */
export function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Finds many literals in one pass (Aho-Corasick), ASCII letters compared without case.
 *
 * A state is the offset of its row in `next`. Rows of states at which literals end lie at `accepting` and after it, so
 * that the loop of whoever scans is one look-up and one comparison for each character:
 *
 *     row = next[row + classes[character]];
 *     if (row >= accepting) ...literals from `ends` of this row
 *
 * Nothing of it changes, and its tables lie in shared memory: whoever gets it in another thread gets the same ones.
 */
export interface Automaton {
  /** Column of each byte. */
  readonly classes: Uint8Array;
  /** Columns of a row. */
  readonly width: number;
  readonly next: Int32Array;
  readonly accepting: number;
  /**
   * For the accepting state number `s` (counted from the first accepting one) the literals that end there are
   * `literals[ends[s]]` to `literals[ends[s + 1] - 1]`, by their index, the longest first.
   */
  readonly ends: Int32Array;
  readonly literals: Int32Array;
}

/** Automata that were made, by their literals. */
export type Automata = Map<string, Automaton>;

/** The automaton of literals, from those that are known or made and added to them. Throws as {@link buildAutomaton}. */
export function automatonOf(literals: readonly string[], known: Automata): Automaton {
  const key = JSON.stringify(literals);
  let automaton = known.get(key);
  if (automaton === undefined) {
    automaton = buildAutomaton(literals);
    known.set(key, automaton);
  }
  return automaton;
}

/** Empty literals are not found. Throws {@link OperatorError} where they are too many for a table. */
export function buildAutomaton(all: readonly string[]): Automaton {
  const classes = new Uint8Array(new SharedArrayBuffer(256));
  const width = numberClasses(all, classes);
  const trie = buildTrie(all, classes, width);
  const { rows, order, outputs } = completeTrie(trie);
  const count = order.length;

  let quiet = 0;
  for (const state of order) if (outputs[state] === undefined) quiet++;
  const numbers = new Int32Array(count);
  const ends: number[] = [0];
  const found: number[] = [];
  let low = 0;
  let high = quiet;
  for (const state of order) {
    const output = outputs[state];
    if (output === undefined) numbers[state] = low++;
    else {
      numbers[state] = high++;
      found.push(...output);
      ends.push(found.length);
    }
  }
  const next = sharedNumbers(count * width);
  for (let state = 0; state < count; state++) {
    const to = (numbers[state] as number) * width;
    const from = state * width;
    for (let c = 0; c < width; c++) {
      next[to + c] = (numbers[rows[from + c] as number] as number) * width;
    }
  }
  const sharedEnds = sharedNumbers(ends.length);
  sharedEnds.set(ends);
  const literals = sharedNumbers(found.length);
  literals.set(found);
  return { classes, width, next, accepting: quiet * width, ends: sharedEnds, literals };
}

function sharedNumbers(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * Int32Array.BYTES_PER_ELEMENT));
}

/** Gives each byte that occurs in a literal a column (230 at most, upper case being folded); others share column 0. */
function numberClasses(literals: readonly string[], classes: Uint8Array): number {
  let width = 1;
  for (const literal of literals) {
    for (let i = 0; i < literal.length; i++) {
      const byte = FOLDED[literal.charCodeAt(i) & 255] as number;
      if (classes[byte] === 0) classes[byte] = width++;
    }
  }
  for (let byte = 65; byte <= 90; byte++) classes[byte] = classes[byte + 32] as number;
  return width;
}

interface Trie {
  /** Children by state and column; 0 for none (the root is nobody's child). */
  readonly rows: Int32Array;
  readonly width: number;
  readonly count: number;
  /** Literals that are the path to a state. */
  readonly outputs: (number[] | undefined)[];
}

function buildTrie(literals: readonly string[], classes: Uint8Array, width: number): Trie {
  let room = 64;
  let rows = new Int32Array(room * width);
  let count = 1;
  const outputs: (number[] | undefined)[] = [undefined];
  for (const [index, literal] of literals.entries()) {
    if (literal === '') continue;
    let state = 0;
    for (let i = 0; i < literal.length; i++) {
      const cell = state * width + (classes[literal.charCodeAt(i) & 255] as number);
      let child = rows[cell] as number;
      if (child === 0) {
        if (count === room) {
          room *= 2;
          if (count * width > MOST_CELLS) {
            throw new OperatorError(`too many phrases: their table would be larger than ${MOST_CELLS} cells`);
          }
          const larger = new Int32Array(room * width);
          larger.set(rows);
          rows = larger;
        }
        child = count++;
        rows[cell] = child;
        outputs.push(undefined);
      }
      state = child;
    }
    const ending = outputs[state];
    if (ending === undefined) outputs[state] = [index];
    else ending.push(index);
  }
  return { rows, width, count, outputs };
}

/** Fills the gaps of the trie with where the longest suffix leads to, breadth first. */
function completeTrie(trie: Trie): {
  readonly rows: Int32Array;
  readonly order: Int32Array;
  readonly outputs: readonly (number[] | undefined)[];
} {
  const { rows, width, count, outputs } = trie;
  const fail = new Int32Array(count);
  const order = new Int32Array(count);
  let tail = 1;
  for (let head = 0; head < tail; head++) {
    const state = order[head] as number;
    const suffix = fail[state] as number;
    for (let c = 0; c < width; c++) {
      const child = rows[state * width + c] as number;
      const fallback = state === 0 ? 0 : (rows[suffix * width + c] as number);
      if (child === 0) {
        rows[state * width + c] = fallback;
        continue;
      }
      fail[child] = fallback;
      const shorter = outputs[fallback];
      if (shorter !== undefined) {
        const own = outputs[child];
        outputs[child] = own === undefined ? shorter : [...own, ...shorter];
      }
      order[tail++] = child;
    }
  }
  return { rows, order, outputs };
}
