import { readContentDisposition } from './content-disposition.ts';

/** What a header line of a part told. */
export interface HeaderLine {
  readonly ending: 'crlf' | 'lf' | 'unknown';
  /** `invalid`: with other white space than spaces and tabs. */
  readonly folding: 'none' | 'valid' | 'invalid';
  readonly invalidQuoting: boolean;
  /** Empty where nothing is wrong. */
  readonly error: string;
  /** Names and file names that the part's Content-Disposition gives. */
  readonly names: readonly string[];
  readonly fileNames: readonly string[];
}

const LONGEST_HEADER = 4096;
/** More than any program sends. */
const MOST_HEADERS = 64;
const DISPOSITION = 'content-disposition';
const NOTHING: readonly string[] = [];

/** A part of a multipart body while it is read. */
export class MultipartPart {
  name = '';
  fileName = '';
  /** Its headers are over. */
  isInBody = false;
  readonly headerLines: string[] = [];
  /** By name in lower case. */
  readonly #headers = new Map<string, string>();
  #lastName = '';
  #lastLine = '';
  #start = -1;
  #end = -1;

  /** At least one line of data was there, though it may be empty. */
  get hasData(): boolean {
    return this.#start >= 0;
  }

  /** Adds a piece of the body to the part's data: the line break at its end is not part of it unless more follows. */
  addData(body: string, at: number, end: number): void {
    if (this.#start < 0) this.#start = at;
    let last = end;
    if (body[last - 1] === '\n') last -= last - at > 1 && body[last - 2] === '\r' ? 2 : 1;
    this.#end = last;
  }

  /** Takes all data up to a place. */
  end(at: number): void {
    if (this.#start >= 0) this.#end = at;
  }

  value(body: string): string {
    return this.#start < 0 ? '' : body.slice(this.#start, this.#end);
  }

  /** Reads a line of the part's headers, with its line end; an empty one ends them. */
  addHeaderLine(line: string): HeaderLine {
    if (line.includes('\0')) return told({ error: 'Multipart: Nul byte in part headers.' });
    const ending = line.endsWith('\r\n') ? 'crlf' : 'lf';
    if (line === '\r\n' || line === '\n') return { ...this.#endHeaders(), ending };
    return { ...(/^[ \t\n\v\f\r]/.test(line) ? this.#addFolded(line) : this.#addHeader(line)), ending };
  }

  #keepLastLine(): void {
    if (this.#lastLine !== '') this.headerLines.push(this.#lastLine);
    this.#lastLine = '';
  }

  #endHeaders(): HeaderLine {
    this.#keepLastLine();
    const header = this.#headers.get(DISPOSITION);
    if (header === undefined) return told({ error: 'Multipart: Part missing Content-Disposition header.' });
    const { code, names, fileNames, invalidQuoting } = readContentDisposition(header, this);
    // A name that came first stays, also where the header is refused for a second one.
    this.name ||= names.find((name) => name !== '') ?? '';
    this.fileName ||= fileNames.find((name) => name !== '') ?? '';
    const found = { names, fileNames, invalidQuoting };
    if (code < 0) {
      return told({ ...found, error: `Multipart: Invalid Content-Disposition header (${code}): ${header}` });
    }
    if (this.name === '') {
      return told({ ...found, error: 'Multipart: Content-Disposition header missing name field.' });
    }
    // Programs that look for this text only would see no file.
    if (this.fileName !== '' && !header.includes('filename=')) {
      return told({ ...found, error: 'Multipart: Invalid Content-Disposition header (filename).' });
    }
    this.isInBody = true;
    this.#lastName = '';
    return told(found);
  }

  #addFolded(line: string): HeaderLine {
    const text = line.replace(/^[ \t\n\v\f\r]+/, '');
    const folding = /^[ \t]*$/.test(line.slice(0, line.length - text.length)) ? 'valid' : 'invalid';
    if (this.#lastName === '') {
      // An all white line ends before its own line end is looked at.
      const first = line.startsWith(' ') || line.startsWith('\t');
      return told({
        folding: first ? 'valid' : 'invalid',
        error: 'Multipart: Invalid part header (folding error).',
      });
    }
    const key = this.#lastName.toLowerCase();
    const before = this.#headers.get(key) ?? '';
    if (before.length > LONGEST_HEADER) return told({ folding, error: 'Multipart: Part header too long.' });
    const value = `${before} ${withoutLineEnd(text)}`;
    this.#headers.set(key, value);
    if (value.length > LONGEST_HEADER) return told({ folding, error: 'Multipart: Part header too long.' });
    this.#lastLine = `${this.#lastName}: ${value}`;
    return told({ folding });
  }

  #addHeader(line: string): HeaderLine {
    this.#keepLastLine();
    const colon = line.indexOf(':');
    if (colon < 0) return told({ error: `Multipart: Invalid part header (colon missing): ${line}` });
    if (colon === 0) return told({ error: 'Multipart: Invalid part header (header name missing).' });
    const name = line.slice(0, colon);
    const key = name.toLowerCase();
    // libmodsecurity leaves the second one out without a word; which one counts differs between programs.
    if (this.#headers.has(key)) return told({ error: `Multipart: Duplicate part header: ${name}.` });
    if (this.#headers.size >= MOST_HEADERS) {
      return told({ error: `Multipart: More than ${MOST_HEADERS} part headers.` });
    }
    this.#headers.set(key, withoutLineEnd(line.slice(colon + 1).replace(/^[\t ]+/, '')));
    this.#lastName = name;
    // libmodsecurity keeps the line end here and not in folded headers, so that patterns for whole values miss.
    this.#lastLine = line.replace(/\r?\n$/, '');
    return told({});
  }
}

function told(found: Partial<HeaderLine>): HeaderLine {
  return {
    ending: 'unknown',
    folding: 'none',
    invalidQuoting: false,
    error: '',
    names: NOTHING,
    fileNames: NOTHING,
    ...found,
  };
}

/** Without line breaks at the end; a text that is nothing else stays as it is. */
function withoutLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end--;
  return end === 0 ? text : text.slice(0, end);
}
