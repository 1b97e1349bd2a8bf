import type { UploadedFile } from './body.ts';
import type { MultipartBody, MultipartFlags, MultipartLimits } from './multipart.ts';
import { readBoundary } from './multipart-boundary.ts';
import { MultipartPart } from './multipart-part.ts';

/** ModSecurity reads lines in pieces of this size; a part's header line must be shorter. */
const PIECE = 4096;
const MOST_ERRORS = 16;

type Writable<T> = { -readonly [name in keyof T]: T[name] };

/** Reads a multipart body once, from its beginning to its end. */
export class MultipartReader {
  readonly #body: string;
  readonly #limits: MultipartLimits;
  readonly #boundary: string | undefined;
  readonly #flags: Writable<MultipartFlags>;
  readonly #errors: string[] = [];
  readonly #parts: MultipartPart[] = [];
  readonly #partHeaders: [string, string][] = [];
  readonly #partNames: string[] = [];
  readonly #partFileNames: string[] = [];

  #part: MultipartPart | undefined;
  #boundaries = 0;
  #isComplete = false;
  #isLastLineLf = false;
  /** Where the next text that looks like a boundary begins, at or after the place looked at last. */
  #lookalike = -1;

  constructor(body: string, contentType: string, limits: MultipartLimits) {
    const boundary = readBoundary(contentType);
    this.#body = body;
    this.#limits = limits;
    this.#boundary = boundary.text;
    this.#flags = {
      boundaryQuoted: boundary.quoted,
      boundaryWhitespace: boundary.whitespace,
      crlfLine: false,
      dataAfter: false,
      dataBefore: false,
      headerFolding: false,
      invalidHeaderFolding: false,
      invalidPart: false,
      invalidQuoting: false,
      lfLine: false,
      missingSemicolon: boundary.missingSemicolon,
      error: boundary.text === undefined,
      unmatchedBoundary: 0,
    };
    if (boundary.error !== '') this.#fail(boundary.error);
  }

  read(): void {
    if (this.#boundary === undefined || this.#body === '') return;
    const rest = this.#readLines(this.#boundary);
    if (this.#isComplete) return;
    if (this.#boundaries === 0) {
      this.#fail('Multipart: No boundaries found in payload.');
      return;
    }
    if (rest === `--${this.#boundary}--`) {
      if (this.#isLastLineLf) this.#flags.lfLine = true;
      if (this.#part?.hasData !== true) this.#flags.invalidPart = true;
      this.#endPart();
      this.#isComplete = true;
      return;
    }
    this.#fail('Multipart: Final boundary missing.');
    if (this.#part === undefined || this.#part.name === '') return;
    this.#part.end(this.#body.length);
    this.#endPart();
  }

  result(): MultipartBody {
    const all: [string, string][] = [];
    const files: UploadedFile[] = [];
    for (const part of this.#parts) {
      const value = part.value(this.#body);
      if (part.fileName === '' || !part.isInBody) all.push([part.name, value]);
      else files.push({ field: part.name, name: part.fileName, content: value });
    }
    return {
      arguments: all,
      files,
      partHeaders: this.#partHeaders,
      partNames: this.#partNames,
      partFileNames: this.#partFileNames,
      errors: this.#errors,
      isComplete: this.#isComplete,
      flags: this.#flags,
    };
  }

  #fail(error: string): void {
    if (this.#errors.length < MOST_ERRORS) this.#errors.push(error);
    else this.#errors[MOST_ERRORS - 1] = error;
  }

  /** Reads all pieces that are whole; returns what is left, or undefined where reading stopped before. */
  #readLines(boundary: string): string | undefined {
    const body = this.#body;
    let at = 0;
    let newline = body.indexOf('\n');
    let isLineStart = true;
    while (at < body.length) {
      let end = newline < 0 ? body.length : newline + 1;
      let isFull = false;
      if (end - at >= PIECE) {
        isFull = true;
        // A carriage return stays with the line feed after it.
        end = body[at + PIECE - 1] === '\r' ? at + PIECE - 1 : at + PIECE;
      } else if (newline < 0) {
        return isLineStart ? body.slice(at) : undefined;
      }
      if (!this.#readPiece(boundary, at, end, isLineStart, isFull)) return undefined;
      isLineStart = newline >= 0 && end === newline + 1;
      if (isLineStart) {
        this.#isLastLineLf = body[newline - 1] !== '\r';
        newline = body.indexOf('\n', end);
      }
      at = end;
      if (this.#isComplete && at < body.length) {
        this.#flags.dataAfter = true;
        return undefined;
      }
    }
    return undefined;
  }

  /** One line, or a piece of a long one; false where reading must stop. */
  #readPiece(boundary: string, at: number, end: number, isLineStart: boolean, isFull: boolean): boolean {
    if (isLineStart) {
      const outcome = this.#readBoundary(boundary, at, end);
      if (outcome !== 'data') return outcome === 'boundary';
    }
    const part = this.#part;
    if (part === undefined) {
      this.#flags.dataBefore = true;
    } else if (part.isInBody) {
      part.addData(this.#body, at, end);
    } else if (isFull) {
      this.#flags.error = true;
      this.#fail(`Multipart: Part header line over ${PIECE} bytes long`);
      return false;
    } else {
      this.#readHeaderLine(part, this.#body.slice(at, end));
    }
    return true;
  }

  #readHeaderLine(part: MultipartPart, line: string): void {
    const found = part.addHeaderLine(line);
    const flags = this.#flags;
    if (found.ending === 'crlf') flags.crlfLine = true;
    else if (found.ending === 'lf') flags.lfLine = true;
    if (found.folding !== 'none') flags.headerFolding = true;
    if (found.folding === 'invalid') flags.invalidHeaderFolding = true;
    if (found.invalidQuoting) flags.invalidQuoting = true;
    if (found.error !== '') this.#fail(found.error);
    this.#partNames.push(...found.names);
    this.#partFileNames.push(...found.fileNames);
  }

  /** Judges a line's beginning. */
  #readBoundary(boundary: string, at: number, end: number): 'boundary' | 'data' | 'stop' {
    const body = this.#body;
    const flags = this.#flags;
    if (!looksLikeBoundary(body, at, end)) {
      if (this.#hasLookalike(boundary, at, end)) flags.unmatchedBoundary = 1;
      return 'data';
    }
    if (!body.startsWith(boundary, at + 2) || at + 2 + boundary.length > end) {
      if (flags.boundaryQuoted && body.startsWith(`"${boundary}`, at + 2)) {
        return this.#stop('Multipart: Invalid boundary (quotes).');
      }
      let text = at + 2;
      while (text < end && isSpace(body.charCodeAt(text))) text++;
      if (text > at + 2 && body.startsWith(boundary, text) && text + boundary.length <= end) {
        return this.#stop('Multipart: Invalid boundary (whitespace).');
      }
      flags.unmatchedBoundary = 1;
      return 'data';
    }
    if (this.#isLastLineLf) flags.lfLine = true;
    if (this.#boundaries > 0 && this.#part?.hasData !== true) {
      // A boundary where a part's data should begin: some programs take it as one, some as data.
      flags.invalidPart = true;
      return 'data';
    }
    if (this.#boundaries > 0) flags.unmatchedBoundary = 2;
    let after = at + 2 + boundary.length;
    const isFinal = body.startsWith('--', after);
    if (isFinal) after += 2;
    const ending = body.slice(after, Math.min(end, after + 3));
    if (ending !== '\r\n' && ending !== '\n') {
      return this.#stop(`Multipart: Invalid boundary: ${body.slice(at, end)}`);
    }
    if (ending === '\n') flags.lfLine = true;
    else flags.crlfLine = true;
    this.#endPart();
    this.#boundaries++;
    if (isFinal) this.#isComplete = true;
    else if (this.#parts.length >= this.#limits.arguments) {
      return this.#stop(`Multipart: More than ${this.#limits.arguments} parts.`);
    } else this.#part = new MultipartPart();
    return 'boundary';
  }

  #stop(error: string): 'stop' {
    this.#flags.error = true;
    this.#fail(error);
    return 'stop';
  }

  /** Whether a boundary stands somewhere in a line. Each place of the body is looked at once. */
  #hasLookalike(boundary: string, at: number, end: number): boolean {
    if (this.#lookalike < at) {
      const found = this.#body.indexOf(`--${boundary}`, at);
      this.#lookalike = found < 0 ? this.#body.length : found;
    }
    return this.#lookalike + 2 + boundary.length <= end;
  }

  #endPart(): void {
    const part = this.#part;
    if (part === undefined) return;
    this.#part = undefined;
    for (const line of part.headerLines) this.#partHeaders.push([part.name, line]);
    if (part.name === '') this.#flags.invalidPart = true;
    else this.#parts.push(part);
  }
}

/** Two hyphens and more: what is up to the first NUL counts. */
function looksLikeBoundary(body: string, at: number, end: number): boolean {
  if (!body.startsWith('--', at) || end - at <= 3) return false;
  return body.charCodeAt(at + 2) !== 0 && body.charCodeAt(at + 3) !== 0;
}

function isSpace(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13);
}
