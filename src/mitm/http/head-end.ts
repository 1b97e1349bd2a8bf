import { CLASSES, CR, LF, SP, TOKEN } from './character.ts';
import { MOST_METHOD } from './limits.ts';
import { type HeadLimits, HttpError } from './message.ts';

/**
 * Where the head that begins at `start` ends: the offset behind its empty line, -1 where that has not come by `end`.
 * One empty line before the head is not its end (RFC 9112, 2.2). Lines may end with LF alone here, so that a head that
 * is to be refused for it is refused at once and not waited for. `from` is where the last search ended, for calls that
 * go on when more bytes are there.
 */
export function findHeadEnd(bytes: Uint8Array, start: number, end: number, from: number = start): number {
  const within = bytes.length === end ? bytes : bytes.subarray(0, end);
  // The longest part of the end that may lie before `from`: CR LF CR of CR LF CR LF.
  let at = from - 3;
  if (at < start + 2) {
    at = start + emptyLineAt(within, start);
    // Two empty lines: refused when it is read, and not waited for.
    if (at > start && emptyLineAt(within, at) > 0) return at + emptyLineAt(within, at);
  }
  for (;;) {
    at = within.indexOf(LF, at) + 1;
    if (at === 0) return -1;
    const length = emptyLineAt(within, at);
    if (length > 0) return at + length;
  }
}

/** Bytes of the empty line that begins here; 0 where none does. */
function emptyLineAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] === LF) return 1;
  return bytes[at] === CR && bytes[at + 1] === LF ? 2 : 0;
}

/** Bytes of a request line around its target: an empty line, the longest method, two spaces, version, CR LF. */
const AROUND_TARGET = 80;
const ANSWER = [0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e];

/**
 * For a head of which a part is there: throws HttpError where that is enough to refuse it, because it is longer than it
 * may be (414, 431) or no HTTP at all (400: bytes of TLS, for one), so that nobody waits for an end that will not come.
 * With `status` 502 for answers.
 */
export function checkPartialHead(
  bytes: Uint8Array,
  start: number,
  end: number,
  limits: HeadLimits,
  status: 400 | 502 = 400,
): void {
  if (status === 502) {
    const known = Math.min(ANSWER.length, end - start);
    for (let i = 0; i < known; i++) {
      if (bytes[start + i] !== ANSWER[i])
        throw new HttpError(502, 'an answer that does not begin with HTTP/1.');
    }
    if (end - start >= limits.headBytes) throw new HttpError(502, 'a head that is too long');
    return;
  }
  const within = bytes.subarray(start, end);
  if (within.length === 1 && within[0] === CR) return;
  // A lone LF is no empty line that is read over.
  const line = within[0] === CR ? emptyLineAt(within, 0) : 0;
  let at = line;
  while (at < within.length && (CLASSES[within[at]!]! & TOKEN) !== 0) at++;
  if (at === line && at < within.length)
    throw new HttpError(400, 'a request line that begins with no method');
  if (at - line > MOST_METHOD) throw new HttpError(501, 'a method that is too long');
  if (at < within.length && within[at] !== SP) throw new HttpError(400, 'a method that is no token');
  const longest = limits.targetBytes + AROUND_TARGET;
  if (within.length > longest && within.subarray(line, longest).indexOf(LF) < 0) {
    throw new HttpError(414, 'a target that is too long');
  }
  if (within.length >= limits.headBytes) throw new HttpError(431, 'a head that is too long');
}
