import type { BodyLimits } from './body.ts';

/** A JSON body, flattened. */
export interface JsonBody {
  /** Every string, number and word, in the order of the body; those before a mistake too. */
  readonly args: readonly (readonly [name: string, value: string])[];
  /** What is wrong with the body, and at which byte; absent where nothing is. */
  readonly error?: string;
}

/** An object or array that is not closed yet. */
interface Container {
  readonly isArray: boolean;
  readonly name: string;
  /** Elements so far. */
  count: number;
}

/** Characters of all names together: names repeat the keys above them, so that a small body could give long ones. */
const MOST_NAME_CHARACTERS = 1 << 22;
/** What stands for an empty key in a name. */
const EMPTY_KEY = 'empty-key';
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORDS: readonly (readonly [word: string, value: string])[] = [
  ['true', 'true'],
  ['false', 'false'],
  ['null', ''],
];
/** What may follow a backslash, but for `u`, and what it stands for. */
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
]);

/**
 * Reads a JSON text, given as a binary string, into arguments as ModSecurity 3 names them: `json.a.b` for objects,
 * `json.a.array_0` for arrays, `json` for a text that is one value; an empty key is `empty-key`. Numbers are as they
 * were written, `null` is empty, empty objects and arrays give nothing. Beyond that an array gives an argument of its own
 * name, the number of its elements, as Coraza does: otherwise no name that rules see would end with its key. Strings must be sequences of UTF-8, escapes
 * become UTF-8; comments, a byte order mark and anything after the value are mistakes. An empty body is none.
 */
export function parseJson(bytes: string, limits: BodyLimits): JsonBody {
  const reader = new JsonReader(bytes, limits);
  try {
    reader.read();
    return { args: reader.args };
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error;
    return { args: reader.args, error: error.message };
  }
}

class JsonMistake extends Error {}

class JsonReader {
  readonly args: (readonly [string, string])[] = [];
  readonly #text: string;
  readonly #limits: BodyLimits;
  #at = 0;
  #nameCharacters = 0;

