/** A body in chunks (RFC 9112, section 7.1), put together. */
export interface Chunked {
  readonly body: string;
  /** Where what follows the last chunk and its trailers begins. */
  readonly end: number;
}

/** What is wrong with a body in chunks; the message says what. */
export class ChunkError extends Error {
  /** Where in the text. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Puts the chunks that begin at a place together. Lines may end with a line feed alone. Trailers are left out.
 * Throws {@link ChunkError}.
 */
export function readChunked(text: string, start: number): Chunked {
  const pieces: string[] = [];
  let at = start;
  while (true) {
    const line = lineAt(text, at);
    const digits = /^[0-9A-Fa-f]{1,8}(?=[ \t]*(?:;|$))/.exec(line.text)?.[0];
    if (digits === undefined) {
      throw new ChunkError('the size of a chunk is missing: hexadecimal digits', at);
    }
    const size = Number.parseInt(digits, 16);
    at = line.end;
    if (size === 0) break;
    if (at + size > text.length) {
      throw new ChunkError(`a chunk of ${size} bytes has ${text.length - at}`, at);
    }
    pieces.push(text.slice(at, at + size));
    at += size;
    const after = lineAt(text, at);
    if (after.text !== '') throw new ChunkError(`no line end after a chunk of ${size} bytes`, at);
    at = after.end;
  }
  while (at < text.length) {
    const line = lineAt(text, at);
    at = line.end;
    if (line.text === '') break;
  }
  return { body: pieces.join(''), end: at };
}

function lineAt(text: string, at: number): { readonly text: string; readonly end: number } {
  const newline = text.indexOf('\n', at);
  const end = newline < 0 ? text.length : newline;
  const line = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
  return { text: line, end: newline < 0 ? text.length : newline + 1 };
}
