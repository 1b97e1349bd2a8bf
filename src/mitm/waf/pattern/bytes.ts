/** An immutable set of bytes. */
export class ByteSet {
  static readonly NONE = new ByteSet(new Uint32Array(8));
  static readonly ALL = new ByteSet(new Uint32Array(8).fill(0xffffffff));

  readonly #words: Uint32Array;
  /** How many bytes it holds. */
  readonly size: number;

  private constructor(words: Uint32Array) {
    this.#words = words;
    let size = 0;
    for (const word of words) for (let rest = word; rest !== 0; rest &= rest - 1) size++;
    this.size = size;
  }

  static of(...bytes: readonly number[]): ByteSet {
    const words = new Uint32Array(8);
    for (const byte of bytes) words[byte >> 5] = (words[byte >> 5] as number) | (1 << (byte & 31));
    return new ByteSet(words);
  }

  /** From the first to the last, with both. */
  static range(first: number, last: number): ByteSet {
    return ByteSet.of(...Array.from({ length: last - first + 1 }, (_, index) => first + index));
  }

  /** The bytes of a binary string. */
  static from(text: string): ByteSet {
    return ByteSet.of(...Array.from(text, (character) => character.charCodeAt(0)));
  }

  has(byte: number): boolean {
    return (((this.#words[byte >> 5] as number) >>> (byte & 31)) & 1) === 1;
  }

  union(other: ByteSet): ByteSet {
    return this.#combine(other, (a, b) => a | b);
  }

  intersection(other: ByteSet): ByteSet {
    return this.#combine(other, (a, b) => a & b);
  }

  complement(): ByteSet {
    return new ByteSet(this.#words.map((word) => ~word));
  }

  meets(other: ByteSet): boolean {
    return this.#words.some((word, index) => (word & other.#word(index)) !== 0);
  }

  equals(other: ByteSet): boolean {
    return this.#words.every((word, index) => word === other.#word(index));
  }

  /** The same for equal sets. */
  get key(): string {
    return this.#words.join();
  }

  /** For each byte 1 when it is in the set, else 0. */
  table(): Uint8Array {
    const table = new Uint8Array(256);
    for (let byte = 0; byte < 256; byte++) if (this.has(byte)) table[byte] = 1;
    return table;
  }

  /** With each ASCII letter in both cases. */
  withBothCases(): ByteSet {
    const added: number[] = [];
    for (let upper = 65; upper <= 90; upper++) {
      if (this.has(upper)) added.push(upper + 32);
      if (this.has(upper + 32)) added.push(upper);
    }
    return added.length === 0 ? this : this.union(ByteSet.of(...added));
  }

  /** Its bytes in order. */
  bytes(): number[] {
    const bytes: number[] = [];
    for (let byte = 0; byte < 256; byte++) if (this.has(byte)) bytes.push(byte);
    return bytes;
  }

  /** Its runs of bytes in order, as first and last. */
  ranges(): (readonly [first: number, last: number])[] {
    const ranges: [number, number][] = [];
    for (const byte of this.bytes()) {
      const last = ranges.at(-1);
      if (last !== undefined && last[1] === byte - 1) last[1] = byte;
      else ranges.push([byte, byte]);
    }
    return ranges;
  }

  #word(index: number): number {
    return this.#words[index] as number;
  }

  #combine(other: ByteSet, operation: (a: number, b: number) => number): ByteSet {
    return new ByteSet(this.#words.map((word, index) => operation(word, other.#word(index))));
  }
}

const DIGIT = ByteSet.range(48, 57);
const LOWER = ByteSet.range(97, 122);
const UPPER = ByteSet.range(65, 90);
const ALPHA = LOWER.union(UPPER);
const ALNUM = ALPHA.union(DIGIT);
const GRAPH = ByteSet.range(33, 126);

/** What PCRE's escapes stand for, in the C locale and without UTF. */
export const CLASSES = {
  digit: DIGIT,
  word: ALNUM.union(ByteSet.from('_')),
  space: ByteSet.from('\t\n\v\f\r '),
  horizontal: ByteSet.from('\t \xa0'),
  vertical: ByteSet.from('\n\v\f\r\x85'),
  newline: ByteSet.from('\n'),
} as const;

/** POSIX classes by name (`[:alpha:]`). */
export const POSIX: ReadonlyMap<string, ByteSet> = new Map([
  ['alpha', ALPHA],
  ['lower', LOWER],
  ['upper', UPPER],
  ['alnum', ALNUM],
  ['ascii', ByteSet.range(0, 127)],
  ['blank', ByteSet.from('\t ')],
  ['cntrl', ByteSet.range(0, 31).union(ByteSet.of(127))],
  ['digit', DIGIT],
  ['graph', GRAPH],
  ['print', ByteSet.range(32, 126)],
  ['punct', GRAPH.intersection(ALNUM.complement())],
  ['space', CLASSES.space],
  ['word', CLASSES.word],
  ['xdigit', DIGIT.union(ByteSet.from('abcdefABCDEF'))],
]);
