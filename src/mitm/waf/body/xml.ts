import { isUtf8 } from 'node:buffer';
import type { BodyLimits } from './body.ts';
import { encodeUtf8 } from './json.ts';

/** What rules can see of an XML body. */
export interface XmlBody {
  /** `XML:/*`: the text of the root element and of all in it, as one; none where no root element begins. */
  readonly text: readonly string[];
  /** `XML://@*`: the values of all attributes in their order, without declarations of namespaces. */
  readonly attributes: readonly string[];
  /** What is wrong with the body, and in which line; absent where nothing is. What was read before it is above. */
  readonly error?: string;
}

const NAME = /[A-Za-z_:\x80-\xff][-.0-9A-Za-z_:\x80-\xff]*/y;
const SPACE = /[ \t\n]+/y;
const DECLARATION =
  /<\?xml[ \t\n]+version[ \t\n]*=[ \t\n]*(?:"1\.[0-9]+"|'1\.[0-9]+')(?:[ \t\n]+encoding[ \t\n]*=[ \t\n]*(?:"([A-Za-z][-A-Za-z0-9._]*)"|'([A-Za-z][-A-Za-z0-9._]*)'))?(?:[ \t\n]+standalone[ \t\n]*=[ \t\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\n]*\?>/y;
/** Bytes that no document holds: controls, and U+FFFE and U+FFFF. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]/;
const REFERENCE = /&(?:#([0-9]{1,10})|#x([0-9A-Fa-f]{1,8})|([A-Za-z_:\x80-\xff][-.0-9A-Za-z_:\x80-\xff]*));/y;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * Reads an XML 1.0 document, given as a binary string, as far as rules can see it, and whether it is well-formed.
 * Document types are refused, and with them entities beyond the five that every document has. Encodings are UTF-8,
 * ASCII and Latin-1 as the declaration says; texts are UTF-8 always.
 */
export function parseXml(bytes: string, limits: BodyLimits): XmlBody {
  const reader = new XmlReader(limits);
  let error: string | undefined;
  try {
    reader.read(bytes);
  } catch (mistake) {
    if (!(mistake instanceof XmlMistake)) throw mistake;
    error = mistake.message;
  }
  const { attributes } = reader;
  const text = reader.hasRoot ? [reader.text] : [];
  return error === undefined ? { text, attributes } : { text, attributes, error };
}

class XmlMistake extends Error {}

class XmlReader {
  hasRoot = false;
  text = '';
  readonly attributes: string[] = [];
  readonly #limits: BodyLimits;
  /** Names of the elements that are open. */
  readonly #open: string[] = [];
  #source = '';
  #at = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  read(bytes: string): void {
    this.#source = bytes.startsWith('\xef\xbb\xbf') ? bytes.slice(3) : bytes;
    if (this.#source.includes('\r')) this.#source = this.#source.replace(/\r\n?/g, '\n');
    this.#readDeclaration();
    const forbidden = this.#source.search(FORBIDDEN);
    if (forbidden >= 0) this.#fail('a character that XML has no place for', forbidden);
    while (this.#at < this.#source.length) {
      if (this.#source.charCodeAt(this.#at) === 0x3c) this.#readMarkup();
      else this.#readText();
    }
    const [unclosed] = this.#open.slice(-1);
    if (unclosed !== undefined) this.#fail(`<${unclosed}> is never closed`);
    if (!this.hasRoot) this.#fail('there is no element');
  }

  #readDeclaration(): void {
    DECLARATION.lastIndex = 0;
    const declaration = DECLARATION.exec(this.#source);
    this.#at = declaration?.[0].length ?? 0;
    const encoding = (declaration?.[1] ?? declaration?.[2] ?? 'utf-8').toLowerCase();
    if (encoding === 'iso-8859-1' || encoding === 'latin1') {
      this.#source = Buffer.from(this.#source, 'utf8').toString('latin1');
    } else if (encoding !== 'utf-8' && encoding !== 'utf8' && encoding !== 'us-ascii') {
      this.#fail(`the encoding ${encoding} is not read`);
    } else if (!isUtf8(Buffer.from(this.#source, 'latin1'))) {
      this.#fail('the document is no UTF-8');
    }
  }

  /** What begins with `<`. */
  #readMarkup(): void {
    const source = this.#source;
    if (source.startsWith('<!--', this.#at)) {
      const end = this.#find('--', 4, 'a comment is never closed');
      if (source[end + 2] !== '>') this.#fail('-- stands in a comment');
      this.#at = end + 3;
    } else if (source.startsWith('<![CDATA[', this.#at)) {
      if (this.#open.length === 0) this.#fail('a CDATA section outside of the root element');
      const end = this.#find(']]>', 9, 'a CDATA section is never closed');
      this.text += source.slice(this.#at + 9, end);
      this.#at = end + 3;
    } else if (source.startsWith('<?', this.#at)) {
      const end = this.#find('?>', 2, 'a processing instruction is never closed');
      this.#at += 2;
      const target = this.#readName();
      if (target.toLowerCase() === 'xml') this.#fail('a declaration that is not at the start, or is broken');
      if (this.#at < end && !this.#skipSpace()) this.#fail('a space is missing in a processing instruction');
      this.#at = end + 2;
    } else if (source.startsWith('<!', this.#at)) {
      this.#fail('document types are refused');
    } else if (source[this.#at + 1] === '/') {
      this.#readEndTag();
    } else {
      this.#readStartTag();
    }
  }

  #readText(): void {
    const source = this.#source;
    const next = source.indexOf('<', this.#at);
    const end = next < 0 ? source.length : next;
    const text = source.slice(this.#at, end);
    if (this.#open.length > 0) {
      if (text.includes(']]>')) this.#fail(']]> stands in a text');
      this.text += this.#expand(text);
    } else if (/[^ \t\n]/.test(text)) {
      this.#fail('a text outside of the root element');
    }
    this.#at = end;
  }

  #readStartTag(): void {
    if (this.#open.length === 0 && this.hasRoot) this.#fail('a second root element');
    if (this.#open.length >= this.#limits.depth) this.#fail(`deeper than ${this.#limits.depth} elements`);
    this.#at++;
    const name = this.#readName();
    this.hasRoot = true;
    const names = new Set<string>();
    while (true) {
      const spaced = this.#skipSpace();
      const character = this.#source[this.#at];
      if (character === '>') {
        this.#at++;
        this.#open.push(name);
        return;
      }
      if (character === '/') {
        if (this.#source[this.#at + 1] !== '>') this.#fail(`<${name}> is broken after its /`);
        this.#at += 2;
        return;
      }
      if (!spaced) this.#fail(`<${name}> is broken`);
      this.#readAttribute(names);
    }
  }

  #readAttribute(names: Set<string>): void {
    const name = this.#readName();
    if (names.has(name)) this.#fail(`the attribute ${name} is there twice`);
    names.add(name);
    this.#skipSpace();
    if (this.#source[this.#at] !== '=') this.#fail(`the attribute ${name} has no value`);
    this.#at++;
    this.#skipSpace();
    const quote = this.#source[this.#at];
    if (quote !== '"' && quote !== "'") this.#fail(`the value of ${name} has no quotes`);
    const end = this.#find(quote, 1, `the value of ${name} is never closed`);
    this.#at++;
    const raw = this.#source.slice(this.#at, end);
    if (raw.includes('<')) this.#fail(`< stands in the value of ${name}`);
    // A tab or a line's end is a space there, if it is not written as a reference.
    const value = this.#expand(raw.replace(/[\t\n]/g, ' '));
    this.#at = end + 1;
    if (name === 'xmlns' || name.startsWith('xmlns:')) return;
    if (this.attributes.length >= this.#limits.arguments) {
      this.#fail(`more than ${this.#limits.arguments} attributes`);
    }
    this.attributes.push(value);
  }

  #readEndTag(): void {
    this.#at += 2;
    const name = this.#readName();
    this.#skipSpace();
    if (this.#source[this.#at] !== '>') this.#fail(`</${name}> is broken`);
    const open = this.#open.pop();
    if (open !== name)
      this.#fail(open === undefined ? `</${name}> closes nothing` : `</${name}> closes <${open}>`);
    this.#at++;
  }

  /** A text with its references replaced. */
  #expand(raw: string): string {
    let next = raw.indexOf('&');
    if (next < 0) return raw;
    let text = '';
    let from = 0;
    while (next >= 0) {
      REFERENCE.lastIndex = next;
      const reference = REFERENCE.exec(raw);
      if (reference === null) return this.#fail('an & begins no reference');
      text += raw.slice(from, next) + this.#resolve(reference);
      from = next + reference[0].length;
      next = raw.indexOf('&', from);
    }
    return text + raw.slice(from);
  }

  #resolve([, decimal, hexadecimal, entity = '']: RegExpExecArray): string {
    if (decimal === undefined && hexadecimal === undefined) {
      return ENTITIES.get(entity) ?? this.#fail(`the entity ${entity} is not defined`);
    }
    const point = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal);
    const allowed =
      point >= 0x20
        ? point < 0xd800 || (point > 0xdfff && point < 0xfffe) || (point > 0xffff && point <= 0x10ffff)
        : point === 9 || point === 10 || point === 13;
    return allowed ? encodeUtf8(point) : this.#fail('a reference to a character that XML has no place for');
  }

  #readName(): string {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#source)?.[0];
    if (name === undefined) return this.#fail('a name is missing');
    this.#at += name.length;
    return name;
  }

  #skipSpace(): boolean {
    SPACE.lastIndex = this.#at;
    const length = SPACE.exec(this.#source)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }

  /** Where a text stands, from `skip` characters after here on. */
  #find(text: string, skip: number, reason: string): number {
    const found = this.#source.indexOf(text, this.#at + skip);
    return found >= 0 ? found : this.#fail(reason);
  }

  #fail(reason: string, at = this.#at): never {
    let line = 1;
    for (let i = this.#source.indexOf('\n'); i >= 0 && i < at; i = this.#source.indexOf('\n', i + 1)) line++;
    throw new XmlMistake(`${reason} (line ${line})`);
  }
}
