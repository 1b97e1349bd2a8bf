import type { HttpRequest } from '../request.ts';
import { ChunkError, readChunked } from './chunked.ts';

/** A text that is no HTTP request. The message says what is wrong. */
export class RequestSyntaxError extends Error {
  /** From 1. */
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.name = 'RequestSyntaxError';
    this.line = line;
  }
}

const MOST_HEADERS = 10_000;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VERSION = /^HTTP\/\d(?:\.\d)?$/;

/**
 * Reads a request as a person or a program keeps it in a file, given as a binary string: lines end with CR LF or LF,
 * Content-Length may be missing (the body is the rest), one line end may follow the body, a body in chunks is put
 * together, folded header lines (RFC 9112, section 5.2) become one. Without a version the request line means HTTP/1.1.
 * Throws {@link RequestSyntaxError}.
 */
export function parseRequest(text: string): HttpRequest {
  const reader = new LineReader(text);
  let line = reader.next();
  while (line === '') line = reader.next();
  if (line === undefined) throw new RequestSyntaxError('there is no request', 1);
  const requestLine = parseRequestLine(line, reader.line);
  const headers = readHeaders(reader);
  return { ...requestLine, headers, body: readBody(reader, headers) };
}

function parseRequestLine(line: string, at: number): Pick<HttpRequest, 'method' | 'target' | 'protocol'> {
  const first = line.indexOf(' ');
  const method = first < 0 ? line : line.slice(0, first);
  if (!TOKEN.test(method)) {
    throw new RequestSyntaxError(`a request begins with its method, not '${shown(method)}'`, at);
  }
  const rest = first < 0 ? '' : line.slice(first + 1).trim();
  if (rest === '') throw new RequestSyntaxError('the request line names no target: GET /path HTTP/1.1', at);
  const last = rest.lastIndexOf(' ');
  const version = rest.slice(last + 1);
  // Targets with spaces are sent by broken and by evil programs: what stands before the version is all of it.
  if (last < 0 || !VERSION.test(version)) return { method, target: rest, protocol: 'HTTP/1.1' };
  return { method, target: rest.slice(0, last).trimEnd(), protocol: version };
}

function readHeaders(reader: LineReader): [string, string][] {
  const headers: [string, string][] = [];
  for (let line = reader.next(); line !== undefined && line !== ''; line = reader.next()) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      const last = headers.at(-1);
      if (last === undefined)
        throw new RequestSyntaxError('there is no header that this line goes on with', reader.line);
      last[1] = `${last[1]} ${trimmed(line)}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon <= 0) {
      throw new RequestSyntaxError(`a header is NAME: VALUE, not '${shown(line)}'`, reader.line);
    }
    if (headers.length >= MOST_HEADERS) {
      throw new RequestSyntaxError(`there are more than ${MOST_HEADERS} headers`, reader.line);
    }
    headers.push([line.slice(0, colon).trimEnd(), trimmed(line.slice(colon + 1))]);
  }
  return headers;
}

function readBody(reader: LineReader, headers: readonly (readonly [string, string])[]): string {
  const { text, at } = reader;
  if (values(headers, 'transfer-encoding').some((value) => /(?:^|,)[ \t]*chunked[ \t]*$/i.test(value))) {
    try {
      const { body, end } = readChunked(text, at);
      refuseRest(reader, end, 'after the last chunk');
      return body;
    } catch (error) {
      if (!(error instanceof ChunkError)) throw error;
      throw new RequestSyntaxError(error.message, reader.lineOf(error.offset));
    }
  }
  const [length] = values(headers, 'content-length');
  // One that is no number is the rules' business; the body is then all that is there.
  if (length === undefined || !/^\d{1,15}$/.test(length)) return text.slice(at);
  const end = at + Number(length);
  if (end > text.length) {
    throw new RequestSyntaxError(
      `Content-Length says ${length} bytes, and the body has ${text.length - at}`,
      reader.lineOf(at),
    );
  }
  refuseRest(reader, end, `after the ${length} bytes that Content-Length says`);
  return text.slice(at, end);
}

/** A line end after the body is an editor's; anything else would go uninspected. */
function refuseRest(reader: LineReader, end: number, where: string): void {
  const rest = reader.text.length - end;
  if (rest === 0 || /^\r?\n$/.test(reader.text.slice(end, end + 3))) return;
  throw new RequestSyntaxError(`${rest} more bytes follow ${where}`, reader.lineOf(end));
}

function values(headers: readonly (readonly [string, string])[], name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

function trimmed(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '');
}

/** A piece of a message: short, and safe to print. */
function shown(text: string): string {
  return text.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '?');
}

class LineReader {
  readonly text: string;
  /** Where the next line begins. */
  at = 0;
  /** Number of the line that was read last. */
  line = 0;

  constructor(text: string) {
    this.text = text;
  }

  next(): string | undefined {
    if (this.at >= this.text.length) return undefined;
    const newline = this.text.indexOf('\n', this.at);
    const end = newline < 0 ? this.text.length : newline;
    const line = this.text.slice(this.at, this.text[end - 1] === '\r' && end > this.at ? end - 1 : end);
    this.at = newline < 0 ? this.text.length : newline + 1;
    this.line++;
    return line;
  }

  lineOf(offset: number): number {
    let line = 1;
    for (let at = this.text.indexOf('\n'); at >= 0 && at < offset; at = this.text.indexOf('\n', at + 1))
      line++;
    return line;
  }
}
