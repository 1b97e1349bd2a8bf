/**
 * OpenWrt's configuration files (UCI): `config TYPE [NAME]`, `option NAME VALUE`, `list NAME VALUE`, `package NAME`.
 * Words may be quoted ('literal', "with \" escapes"), quoted parts may stand beside each other and reach over lines;
 * `#` begins a comment wherever a word is not quoted, `;` ends a statement.
 */

/** A place in the file, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something that is wrong in the file. */
export interface UciMistake extends Place {
  readonly message: string;
}

/** Characters of the text, the end not included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A value and where it stands. */
export interface UciValue extends Place, Span {
  readonly text: string;
  /** From `option` or `list` to the value's end. */
  readonly statement: Span;
}

/** An option: one value, or the values of a list. */
export interface UciOption extends Place {
  readonly name: string;
  readonly list: boolean;
  readonly values: readonly UciValue[];
}

/** A section; without a name of its own `name` is empty. */
export interface UciSection extends Place {
  readonly type: string;
  readonly name: string;
  readonly options: ReadonlyMap<string, UciOption>;
  /** Where its last statement ends. */
  readonly to: number;
}

/** The file has mistakes: all that were found, with their places. */
export class UciError extends Error {
  readonly path: string;
  readonly mistakes: readonly UciMistake[];

