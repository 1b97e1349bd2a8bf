import { latin1 } from '../../net/index.ts';
import { CLASSES, CR, DIGIT, LF, SP, VALUE } from './character.ts';
import { FieldSection } from './field-section.ts';
import { type Framing, type HeadLimits, HttpError, type ResponseHead } from './message.ts';

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };
const CLOSE: Framing = { kind: 'close' };
const ZERO = 0x30;
const ONE = 0x31;

/**
 * Reads the head of an answer as strictly as that of a request. `requestMethod` decides with the status whether there
 * is a body (RFC 9112, 6.3). Throws HttpError with status 502.
 */
export function parseResponseHead(
  bytes: Buffer,
  start: number,
  end: number,
  requestMethod: string,
  limits: HeadLimits,
): ResponseHead {
  const stop = Math.min(end, start + limits.headBytes);
  const text = latin1(bytes, start, stop);
  if (!text.startsWith('HTTP/1.')) throw refused('an answer that does not begin with HTTP/1.');
  const minor = bytes[start + 7];
  if (minor !== ZERO && minor !== ONE) throw refused('an answer of an HTTP version other than 1.0 and 1.1');
  const version = minor === ONE ? 11 : 10;
  let at = start + 8;
  if (bytes[at] !== SP) throw refused('an answer without a space behind its version');
  at++;
  if (at + 3 > stop || !isDigit(bytes[at]!) || !isDigit(bytes[at + 1]!) || !isDigit(bytes[at + 2]!)) {
    throw refused('an answer whose status is no number of three digits');
  }
  const status = (bytes[at]! - ZERO) * 100 + (bytes[at + 1]! - ZERO) * 10 + (bytes[at + 2]! - ZERO);
  if (status < 100) throw refused('an answer with a status below 100');
  // They came with HTTP/1.1 (RFC 9110, 15.2).
  if (status < 200 && version === 10) throw refused('an interim answer in HTTP/1.0');
  at += 3;
  let reasonStart = at;
  // Servers leave out the space where there is no reason phrase.
  if (bytes[at] === SP) {
    reasonStart = ++at;
    while (at < stop && (CLASSES[bytes[at]!]! & VALUE) !== 0) at++;
  }
  if (at + 1 >= stop) throw incomplete(stop, end);
  if (bytes[at] !== CR || bytes[at + 1] !== LF) throw refused('a status line that does not end with CR LF');
  const reason = text.substring(reasonStart - start, at - start);
  at += 2;

  const section = new FieldSection(bytes, text, start, 502, limits.fields);
  at = section.read(at, stop);
  if (at < 0) throw incomplete(stop, end);

  // What announces the end of the connection cannot be followed by the answer (RFC 9112, 9.6).
  if (status < 200 && status !== 101 && section.close)
    throw refused('an interim answer that closes the connection');
  const framing = framingOf(status, requestMethod, version, section);
  return {
    status,
    reason,
    version,
    fields: section.fields,
    framing,
    keepAlive: framing.kind !== 'close' && !section.close && (version === 11 || section.keepAlive),
    upgrade: section.namesUpgrade ? section.upgrade : '',
    bytes: at - start,
  };
}

/** RFC 9112, 6.3. */
function framingOf(status: number, requestMethod: string, version: 10 | 11, section: FieldSection): Framing {
  if (section.chunked && section.contentLength >= 0)
    throw refused('both Content-Length and Transfer-Encoding');
  if (section.chunked && version === 10) throw refused('Transfer-Encoding in HTTP/1.0');
  // RFC 9110, 8.6 and RFC 9112, 6.1: 1xx and 204 must not announce content; a length of 0 does no harm.
  if (status < 200 || status === 204) {
    if (section.chunked || section.contentLength > 0)
      throw refused(`content announced in an answer ${status}`);
    return NONE;
  }
  if (status === 304 || requestMethod === 'HEAD') return NONE;
  if (requestMethod === 'CONNECT' && status < 300) return NONE;
  if (section.chunked) return CHUNKED;
  if (section.contentLength === 0) return NONE;
  return section.contentLength < 0 ? CLOSE : { kind: 'length', bytes: section.contentLength };
}

function isDigit(byte: number): boolean {
  return (CLASSES[byte]! & DIGIT) !== 0;
}

function incomplete(stop: number, end: number): HttpError {
  return refused(stop < end ? 'a head that is too long' : 'a head that is cut off');
}

function refused(reason: string): HttpError {
  return new HttpError(502, reason);
}
