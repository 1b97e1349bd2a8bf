import { ChunkError, readChunked } from '../http/chunked.ts';
import type { HttpRequest } from '../request.ts';

/**
 * What a web server makes of the bytes that it receives: a request for the WAF; one that it refuses after the WAF has
 * seen its headers; one that it refuses before. `noHeaders`: HTTP/0.9, whose answer has no status line.
 */
export type Received =
  | { readonly kind: 'request'; readonly request: HttpRequest; readonly noHeaders: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly request?: HttpRequest };

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._-]+)(?::\d{0,5})?$/;
const REFUSED: Received = { kind: 'refused', status: 400 };

/**
 * Receives a request as Apache httpd 2.4 with `HttpProtocolOptions Strict` does, the web server that the tests of the
 * Core Rule Set are written for: what RFC 9112 forbids is refused, headers of one name become one.
 */
export function receive(raw: string): Received {
  const end = raw.indexOf('\n');
  if (end < 1 || raw[end - 1] !== '\r') return REFUSED;
  const line = raw.slice(0, end - 1);
  const match = /^([^ \t]+) ([\x21-\x7e\x80-\xff]+)(?: (.*))?$/.exec(line);
  const [, method = '', target = '', protocol = ''] = match ?? [];
  if (!TOKEN.test(method)) return REFUSED;
  const client = { address: '127.0.0.1', port: 40_000 };
  const server = { address: '127.0.0.1', port: 80 };
  if (protocol === '') {
    if (method !== 'GET') return REFUSED;
    const request = { method, target, protocol: 'HTTP/0.9', headers: [], body: '', client, server };
    return { kind: 'request', request, noHeaders: true };
  }
  if (!/^HTTP\/[1-9]\.\d$/.test(protocol) || target.includes('#')) return REFUSED;

  const read = readHeaders(raw, end + 1);
  if (read === undefined || !isHostGood(read.headers, protocol)) return REFUSED;
  const body = readBody(raw, read.end, read.headers);
  if (body === undefined) return REFUSED;
  const headers = body.isChunked
    ? read.headers.filter(([name]) => name.toLowerCase() !== 'content-length')
    : read.headers;
  const request = { method, target, protocol, headers, body: body.text, client, server };
  return isTargetGood(method, target)
    ? { kind: 'request', request, noHeaders: false }
    : { kind: 'refused', status: 400, request };
}

/** The first phase of the rules has run when httpd finds out that it cannot map a target. */
function isTargetGood(method: string, target: string): boolean {
  if (method === 'CONNECT') return /^[^/?#]+:\d+$/.test(target);
  return target.startsWith('/') || target === '*' || /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(target);
}

type Headers = readonly (readonly [name: string, value: string])[];

function readHeaders(raw: string, start: number): { headers: Headers; end: number } | undefined {
  const headers = new Map<string, [name: string, value: string]>();
  let last: [string, string] | undefined;
  let at = start;
  while (true) {
    const newline = raw.indexOf('\n', at);
    if (newline < 1 || raw[newline - 1] !== '\r') return undefined;
    const line = raw.slice(at, newline - 1);
    at = newline + 1;
    if (line === '') return { headers: [...headers.values()], end: at };
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (last === undefined || !FIELD_VALUE.test(line)) return undefined;
      last[1] = `${last[1]} ${trimmed(line)}`;
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    const value = trimmed(line.slice(colon + 1));
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) return undefined;
    const before = headers.get(name.toLowerCase());
    if (before === undefined) {
      last = [name, value];
      headers.set(name.toLowerCase(), last);
    } else {
      before[1] = `${before[1]}, ${value}`;
      last = before;
    }
  }
}

function headerValue(headers: Headers, name: string): string | undefined {
  return headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** HTTP/1.1 wants a host; an older version may have an empty one, and none has a malformed one. */
function isHostGood(headers: Headers, protocol: string): boolean {
  const host = headerValue(headers, 'host');
  if (host === undefined || host === '') return protocol === 'HTTP/1.0';
  return HOST.test(host);
}

function readBody(
  raw: string,
  start: number,
  headers: Headers,
): { text: string; isChunked: boolean } | undefined {
  const coding = headerValue(headers, 'transfer-encoding');
  if (coding !== undefined) {
    if (!/(?:^|,)[ \t]*chunked$/i.test(coding)) return undefined;
    try {
      return { text: readChunked(raw, start).body, isChunked: true };
    } catch (error) {
      if (error instanceof ChunkError) return undefined;
      throw error;
    }
  }
  const length = headerValue(headers, 'content-length') ?? '0';
  if (!/^\d{1,15}$/.test(length)) return undefined;
  // The client has closed: what has come is the body.
  return { text: raw.slice(start, start + Number(length)), isChunked: false };
}

function trimmed(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '');
}
