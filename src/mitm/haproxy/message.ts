import type { ClientTls } from '../connection.ts';
import { clientConnection } from '../connection.ts';
import type { IncomingRequest } from '../transaction.ts';
import { headersOf, idOf, portOf } from './message-values.ts';
import { type ResponseMessage, readResponse } from './response-message.ts';
import type { SpopReader } from './spop/reader.ts';

/** Names of the two messages, as spoe.cfg must have them. */
export const REQUEST_MESSAGE = 'weir-request';
export const RESPONSE_MESSAGE = 'weir-response';

/** What HAProxy tells of a request. */
export interface RequestMessage {
  readonly kind: 'request';
  /** The unique id, which joins the answer to it; empty without. */
  readonly id: string;
  /** HAProxy will tell of the answer. */
  readonly answerFollows: boolean;
  /** Bytes of the body that HAProxy sent, of which `request.body` holds what the judge wants. */
  readonly bodySent: number;
  /** False where the body goes on beyond what HAProxy sent. */
  readonly bodyWhole: boolean;
  readonly request: IncomingRequest;
}

/** What a NOTIFY holds, the first message that we know; `unknown` where there is none. */
export type Message = RequestMessage | ResponseMessage | { readonly kind: 'unknown'; readonly name: string };

/** Bytes of bodies that are wanted. */
export interface BodyLimits {
  readonly request: number;
  readonly response: number;
}

/** Reads the messages of a NOTIFY to their end. Throws a {@link SpopError} where they are broken. */
export function readMessage(reader: SpopReader, limits: BodyLimits, nowUs: number): Message {
  let found: Message | undefined;
  let other = '';
  while (!reader.isAtEnd) {
    const name = reader.string();
    const count = reader.byte();
    if (found === undefined && name === REQUEST_MESSAGE)
      found = readRequest(reader, count, limits.request, nowUs);
    else if (found === undefined && name === RESPONSE_MESSAGE)
      found = readResponse(reader, count, limits.response);
    else {
      other = name;
      for (let i = 0; i < count; i++) {
        reader.string();
        reader.skip();
      }
    }
  }
  return found ?? { kind: 'unknown', name: other };
}

function readRequest(reader: SpopReader, count: number, bodyLimit: number, timeUs: number): RequestMessage {
  let id = '';
  let answerFollows = false;
  let source = '';
  let sourcePort = 0;
  let destination = '';
  let destinationPort = 0;
  let method = '';
  let url: string | undefined;
  let path = '';
  let query: string | undefined;
  let version = '';
  let headers: IncomingRequest['headers'] = [];
  let body = '';
  let bodySent = 0;
  let bodySize = -1;
  let ended: boolean | undefined;
  let tls = '';
  let serverName = '';
  let alpn = '';
  for (let i = 0; i < count; i++) {
    switch (reader.string()) {
      case 'id':
        id = idOf(reader);
        break;
      case 'answer':
        answerFollows = reader.boolean() ?? false;
        break;
      case 'src':
        source = reader.address();
        break;
      case 'src_port':
        sourcePort = portOf(reader);
        break;
      case 'dst':
        destination = reader.address();
        break;
      case 'dst_port':
        destinationPort = portOf(reader);
        break;
      case 'method':
        method = reader.text() ?? '';
        break;
      case 'url':
        url = reader.text();
        break;
      case 'path':
        path = reader.text() ?? '';
        break;
      case 'query':
        query = reader.text();
        break;
      case 'version':
        version = reader.text() ?? '';
        break;
      case 'headers':
        headers = headersOf(reader);
        break;
      case 'body':
        body = reader.textUpTo(bodyLimit) ?? '';
        bodySent = reader.length;
        break;
      case 'body_size':
        bodySize = reader.integer();
        break;
      case 'body_end':
        ended = reader.boolean();
        break;
      case 'tls':
        tls = reader.text() ?? '';
        break;
      case 'sni':
        serverName = reader.text() ?? '';
        break;
      case 'alpn':
        alpn = reader.text() ?? '';
        break;
      default:
        reader.skip();
    }
  }
  const bodyWhole = bodySize <= bodySent && ended !== false;
  const clientTls: ClientTls | undefined = tls === '' ? undefined : { version: tls, serverName, alpn };
  const connection = clientConnection(
    'haproxy',
    { address: source, port: sourcePort },
    { address: destination, port: destinationPort },
    clientTls,
  );
  return {
    kind: 'request',
    id,
    answerFollows,
    bodySent,
    bodyWhole,
    request: {
      connection,
      timeUs,
      method,
      target: target(url, path, query, version),
      protocol: `HTTP/${version}`,
      headers,
      body,
      bodyBytes: bodyWhole ? bodySent : bodySize > bodySent ? bodySize : -1,
      client: connection.client,
      server: connection.server,
    },
  };
}

/**
 * The target of the request line. HTTP/2 and later have none: HAProxy makes `https://host/path` of their parts, from
 * which the origin form is taken, as RFC 9113 (8.3.1) has it for HTTP/1.1.
 */
function target(url: string | undefined, path: string, query: string | undefined, version: string): string {
  if (url === undefined) return query === undefined ? path : `${path}?${query}`;
  if (version.startsWith('1.') || version.startsWith('0.')) return url;
  const scheme = url.indexOf('://');
  if (scheme < 1 || scheme > 8) return url;
  const slash = url.indexOf('/', scheme + 3);
  return slash === -1 ? '/' : url.slice(slash);
}
