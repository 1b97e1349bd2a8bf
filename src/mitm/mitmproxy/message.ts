import { clientConnection } from '../connection.ts';
import type { IncomingRequest, IncomingResponse } from '../transaction.ts';
import type { Endpoint } from '../waf/index.ts';
import { BrokenFrame, type Frame } from './protocol.ts';

type Head = Readonly<Record<string, unknown>>;
type Fields = readonly (readonly [name: string, value: string])[];

/** What the addon says of itself. */
export interface Hello {
  readonly version: number;
  readonly agent: string;
}

/** Of a HELLO. Throws {@link BrokenFrame}. */
export function parseHello(frame: Frame): Hello {
  const head = parseHead(frame);
  if (frame.body.length > 0) throw shape('body');
  return { version: natural(head, 'version'), agent: text(head.agent, 'agent').slice(0, 100) };
}

/** Of a REQUEST; the body is cut at `bodyLimit` bytes. Throws {@link BrokenFrame}. */
export function parseRequest(frame: Frame, bodyLimit: number): IncomingRequest {
  const head = parseHead(frame);
  const client = endpoint(head.client, 'client');
  const server = endpoint(head.server, 'server');
  const connection = clientConnection('mitmproxy', client, server, tlsOf(head.tls));
  const protocol = text(head.protocol, 'protocol');
  const sent = fields(head.headers);
  return {
    method: text(head.method, 'method'),
    target: text(head.target, 'target'),
    protocol,
    headers: protocol.startsWith('HTTP/1') ? sent : withOneCookie(sent),
    body: frame.body.toString('latin1', 0, bodyLimit),
    bodyBytes: bodyBytes(head, frame),
    client: connection.client,
    server: connection.server,
    connection,
    timeUs: natural(head, 'time_us'),
  };
}

/** Of a RESPONSE. Throws {@link BrokenFrame}. */
export function parseResponse(frame: Frame, bodyLimit: number): IncomingResponse {
  const head = parseHead(frame);
  return {
    status: natural(head, 'status'),
    protocol: text(head.protocol, 'protocol'),
    headers: fields(head.headers),
    body: frame.body.toString('latin1', 0, bodyLimit),
    bodyBytes: bodyBytes(head, frame),
  };
}

/** Of an ABANDON, which says nothing but its id. Throws {@link BrokenFrame}. */
export function parseEmpty(frame: Frame): void {
  parseHead(frame);
  if (frame.body.length > 0) throw shape('body');
}

function parseHead({ head }: Frame): Head {
  let value: unknown;
  try {
    value = JSON.parse(head.toString());
  } catch {
    // The error's own message quotes what was sent.
    throw new BrokenFrame('json', 'the head is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw shape('head');
  return value as Head;
}

function shape(what: string): BrokenFrame {
  return new BrokenFrame('shape', `${what} is missing or not what it has to be`);
}

const BEYOND_LATIN1 = /[^\0-\xff]/;

function text(value: unknown, what: string): string {
  if (typeof value !== 'string' || BEYOND_LATIN1.test(value)) throw shape(what);
  return value;
}

function natural(head: Head, name: string): number {
  const value = head[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw shape(name);
  return value;
}

function bodyBytes(head: Head, { body }: Frame): number {
  if (head.body_bytes === -1) return -1;
  const bytes = natural(head, 'body_bytes');
  if (bytes < body.length) throw shape('body_bytes');
  return bytes;
}

function endpoint(value: unknown, what: string): Endpoint {
  if (!Array.isArray(value) || value.length !== 2) throw shape(what);
  const port: unknown = value[1];
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65535) throw shape(what);
  return { address: text(value[0], what), port };
}

function tlsOf(
  value: unknown,
): { readonly version: string; readonly serverName: string; readonly alpn: string } | undefined {
  if (value === null) return undefined;
  if (!Array.isArray(value) || value.length !== 3) throw shape('tls');
  return { version: text(value[0], 'tls'), serverName: text(value[1], 'tls'), alpn: text(value[2], 'tls') };
}

function fields(value: unknown): Fields {
  if (!Array.isArray(value)) throw shape('headers');
  for (const field of value as readonly unknown[]) {
    if (!Array.isArray(field) || field.length !== 2) throw shape('headers');
    text(field[0], 'headers');
    text(field[1], 'headers');
  }
  return value as unknown as Fields;
}

/** A client of HTTP/2 may send its cookies in several fields; to everybody else they are one (RFC 9113, 8.2.3). */
function withOneCookie(sent: Fields): Fields {
  const cookies = sent.filter(([name]) => name === 'cookie');
  if (cookies.length < 2) return sent;
  const value = cookies.map((cookie) => cookie[1]).join('; ');
  const first = cookies[0];
  return sent.flatMap((field) =>
    field === first ? [['cookie', value] as const] : field[0] === 'cookie' ? [] : [field],
  );
}
