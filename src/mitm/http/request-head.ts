import { latin1 } from '../../net/index.ts';
import { absoluteForm, authorityFault } from './authority.ts';
import { CLASSES, CR, LF, SP, TARGET, TOKEN } from './character.ts';
import { FieldSection } from './field-section.ts';
import { MOST_METHOD } from './limits.ts';
import { type Framing, type HeadLimits, HttpError, type RequestHead } from './message.ts';

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };

const H = 0x48;
const T = 0x54;
const P = 0x50;
const SLASH = 0x2f;
const DOT = 0x2e;
const ZERO = 0x30;

/**
 * Reads the head of a request strictly (RFC 9112) from `start`; `end` is what findHeadEnd said. What could be read in
 * two ways is refused, with HttpError: 400, 414 and 431 beyond the limits, 417, 501, 505.
 */
export function parseRequestHead(bytes: Buffer, start: number, end: number, limits: HeadLimits): RequestHead {
  const stop = Math.min(end, start + limits.headBytes);
  const text = latin1(bytes, start, stop);
  let at = start;
  // RFC 9112, 2.2: one empty line before the request line is read over.
  if (bytes[at] === CR && bytes[at + 1] === LF) at += 2;

  const methodStart = at;
  while (at < stop && (CLASSES[bytes[at]!]! & TOKEN) !== 0) at++;
  if (at === methodStart) throw refused('a request line that begins with no method');
  if (at - methodStart > MOST_METHOD) throw new HttpError(501, 'a method that is too long');
  if (bytes[at] !== SP) throw refused('a method that is no token');
  const method = text.substring(methodStart - start, at - start);

  const targetStart = ++at;
  while (at < stop && (CLASSES[bytes[at]!]! & TARGET) !== 0) at++;
  if (at - targetStart > limits.targetBytes) throw new HttpError(414, 'a target that is too long');
  if (at === stop) throw incomplete(stop, end);
  if (bytes[at] !== SP) throw refused(targetFault(bytes[at]!));
  if (at === targetStart) throw refused('more than one space in the request line');
  const target = text.substring(targetStart - start, at - start);
  at++;

  const version = versionAt(bytes, at, stop);
  at += 8;
  if (bytes[at] !== CR || bytes[at + 1] !== LF || at + 1 >= stop) {
    throw refused('a request line that does not end behind its version with CR LF');
  }
  at += 2;

  const section = new FieldSection(bytes, text, start, 400, limits.fields);
  at = section.read(at, stop);
  if (at < 0) throw incomplete(stop, end);

  const host = hostOf(method, target, version, section.host);
  const framing = framingOf(method, version, section);
  return {
    method,
    target,
    version,
    fields: section.fields,
    host,
    framing,
    // RFC 9112, 9.3.
    keepAlive: !section.close && (version === 11 || section.keepAlive),
    // RFC 9110, 7.8: a server ignores Upgrade in HTTP/1.0, and may always. With a body nobody can tell whether that comes
    // before the switch or is of the other protocol.
    upgrade: version === 11 && section.namesUpgrade && framing.kind === 'none' ? section.upgrade : '',
    // RFC 9110, 10.1.1: ignored in HTTP/1.0, and where there is nothing to wait for.
    expectsContinue: version === 11 && section.expectsContinue && framing.kind !== 'none',
    bytes: at - start,
  };
}

function versionAt(bytes: Uint8Array, at: number, stop: number): 10 | 11 {
  if (
    at + 8 > stop ||
    bytes[at] !== H ||
    bytes[at + 1] !== T ||
    bytes[at + 2] !== T ||
    bytes[at + 3] !== P ||
    bytes[at + 4] !== SLASH ||
    bytes[at + 6] !== DOT
  ) {
    throw refused('no HTTP version behind the target');
  }
  const major = bytes[at + 5]! - ZERO;
  const minor = bytes[at + 7]! - ZERO;
  if (major < 0 || major > 9 || minor < 0 || minor > 9) throw refused('an HTTP version that is no number');
  if (major !== 1 || minor > 1) throw new HttpError(505, 'an HTTP version other than 1.0 and 1.1');
  return minor === 1 ? 11 : 10;
}

/** The host that is asked for, after the forms of the target (RFC 9112, 3.2.1 to 3.2.4 and 3.3). */
function hostOf(method: string, target: string, version: 10 | 11, host: string | undefined): string {
  if (version === 11 && host === undefined) throw refused('no Host field');
  if (method === 'CONNECT') {
    const fault = authorityFault(target, true);
    if (fault !== undefined) throw refused(`CONNECT with ${fault}`);
    return target;
  }
  if (target.charCodeAt(0) !== SLASH && !(target === '*' && method === 'OPTIONS')) {
    return authorityOfTarget(target);
  }
  if (version === 11 && host === '') throw refused('an empty Host field');
  return host ?? '';
}

function authorityOfTarget(target: string): string {
  const [from, to] = absoluteForm(target) ?? [0, 0];
  if (to === 0) throw refused('a target that is neither a path nor an http or https URI');
  const authority = target.slice(from, to);
  const fault = authorityFault(authority, false);
  if (fault !== undefined) throw refused(`a target with ${fault}`);
  return authority;
}

/** RFC 9112, 6.3. */
function framingOf(method: string, version: 10 | 11, section: FieldSection): Framing {
  const length = section.contentLength;
  if (section.chunked) {
    if (length >= 0) throw refused('both Content-Length and Transfer-Encoding');
    if (version === 10) throw refused('Transfer-Encoding in HTTP/1.0');
  } else if (length <= 0) {
    return NONE;
  }
  // RFC 9110, 9.3.6 and 9.3.8: these have no content, and a server may not look for any.
  if (method === 'CONNECT' || method === 'TRACE') throw refused(`${method} with content`);
  return section.chunked ? CHUNKED : { kind: 'length', bytes: length };
}

function targetFault(byte: number): string {
  if (byte === CR || byte === LF) return 'a request line without a version';
  if (byte === 0x23) return 'a fragment in the target';
  return 'a character that no target can have';
}

function incomplete(stop: number, end: number): HttpError {
  return stop < end ? new HttpError(431, 'a head that is too long') : refused('a head that is cut off');
}

function refused(reason: string): HttpError {
  return new HttpError(400, reason);
}
