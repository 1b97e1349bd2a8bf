import { authorityFault } from './authority.ts';
import { isFieldValue, isTarget, isToken } from './character.ts';
import { type Field, type Framing, type HeadLimits, HttpError, type RequestHead } from './message.ts';

const SPACE = /^[ \t]|[ \t]$/;
const UPPER = /[A-Z]/;
const DIGITS = /^\d{1,16}$/;

/** RFC 9113, 8.2.2: what speaks of a connection means nothing in HTTP/2, and a second framing in HTTP/1. */
const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

const NONE: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };

interface Pseudo {
  method: string | undefined;
  scheme: string | undefined;
  path: string | undefined;
  authority: string | undefined;
}

/**
 * The head of a request that came over HTTP/2, checked (RFC 9113, 8.2 and 8.3) and put as HTTP/1.1 would have it: a
 * Host field first, pieces of Cookie joined (8.2.3), a body without Content-Length chunked. `raw` is names and values
 * by turns, as they came; `endStream` that no body follows. `bytes` counts names and values. Throws HttpError: 400 for
 * what is malformed, 414 and 431 beyond the limits, 417.
 */
export function checkHttp2Request(
  raw: readonly string[],
  endStream: boolean,
  limits: HeadLimits,
): RequestHead {
  const pseudo: Pseudo = { method: undefined, scheme: undefined, path: undefined, authority: undefined };
  const fields: Field[] = [];
  let host: string | undefined;
  let contentLength = -1;
  let cookieAt = -1;
  let expectsContinue = false;
  let bytes = 0;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    bytes += name.length + value.length;
    if (bytes > limits.headBytes) throw new HttpError(431, 'a head that is too long');
    if (name.startsWith(':')) {
      if (fields.length > 0 || host !== undefined) throw refused('a pseudo-header field behind other fields');
      notePseudo(pseudo, name, value);
      continue;
    }
    if (fields.length >= limits.fields) throw new HttpError(431, 'too many fields');
    checkField(name, value);
    switch (name) {
      case 'host':
        if (host !== undefined) throw refused('more than one host field');
        host = value;
        continue;
      case 'te':
        if (value.toLowerCase() !== 'trailers') throw refused('te with something other than trailers');
        break;
      case 'content-length':
        if (contentLength >= 0) throw refused('more than one content-length field');
        contentLength = lengthOf(value);
        break;
      case 'cookie':
        if (cookieAt >= 0) {
          fields[cookieAt] = ['cookie', `${fields[cookieAt]![1]}; ${value}`];
          continue;
        }
        cookieAt = fields.length;
        break;
      case 'expect':
        if (value.toLowerCase() !== '100-continue')
          throw new HttpError(417, 'an expectation other than 100-continue');
        expectsContinue = !endStream;
        break;
      case 'content_length':
      case 'transfer_encoding':
        throw refused(`${name} is written with an underscore`);
    }
    fields.push([name, value]);
  }
  const method = pseudo.method;
  if (method === undefined) throw refused('no :method');
  const authority = authorityOf(pseudo, host, method === 'CONNECT');
  const target = method === 'CONNECT' ? connectTarget(pseudo, authority) : targetOf(pseudo, method, limits);
  fields.unshift(['host', authority]);
  return {
    method,
    target,
    version: 11,
    fields,
    host: authority,
    framing: framingOf(method, contentLength, endStream),
    keepAlive: true,
    upgrade: '',
    expectsContinue,
    bytes,
  };
}

/** RFC 9113, 8.3.1; unknown ones, such as :protocol of RFC 8441, are refused. */
function notePseudo(pseudo: Pseudo, name: string, value: string): void {
  const key = name.slice(1);
  if (key !== 'method' && key !== 'scheme' && key !== 'path' && key !== 'authority') {
    throw refused('an unknown pseudo-header field');
  }
  if (pseudo[key] !== undefined) throw refused(`more than one ${name}`);
  if (key === 'method' && (!isToken(value) || value.length > 64)) throw refused('a :method that is no token');
  if (key === 'authority') {
    const fault = authorityFault(value, false);
    if (fault !== undefined) throw refused(`:authority has ${fault}`);
  }
  pseudo[key] = value;
}

/** RFC 9113, 8.2.1 and 8.2.2. */
function checkField(name: string, value: string): void {
  if (!isToken(name) || UPPER.test(name)) throw refused('the name of a field that is no token in lower case');
  if (!isFieldValue(value)) throw refused('a control character in the value of a field');
  if (SPACE.test(value)) throw refused('white space around the value of a field');
  if (CONNECTION_SPECIFIC.has(name)) throw refused('a field that belongs to a connection of HTTP/1');
}

function lengthOf(value: string): number {
  if (
    !DIGITS.test(value) ||
    Number(value) > Number.MAX_SAFE_INTEGER ||
    (value.length > 1 && value[0] === '0')
  ) {
    throw refused('a content-length that is no number');
  }
  return Number(value);
}

/** RFC 9113, 8.3.1: host and :authority must not name two. */
function authorityOf(pseudo: Pseudo, host: string | undefined, connect: boolean): string {
  const authority = pseudo.authority;
  if (host !== undefined) {
    const fault = authorityFault(host, false);
    if (fault !== undefined) throw refused(`host has ${fault}`);
    if (authority !== undefined && authority.toLowerCase() !== host.toLowerCase()) {
      throw refused('a host field that differs from :authority');
    }
  }
  const named = connect ? authority : (authority ?? host);
  if (named === undefined) throw refused('no :authority');
  return named;
}

function targetOf(pseudo: Pseudo, method: string, limits: HeadLimits): string {
  if (pseudo.scheme !== 'http' && pseudo.scheme !== 'https')
    throw refused('a :scheme other than http and https');
  const path = pseudo.path;
  if (path === undefined) throw refused('no :path');
  if (path.length > limits.targetBytes) throw new HttpError(414, 'a target that is too long');
  if (!isTarget(path)) throw refused('a character that no target can have');
  if (!path.startsWith('/') && !(path === '*' && method === 'OPTIONS'))
    throw refused('a :path that is no path');
  return path;
}

/** RFC 9113, 8.5. */
function connectTarget(pseudo: Pseudo, authority: string): string {
  if (pseudo.scheme !== undefined || pseudo.path !== undefined)
    throw refused('CONNECT with :scheme or :path');
  const fault = authorityFault(authority, true);
  if (fault !== undefined) throw refused(`CONNECT with ${fault}`);
  return authority;
}

/** RFC 9113, 8.1.1: a length that the frames do not have is malformed; that of DATA frames is counted by the reader. */
function framingOf(method: string, contentLength: number, endStream: boolean): Framing {
  if (endStream) {
    if (contentLength > 0) throw refused('a content-length without content');
    return NONE;
  }
  if (method === 'CONNECT') {
    if (contentLength > 0) throw refused('CONNECT with content');
    return NONE;
  }
  if (method === 'TRACE') throw refused('TRACE with content');
  return contentLength < 0 ? CHUNKED : { kind: 'length', bytes: contentLength };
}

function refused(reason: string): HttpError {
  return new HttpError(400, reason);
}
