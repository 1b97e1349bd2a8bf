/** A part's Content-Disposition header. */
export interface ContentDisposition {
  /** Every `name` parameter, in their order: more than one where the header is refused. */
  readonly names: readonly string[];
  /** Every `filename` parameter. */
  readonly fileNames: readonly string[];
  /** ModSecurity's number of what is wrong, below zero; 1 where nothing is. */
  readonly code: number;
  /** Single quotes, a quote that is never closed, or something between a quoted value and the next semicolon. */
  readonly invalidQuoting: boolean;
}

/** What a part has from an earlier, refused Content-Disposition. */
export interface Known {
  readonly name: string;
  readonly fileName: string;
}

const BEGIN = 'form-data';
/** Bytes of a charset (RFC 5987, section 3.2.1), without the letters and digits. */
const CHARSET = '!#$%&+-^_`{}~';
/** Bytes of an extended value (RFC 5987), without the letters and digits. */
const ATTRIBUTE = '!#$&+-.^_`~';
const SEPARATORS = '()<>@,;:\\"/[]?=';

/** Reads a Content-Disposition header as ModSecurity 3 does: `form-data` with `name`, `filename` and `filename*` only. */
export function readContentDisposition(header: string, known: Known): ContentDisposition {
  const reader = new DispositionReader(header, known);
  const code = reader.read();
  return {
    names: reader.names,
    fileNames: reader.fileNames,
    code,
    invalidQuoting: reader.invalidQuoting,
  };
}

class DispositionReader {
  readonly names: string[] = [];
  readonly fileNames: string[] = [];
  invalidQuoting = false;
  readonly #text: string;
  #name: string;
  #fileName: string;
  #extendedName = '';
  #at = BEGIN.length;

  constructor(text: string, known: Known) {
    this.#text = text;
    this.#name = known.name;
    this.#fileName = known.fileName;
  }

  read(): number {
    if (!this.#text.startsWith(BEGIN)) return -1;
    this.#skipSpace();
    if (this.#ended()) return 1;
    if (this.#text[this.#at] !== ';') return -2;
    this.#at++;
    while (!this.#ended()) {
      const code = this.#parameter();
      if (code < 0) return code;
    }
    return this.#extendedName !== '' && this.#fileName === '' ? -21 : 1;
  }

  #ended(): boolean {
    return this.#at >= this.#text.length;
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++;
  }

  #parameter(): number {
    this.#skipSpace();
    if (this.#ended()) return -3;
    const start = this.#at;
    while (!this.#ended() && !'=\t '.includes(this.#text.charAt(this.#at))) this.#at++;
    if (this.#ended()) return -4;
    const name = this.#text.slice(start, this.#at);
    this.#skipSpace();
    if (this.#ended()) return -5;
    if (this.#text[this.#at] !== '=') return -13;
    this.#at++;
    this.#skipSpace();
    if (this.#ended()) return -6;

    const quote = this.#text.charAt(this.#at);
    const isQuoted = name !== 'filename*' && (quote === '"' || quote === "'");
    const value =
      name === 'filename*' ? this.#extendedValue() : isQuoted ? this.#quotedValue(quote) : this.#token();
    if (typeof value === 'number') return value;
    const code = this.#take(name, value, isQuoted && quote === '"');
    return code < 0 ? code : this.#afterValue();
  }

  #take(name: string, value: string, inDoubleQuotes: boolean): number {
    switch (name) {
      case 'name':
        if (!inDoubleQuotes && value.includes("'")) this.invalidQuoting = true;
        this.names.push(value);
        if (this.#name !== '') return -14;
        this.#name = value;
        return 1;
      case 'filename':
        if (!inDoubleQuotes && value.includes("'")) this.invalidQuoting = true;
        this.fileNames.push(value);
        if (this.#fileName !== '') return -15;
        this.#fileName = value;
        return 1;
      case 'filename*':
        if (this.#extendedName !== '') return -20;
        this.#extendedName = value;
        return 1;
      default:
        return -11;
    }
  }

  /** A semicolon or the end must follow a value. */
  #afterValue(): number {
    if (this.#ended()) return 1;
    this.#skipSpace();
    if (this.#ended()) return 1;
    if (this.#text[this.#at] !== ';') {
      const last = this.#text[this.#at - 1];
      if (last === '"' || last === "'") this.invalidQuoting = true;
      return -12;
    }
    this.#at++;
    return 1;
  }

  #token(): string {
    const start = this.#at;
    while (!this.#ended()) {
      const code = this.#text.charCodeAt(this.#at);
      if (code <= 32 || code >= 127 || SEPARATORS.includes(this.#text.charAt(this.#at))) break;
      this.#at++;
    }
    return this.#text.slice(start, this.#at);
  }

  #quotedValue(quote: string): string | number {
    // Some programs read single quotes as quotes; RFC 2183 does not.
    if (quote === "'") this.invalidQuoting = true;
    this.#at++;
    if (this.#ended()) return -7;
    let value = '';
    while (!this.#ended()) {
      const character = this.#text.charAt(this.#at);
      if (character === '\\') {
        if (this.#at + 1 >= this.#text.length) return -8;
        const next = this.#text.charAt(this.#at + 1);
        // Other backslashes stay: old browsers send whole Windows paths.
        if (next === quote || next === '\\') this.#at++;
      } else if (character === quote) {
        break;
      }
      value += this.#text.charAt(this.#at++);
    }
    if (this.#ended()) this.invalidQuoting = true;
    this.#at++;
    return value;
  }

  /** `charset'language'value` (RFC 5987). */
  #extendedValue(): string | number {
    const start = this.#at;
    while (!this.#ended() && isOf(this.#text, this.#at, CHARSET)) this.#at++;
    if (this.#text[this.#at] !== "'" || this.#at === start) return -16;
    const language = this.#text.indexOf("'", this.#at + 1);
    if (language < 0) return -17;
    this.#at = language + 1;
    const value = this.#at;
    while (!this.#ended() && this.#text[this.#at] !== ';') {
      if (this.#text[this.#at] === '%') {
        if (!/^[0-9A-Fa-f]{2}$/.test(this.#text.slice(this.#at + 1, this.#at + 3))) return -18;
        this.#at += 3;
      } else if (isOf(this.#text, this.#at, ATTRIBUTE)) this.#at++;
      else return -19;
    }
    return this.#text.slice(value, this.#at);
  }
}

function isOf(text: string, at: number, others: string): boolean {
  const character = text.charAt(at);
  return /[0-9A-Za-z]/.test(character) || others.includes(character);
}