  constructor(path: string, mistakes: readonly UciMistake[]) {
    super(mistakes.map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`).join('\n'));
    this.name = 'UciError';
    this.path = path;
    this.mistakes = mistakes;
  }
}

interface Word extends Place, Span {
  readonly text: string;
}

interface OpenSection extends UciSection {
  readonly options: Map<string, UciOption>;
  to: number;
}

const LONGEST_FILE = 1 << 20;
const MOST_SECTIONS = 4096;
const MOST_VALUES = 65_536;
const MOST_MISTAKES = 50;
const NAME = /^\w+$/;
const TYPE = /^[\x21-\x7e]+$/;

/** Reads the text of a file into its sections; throws {@link UciError} with every mistake. `path` is for messages. */
export function parseUci(text: string, path: string): UciSection[] {
  if (text.length > LONGEST_FILE) {
    throw new UciError(path, [{ line: 1, column: 1, message: 'the file is longer than 1 MiB' }]);
  }
  const reader = new Reader(text);
  const sections: OpenSection[] = [];
  let values = 0;
  for (let words = reader.statement(); words !== undefined; words = reader.statement()) {
    const [keyword, first, second] = words;
    if (keyword === undefined) continue;
    if (reader.mistakes.length >= MOST_MISTAKES) break;
    switch (keyword.text) {
      case 'package':
        reader.expect(words, 2, 2);
        break;
      case 'config':
        if (!reader.expect(words, 2, 3) || !reader.typed(first!) || !reader.named(second)) break;
        if (sections.length >= MOST_SECTIONS) return reader.fail(path, keyword, 'too many sections');
        sections.push(opened(sections, keyword, first!.text, second?.text ?? ''));
        sections.at(-1)!.to = (second ?? first!).to;
        break;
      case 'option':
      case 'list': {
        if (!reader.expect(words, 3, 3) || !reader.named(first)) break;
        const section = sections.at(-1);
        if (section === undefined)
          reader.mistake(keyword, `'${keyword.text}' stands before the first section`);
        else setOption(section, keyword, first!, second!);
        if (++values > MOST_VALUES) return reader.fail(path, keyword, 'too many values');
        break;
      }
      default:
        reader.mistake(keyword, `'${shown(keyword.text)}' is not 'config', 'option', 'list' or 'package'`);
    }
  }
  if (reader.mistakes.length > 0) throw new UciError(path, reader.mistakes);
  // A name that comes again goes on with its section.
  return [...new Set(sections)];
}

/** The section that a line opens: a new one, or the one that has the name already. */
function opened(
  sections: readonly OpenSection[],
  { line, column }: Word,
  type: string,
  name: string,
): OpenSection {
  const known = name === '' ? undefined : sections.find((section) => section.name === name);
  return known ?? { type, name, line, column, options: new Map(), to: 0 };
}

function setOption(section: OpenSection, keyword: Word, name: Word, word: Word): void {
  const list = keyword.text === 'list';
  const known = section.options.get(name.text);
  const value = { ...word, statement: { from: keyword.from, to: word.to } };
  section.to = word.to;
  const values = list && known !== undefined ? [...known.values, value] : [value];
  section.options.set(name.text, { name: name.text, list, values, line: name.line, column: name.column });
}

/** Text of the file as a message may show it: short, and without characters that command a terminal. */
export function shown(text: string): string {
  return text.slice(0, 40).replaceAll(/\p{Cc}/gu, '?');
}

/** Cuts the text into words and statements. */
class Reader {
  readonly mistakes: UciMistake[] = [];
  private readonly text: string;
  private at = 0;
  private line = 1;
  private lineStart = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Words up to the end of the line or `;`; undefined at the end of the file. */
  statement(): Word[] | undefined {
    if (this.at >= this.text.length) return undefined;
    const words: Word[] = [];
    while (this.at < this.text.length) {
      const character = this.text[this.at]!;
      if (character === '\n' || character === ';') {
        this.step();
        break;
      }
      if (character === '#') this.skipComment();
      else if (isSpace(character) || this.isLineJoin()) this.step(character === '\\' ? 2 : 1);
      else words.push(this.word());
    }
    return words;
  }

  mistake({ line, column }: Place, message: string): void {
    this.mistakes.push({ line, column, message });
  }

  fail(path: string, place: Place, message: string): never {
    this.mistake(place, message);
    throw new UciError(path, this.mistakes);
  }

  /** Whether a statement has as many words as it may. */
  expect(words: readonly Word[], low: number, high: number): boolean {
    const keyword = words[0]!;
    const forms: Readonly<Record<string, string>> = {
      package: 'package NAME',
      config: 'config TYPE [NAME]',
      option: 'option NAME VALUE',
      list: 'list NAME VALUE',
    };
    if (words.length >= low && words.length <= high) return true;
    const place = words.length < low ? keyword : words[high]!;
    this.mistake(
      place,
      `${words.length < low ? 'a word is missing' : 'a word too many'}: '${forms[keyword.text]}'`,
    );
    return false;
  }

  typed(word: Word): boolean {
    if (TYPE.test(word.text)) return true;
    this.mistake(word, `'${shown(word.text)}' is no type of a section`);
    return false;
  }

  named(word: Word | undefined): boolean {
    if (word === undefined || NAME.test(word.text)) return true;
    this.mistake(word, `'${shown(word.text)}' is no name: letters, digits and _ only`);
    return false;
  }

  private place(): Place {
    return { line: this.line, column: this.at - this.lineStart + 1 };
  }

  private step(count = 1): void {
    for (let i = 0; i < count && this.at < this.text.length; i++) {
      if (this.text[this.at++] !== '\n') continue;
      this.line++;
      this.lineStart = this.at;
    }
  }

  private skipComment(): void {
    while (this.at < this.text.length && this.text[this.at] !== '\n') this.at++;
  }

  /** A backslash at the end of a line joins the next one to it. */
  private isLineJoin(): boolean {
    return this.text[this.at] === '\\' && this.text[this.at + 1] === '\n';
  }

  private word(): Word {
    const place = this.place();
    const from = this.at;
    let text = '';
    while (this.at < this.text.length) {
      const character = this.text[this.at]!;
      if (isSpace(character) || character === '\n' || character === ';' || character === '#') break;
      if (character === "'" || character === '"') text += this.quoted(character);
      else if (character === '\\') text += this.escaped();
      else {
        if (/\p{Cc}/u.test(character)) this.mistake(this.place(), 'a control character');
        text += character;
        this.step();
      }
    }
    return { text, ...place, from, to: this.at };
  }

  private quoted(quote: string): string {
    const opening = this.place();
    let text = '';
    this.step();
    while (this.at < this.text.length) {
      const character = this.text[this.at]!;
      if (character === quote) {
        this.step();
        return text;
      }
      if (character === '\\' && quote === '"') text += this.escaped();
      else {
        text += character;
        this.step();
      }
    }
    this.mistake(opening, `the quote ${quote} is not closed`);
    return text;
  }

  /** What stands behind a backslash; nothing for the end of a line. */
  private escaped(): string {
    const next = this.text[this.at + 1] ?? '';
    if (next === '') this.mistake(this.place(), 'nothing follows the backslash');
    this.step(2);
    return next === '\n' ? '' : next;
  }
}

function isSpace(character: string): boolean {
  return (
    character === ' ' || character === '\t' || character === '\r' || character === '\v' || character === '\f'
  );
}
