import { readFileSync } from 'node:fs';
import { parseRequest, RequestSyntaxError } from '../mitm/waf/http/parse-request.ts';
import type { Endpoint, HttpRequest, HttpResponse } from '../mitm/waf/index.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';

/** A file with a request or an answer that cannot be used; the message names the file and says why. */
export class InputError extends Error {}

/** Ends of the connection on which a request of a file came: addresses that are nobody's (RFC 5737). */
export const CLIENT: Endpoint = { address: '192.0.2.1', port: 40000 };
export const SERVER: Endpoint = { address: '192.0.2.2', port: 80 };

/** Reads a request from a file, `-` for standard input. Throws {@link InputError}. */
export function readRequest(path: string, client: Endpoint = CLIENT): HttpRequest {
  return { ...inFile(path, () => parseRequest(readText(path))), client, server: SERVER };
}

const STATUS_LINE = /^(HTTP\/\d(?:\.\d)?) +(\d{3})(?: [^\r\n]*)?(?=\r?\n|$)/;

/** Reads an answer from a file, `-` for standard input. Throws {@link InputError}. */
export function readResponse(path: string): HttpResponse {
  const text = readText(path).replace(/^[\r\n]+/, '');
  const found = STATUS_LINE.exec(text);
  if (found === null)
    throw new InputError(`${name(path)}: an answer begins with its status: HTTP/1.1 200 OK`);
  // Behind its first line an answer is written as a request is.
  const { headers, body } = inFile(path, () => parseRequest(`GET / HTTP/1.1${text.slice(found[0].length)}`));
  return { protocol: found[1] ?? '', status: Number(found[2]), headers, body };
}

function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'latin1');
  } catch (error) {
    throw new InputError(
      `${name(path)} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RequestSyntaxError)) throw error;
    throw new InputError(`${name(path)}:${error.line}: ${error.message}`);
  }
}

/** How a file is named to the user. */
export function name(path: string): string {
  return path === '-' ? 'standard input' : terminalText(path);
}