  constructor(text: string, limits: BodyLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  read(): void {
    if (this.#text === '') return;
    const open: Container[] = [];
    let name = 'json';
    this.#skipSpace();
    while (true) {
      const first = this.#text[this.#at];
      if (first === '{' || first === '[') {
        if (open.length >= this.#limits.depth) this.#fail(`deeper than ${this.#limits.depth} levels`);
        const container = { isArray: first === '[', name, count: 0 };
        this.#at++;
        this.#skipSpace();
        if (this.#text[this.#at] !== closerOf(container)) {
          open.push(container);
          name = this.#nextName(container);
          continue;
        }
        this.#at++;
      } else {
        this.#add(name, this.#readScalar(first));
      }
      const next = this.#endValue(open);
      if (next === undefined) return;
      name = next;
    }
  }

  /** What follows a value: the name of the next one, undefined at the end. */
  #endValue(open: Container[]): string | undefined {
    while (true) {
      this.#skipSpace();
      const container = open.at(-1);
      if (container === undefined) {
        if (this.#at < this.#text.length) this.#fail('something follows the value');
        return undefined;
      }
      const character = this.#text[this.#at];
      container.count++;
      if (character === ',') {
        this.#at++;
        this.#skipSpace();
        return this.#nextName(container);
      }
      if (character !== closerOf(container)) this.#fail(`a comma or ${closerOf(container)} is missing`);
      this.#at++;
      open.pop();
      if (container.isArray) this.#add(container.name, String(container.count));
    }
  }

  /** The name of the value that begins next; reads its key. */
  #nextName({ isArray, name, count }: Container): string {
    if (isArray) return `${name}.array_${count}`;
    if (this.#text[this.#at] !== '"') this.#fail('a key is missing');
    const key = this.#readString();
    this.#skipSpace();
    if (this.#text[this.#at] !== ':') this.#fail('a colon is missing');
    this.#at++;
    this.#skipSpace();
    return `${name}.${key === '' ? EMPTY_KEY : key}`;
  }

  #add(name: string, value: string): void {
    if (this.args.length >= this.#limits.arguments) this.#fail(`more than ${this.#limits.arguments} values`);
    this.#nameCharacters += name.length;
    if (this.#nameCharacters > MOST_NAME_CHARACTERS) this.#fail('the names are too long');
    this.args.push([name, value]);
  }

  #readScalar(first: string | undefined): string {
    if (first === '"') return this.#readString();
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number !== undefined) {
      this.#at += number.length;
      // `1.` and `1e` are no numbers that something else follows.
      if (/[.eE]/.test(this.#text[this.#at] ?? '')) this.#fail('a digit is missing');
      return number;
    }
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return this.#fail(first === undefined ? 'the body ends before the value does' : 'no value begins here');
  }

  /** A string, from its first quote on. */
  #readString(): string {
    const text = this.#text;
    let value = '';
    let from = ++this.#at;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (code === 0x22) {
        value += text.slice(from, this.#at);
        this.#at++;
        return value;
      }
      if (code === 0x5c) {
        value += text.slice(from, this.#at) + this.#readEscape();
        from = this.#at;
      } else if (code < 0x20) {
        this.#fail('a control character is not escaped');
      } else {
        this.#at += code < 0x80 ? 1 : this.#sequenceLength(code);
      }
    }
    return this.#fail('a string is never closed');
  }

  /** Bytes of a sequence of UTF-8. Only its form counts: overlong ones and surrogates are left to the rules. */
  #sequenceLength(first: number): number {
    const length = first >> 5 === 6 ? 2 : first >> 4 === 14 ? 3 : first >> 3 === 30 ? 4 : 0;
    if (length === 0) this.#fail('a byte is no UTF-8');
    for (let i = 1; i < length; i++) {
      // NaN, beyond the end, gives 0.
      if ((this.#text.charCodeAt(this.#at + i) & 0xc0) !== 0x80) this.#fail('a byte is no UTF-8');
    }
    return length;
  }

  #readEscape(): string {
    const character = this.#text[this.#at + 1] ?? '';
    if (character === 'u') {
      const unit = this.#readUnit();
      if (unit >> 10 !== 0x36) return encodeUtf8(unit);
      // As yajl has it: without a second half it is a question mark, and any unit counts as the second half.
      if (!this.#text.startsWith('\\u', this.#at)) return '?';
      const second = this.#readUnit();
      return encodeUtf8(0x10000 + ((unit & 0x3ff) << 10) + (second & 0x3ff));
    }
    const value = ESCAPES.get(character);
    if (value === undefined) this.#fail('a backslash comes before what it does not escape');
    this.#at += 2;
    return value;
  }

  /** The number of `\uXXXX`. */
  #readUnit(): number {
    const digits = this.#text.slice(this.#at + 2, this.#at + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('four hexadecimal digits are missing after \\u');
    this.#at += 6;
    return Number.parseInt(digits, 16);
  }

  /** yajl takes vertical tabs and form feeds for space too. */
  #skipSpace(): void {
    while (true) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && !(code >= 9 && code <= 13)) return;
      this.#at++;
    }
  }

  #fail(reason: string): never {
    throw new JsonMistake(`${reason} (byte ${this.#at})`);
  }
}

function closerOf({ isArray }: Container): string {
  return isArray ? ']' : '}';
}

/** A code point as UTF-8; single halves of pairs too, as three bytes. */
export function encodeUtf8(point: number): string {
  const last = (shift: number): number => 0x80 | ((point >> shift) & 0x3f);
  if (point < 0x80) return String.fromCharCode(point);
  if (point < 0x800) return String.fromCharCode(0xc0 | (point >> 6), last(0));
  if (point < 0x10000) return String.fromCharCode(0xe0 | (point >> 12), last(6), last(0));
  return String.fromCharCode(0xf0 | (point >> 18), last(12), last(6), last(0));
}
