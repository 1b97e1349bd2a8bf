import type { Field } from '../../http/message.ts';

/** The head of a request as RFC 9113 has it, checked. */
export interface Http2Head {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  readonly fields: readonly Field[];
  readonly contentLength: number;
  readonly expectsContinue: boolean;
}

/** A head that is refused, with the status that says so. */
export interface RefusedHead {
  readonly status: 400 | 417 | 431 | 501;
  readonly reason: string;
}

/** What a field adds to the size of a list (RFC 9113, 6.5.2). */
const FIELD_OVERHEAD = 32;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Names in HTTP/2 have no capitals (RFC 9113, 8.2.1). */
const LOWER_TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control characters but the tab, and no blanks around it (RFC 9113, 8.2.1; RFC 9110, 5.5). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const BAD_VALUE = /^[ \t]|[\x00-\x08\x0a-\x1f\x7f]|[ \t]$/;
/** Host and port: no user information, nothing that could be taken for a path. */
const AUTHORITY = /^(?:[A-Za-z0-9_.~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
/** RFC 9113, 8.2.2: they speak of one connection, which is not this one. */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Whether a field (in lower case) speaks of one connection only. */
export function isConnectionField(name: string): boolean {
  return CONNECTION_FIELDS.has(name);
}

/**
 * Checks a list of names and values, as a stream brought it (RFC 9113, 8.2 and 8.3). What is malformed is refused, and
 * so is all that could be read in two ways behind this proxy: a Host that is not the authority, two lengths.
 */
export function readHead(raw: readonly string[], mostBytes: number): Http2Head | RefusedHead {
  const pseudo = new Map<string, string>();
  const fields: Field[] = [];
  const cookies: string[] = [];
  let cookieAt = -1;
  let host: string | undefined;
  let contentLength = -1;
  let expectsContinue = false;
  let size = 0;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const value = raw[i + 1] ?? '';
    size += name.length + value.length + FIELD_OVERHEAD;
    if (size > mostBytes) return { status: 431, reason: `the header list has more than ${mostBytes} bytes` };
    if (BAD_VALUE.test(value)) return bad('a field has a value that is not allowed');
    if (name.startsWith(':')) {
      if (fields.length > 0 || cookies.length > 0) return bad('a pseudo-header field stands behind fields');
      if (pseudo.has(name)) return bad('a pseudo-header field stands twice');
      pseudo.set(name, value);
      continue;
    }
    if (!LOWER_TOKEN.test(name)) return bad('the name of a field is not allowed');
    if (isConnectionField(name)) return bad('a field speaks of the connection');
    switch (name) {
      case 'te':
        if (value.toLowerCase() !== 'trailers') return bad('TE asks for something else than trailers');
        fields.push([name, value]);
        break;
      case 'host':
        if (host !== undefined) return bad('Host stands twice');
        host = value;
        break;
      case 'content-length': {
        const length = /^\d{1,15}$/.test(value) ? Number(value) : -1;
        if (length < 0 || contentLength >= 0) return bad('Content-Length is no number, or stands twice');
        contentLength = length;
        fields.push([name, value]);
        break;
      }
      case 'expect':
        if (value.toLowerCase() !== '100-continue') return { status: 417, reason: 'Expect asks for more' };
        expectsContinue = true;
        fields.push([name, value]);
        break;
      case 'cookie':
        // Cut into parts for the sake of compression (RFC 9113, 8.2.3).
        if (cookieAt < 0) cookieAt = fields.length;
        cookies.push(value);
        break;
      default:
        fields.push([name, value]);
    }
  }
  if (cookieAt >= 0) fields.splice(cookieAt, 0, ['cookie', cookies.join('; ')]);
  const line = readPseudo(pseudo, host);
  return 'status' in line ? line : { ...line, fields, contentLength, expectsContinue };
}

function readPseudo(
  pseudo: ReadonlyMap<string, string>,
  host: string | undefined,
): Pick<Http2Head, 'method' | 'scheme' | 'authority' | 'path'> | RefusedHead {
  const method = pseudo.get(':method') ?? '';
  if (!TOKEN.test(method)) return bad('there is no method, or it is none');
  if (method === 'CONNECT') {
    const what = pseudo.has(':protocol') ? 'WebSocket over HTTP/2 (RFC 8441)' : 'CONNECT over HTTP/2';
    return { status: 501, reason: `${what} is not done here; HTTP/1.1 is` };
  }
  for (const name of pseudo.keys()) {
    if (name !== ':method' && name !== ':scheme' && name !== ':authority' && name !== ':path') {
      return bad('there is an unknown pseudo-header field');
    }
  }
  const scheme = pseudo.get(':scheme') ?? '';
  if (scheme !== 'https') return bad('the scheme is not https');
  const authority = pseudo.get(':authority') ?? host ?? '';
  if (!AUTHORITY.test(authority)) return bad('there is no authority, or it is none');
  if (host !== undefined && host.toLowerCase() !== authority.toLowerCase()) {
    return bad('Host is not the authority');
  }
  const path = pseudo.get(':path') ?? '';
  if (!isPath(path) && !(path === '*' && method === 'OPTIONS')) return bad('there is no path, or it is none');
  return { method, scheme, authority, path };
}

/** It begins with a slash, and has no blanks or control characters; bytes above 127 are in use. */
function isPath(path: string): boolean {
  return /^\/[\x21-\xff]*$/.test(path) && !path.includes('\x7f');
}

function bad(reason: string): RefusedHead {
  return { status: 400, reason };
}
