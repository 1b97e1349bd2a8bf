import { CLASSES, HTAB, SP, TOKEN } from './character.ts';
import { HttpError } from './message.ts';

/** 2^53 - 1 has as many. */
const MOST_DIGITS = 16;

/** What a Content-Length says (RFC 9110, 8.6): digits alone. `status` is that of the HttpError for all else. */
export function contentLengthOf(value: string, status: 400 | 502): number {
  if (value === '') throw new HttpError(status, 'an empty Content-Length');
  let bytes = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) throw new HttpError(status, 'a Content-Length that is no number');
    bytes = bytes * 10 + digit;
  }
  if (value.length > MOST_DIGITS || bytes > Number.MAX_SAFE_INTEGER) {
    throw new HttpError(status, 'a Content-Length over 2^53');
  }
  // A number to all who read decimal, and another one to those who take a leading zero for octal. Servers that leave
  // room for a length which they do not know yet send such, clients do not.
  if (status === 400 && value.length > 1 && value.charCodeAt(0) === 0x30) {
    throw new HttpError(status, 'a Content-Length with leading zeros');
  }
  return bytes;
}

/**
 * Throws HttpError where a Transfer-Encoding is not exactly `chunked` (RFC 9112, 6.1 and 6.3): 501 where it is well
 * formed and ends with that, `status` for all else, because the length of the body is then anybody's guess.
 */
export function checkTransferEncoding(value: string, status: 400 | 502): void {
  if (value === 'chunked' || value.toLowerCase() === 'chunked') return;
  let chunked = 0;
  let last = '';
  for (const part of value.toLowerCase().split(',')) {
    last = trimmed(part);
    if (last === '') throw new HttpError(status, 'a Transfer-Encoding with an empty coding');
    if (last === 'chunked') chunked++;
    for (let at = 0; at < last.length; at++) {
      if ((CLASSES[last.charCodeAt(at)]! & TOKEN) === 0) {
        throw new HttpError(status, 'a Transfer-Encoding with characters that no coding has');
      }
    }
  }
  if (chunked > 1) throw new HttpError(status, 'a Transfer-Encoding that is chunked more than once');
  if (last !== 'chunked') throw new HttpError(status, 'a Transfer-Encoding that does not end with chunked');
  throw new HttpError(status === 400 ? 501 : status, 'a transfer coding other than chunked');
}

/** Without the spaces and tabs around it. */
export function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && (text.charCodeAt(from) === SP || text.charCodeAt(from) === HTAB)) from++;
  while (to > from && (text.charCodeAt(to - 1) === SP || text.charCodeAt(to - 1) === HTAB)) to--;
  return text.slice(from, to);
}
