/** What is kept of a value: its length and what sort of characters it has, nothing that it says. */
export interface ValueShape {
  /** In bytes. */
  readonly length: number;
  /** One bit for each of {@link CHARACTER_CLASSES} that it has. */
  readonly classes: number;
  readonly kind: ValueKind;
  /** How many different classes it has that programs give a meaning to: quotes, brackets, `;` ... */
  readonly marks: number;
  /** Share of its bytes that are ASCII punctuation, 0 to 1. */
  readonly punctuation: number;
  /** 32 bits of FNV-1a over its examined bytes, its length and a salt. */
  readonly hash: number;
}

/** What a value is as a whole: nothing, digits with signs, a word of letters, digits, `.`, `-`, `_`, or anything else. */
export type ValueKind = 0 | 1 | 2 | 3;
/** By their numbers. */
export const VALUE_KINDS = ['empty', 'a number', 'a word', 'text'] as const;

/** Sorts of characters. `bits`: points for each bit of surprise where a value has one that is not expected. */
interface CharacterClass {
  readonly name: string;
  readonly bytes: string;
  readonly points: number;
  /** Programs give it a meaning of its own. */
  readonly mark: boolean;
}

/** Points: what injections are made of counts most, what words are made of least. */
const MARK = 3;
const SIGN = 1.6;
const PLAIN = 1;

function plain(name: string, bytes = ''): CharacterClass {
  return { name, bytes, points: PLAIN, mark: false };
}

function sign(name: string, bytes: string): CharacterClass {
  return { name, bytes, points: SIGN, mark: false };
}

function mark(name: string, bytes: string): CharacterClass {
  return { name, bytes, points: MARK, mark: true };
}

/** No more than 32: they are the bits of a word. The order is part of what is saved. */
export const CHARACTER_CLASSES: readonly CharacterClass[] = [
  plain('small letters', 'abcdefghijklmnopqrstuvwxyz'),
  plain('capital letters', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  plain('digits', '0123456789'),
  plain('spaces', ' \t'),
  plain('non-ASCII characters'),
  mark('control characters', ''),
  sign('line breaks', '\r\n'),
  mark("'", "'"),
  mark('"', '"'),
  mark('`', '`'),
  mark('< or >', '<>'),
  mark('( or )', '()'),
  mark(';', ';'),
  mark('|', '|'),
  mark('&', '&'),
  mark('$', '$'),
  mark('\\', '\\'),
  mark('{ or }', '{}'),
  sign('[ or ]', '[]'),
  sign('=', '='),
  sign('%', '%'),
  sign('*', '*'),
  sign('#', '#'),
  sign('! or ?', '!?'),
  sign('+, ~ or ^', '+~^'),
  sign(',', ','),
  sign('/', '/'),
  sign(':', ':'),
  sign('@', '@'),
  plain('.', '.'),
  plain('- or _', '-_'),
  // `..`, `--`, `||`, `//`: no byte is of this class, it is found by looking at two.
  mark('doubled punctuation', ''),
];

const NON_ASCII = 4;
const CONTROL = 5;
const DOUBLED = 31;
const LETTERS_AND_DIGITS = 0b111;
const NUMBER_CLASSES = maskOf('0', '.', '-', ',', '+');
const WORD_CLASSES = maskOf('a', 'A', '0', '.', '-');
const MARKS = CHARACTER_CLASSES.reduce((mask, one, i) => (one.mark ? mask | (1 << i) : mask), 0);

/** The class of each byte. */
const CLASS_OF = classTable();

function classTable(): Uint8Array {
  const table = new Uint8Array(256).fill(CONTROL);
  table.fill(NON_ASCII, 128);
  for (const [i, { bytes }] of CHARACTER_CLASSES.entries()) {
    for (let at = 0; at < bytes.length; at++) table[bytes.charCodeAt(at)] = i;
  }
  return table;
}

function maskOf(...characters: readonly string[]): number {
  return characters.reduce(
    (mask, character) => mask | (1 << CHARACTER_CLASSES.findIndex(({ bytes }) => bytes.includes(character))),
    0,
  );
}

/** Bytes of a value that are looked at: half of them from its beginning, half from its end. */
const MOST_EXAMINED = 4096;

/** The shape of a value, given as binary text. Takes time linear in its length, up to 4,096 bytes. */
export function shapeOf(value: string, salt: number): ValueShape {
  const { length } = value;
  let hash = firstHash(salt, length);
  let classes = 0;
  let punctuation = 0;
  let last = -1;
  const gap = length > MOST_EXAMINED ? MOST_EXAMINED / 2 : length;
  for (let at = 0; at < length; at++) {
    if (at === gap) {
      at = length - MOST_EXAMINED / 2;
      last = -1;
    }
    const code = value.charCodeAt(at) & 0xff;
    const one = CLASS_OF[code] as number;
    classes |= 1 << one;
    hash = Math.imul(hash ^ code, 0x01000193);
    if (one > CONTROL + 1) {
      punctuation++;
      if (code === last) classes |= 1 << DOUBLED;
    }
    last = code;
  }
  const examined = Math.min(length, MOST_EXAMINED);
  return {
    length,
    classes,
    kind: kindOf(length, classes),
    marks: bitCount(classes & MARKS),
    punctuation: examined === 0 ? 0 : punctuation / examined,
    hash: hash >>> 0,
  };
}

function kindOf(length: number, classes: number): ValueKind {
  if (length === 0) return 0;
  const without = classes & ~(1 << DOUBLED);
  if ((without & ~NUMBER_CLASSES) === 0 && (without & 0b100) !== 0) return 1;
  return (without & ~WORD_CLASSES) === 0 && (without & LETTERS_AND_DIGITS) !== 0 ? 2 : 3;
}

/** How many bits of a word are set. */
export function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The salt is mixed in before the text is: otherwise a first byte could undo it. */
function firstHash(salt: number, length: number): number {
  return Math.imul(Math.imul(0x811c9dc5 ^ salt, 0x01000193) ^ length, 0x01000193);
}

/** 32 bits of FNV-1a over a text of which the first 1,024 characters count. */
export function hashOf(text: string, salt: number): number {
  let hash = firstHash(salt, text.length);
  const end = Math.min(text.length, 1024);
  for (let at = 0; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
