import { STATUS_CODES } from 'node:http';
import { isFieldValue, isTarget, isToken } from './character.ts';
import type { Field } from './message.ts';

export { withoutHopByHop } from './hop-by-hop.ts';

/** The last chunk of a body without trailers (RFC 9112, 7.1). */
export const LAST_CHUNK = '0\r\n\r\n';

/** A request's head as HTTP/1.1, to be written as latin1. Throws TypeError for what would break the line it stands in. */
export function writeRequestHead(head: {
  readonly method: string;
  readonly target: string;
  readonly fields: readonly Field[];
}): string {
  if (!isToken(head.method)) throw new TypeError('the method is no token');
  if (!isTarget(head.target)) throw new TypeError('the target has characters that no target can have');
  return `${head.method} ${head.target} HTTP/1.1\r\n${writeFields(head.fields)}\r\n`;
}

/** An answer's head as HTTP/1.1, to be written as latin1. Throws TypeError as {@link writeRequestHead}. */
export function writeResponseHead(head: {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly Field[];
}): string {
  if (!Number.isInteger(head.status) || head.status < 100 || head.status > 999) {
    throw new TypeError('a status has three digits');
  }
  if (!isFieldValue(head.reason)) throw new TypeError('the reason phrase has control characters');
  return `HTTP/1.1 ${head.status} ${head.reason}\r\n${writeFields(head.fields)}\r\n`;
}

/** Trailers behind the last chunk, with that. */
export function lastChunk(trailers: readonly Field[]): string {
  return trailers.length === 0 ? LAST_CHUNK : `0\r\n${writeFields(trailers)}\r\n`;
}

/** The line before the data of a chunk; CR LF follows the data. */
export function chunkHead(bytes: number): string {
  if (bytes <= 0) throw new RangeError('a chunk without data would end the body');
  return `${bytes.toString(16)}\r\n`;
}

/** The usual words for a status; empty for one that has none. */
export function reasonPhrase(status: number): string {
  return STATUS_CODES[status] ?? '';
}

function writeFields(fields: readonly Field[]): string {
  let text = '';
  for (let i = 0; i < fields.length; i++) {
    const [name, value] = fields[i]!;
    if (!isToken(name)) throw new TypeError('the name of a field is no token');
    if (!isFieldValue(value)) throw new TypeError(`the value of ${name} has control characters`);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}
