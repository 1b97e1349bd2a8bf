import type { IncomingResponse, UpstreamEnds } from '../transaction.ts';
import { headersOf, idOf, portOf } from './message-values.ts';
import type { SpopReader } from './spop/reader.ts';

/** What HAProxy tells of an answer. */
export interface ResponseMessage {
  readonly kind: 'response';
  readonly id: string;
  readonly response: IncomingResponse;
}

/**
 * Reads the `count` arguments of an answer's message; of its body `bodyLimit` bytes are kept. Throws a
 * `SpopError` where they are broken.
 */
export function readResponse(reader: SpopReader, count: number, bodyLimit: number): ResponseMessage {
  let id = '';
  let status = 0;
  let version = '';
  let headers: IncomingResponse['headers'] = [];
  let body = '';
  let bodySent = 0;
  let bodySize = -1;
  let ended: boolean | undefined;
  let source = '';
  let sourcePort = 0;
  let destination = '';
  let destinationPort = 0;
  for (let i = 0; i < count; i++) {
    switch (reader.string()) {
      case 'id':
        id = idOf(reader);
        break;
      case 'status':
        status = reader.integer();
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
      case 'upstream_src':
        source = reader.address();
        break;
      case 'upstream_src_port':
        sourcePort = portOf(reader);
        break;
      case 'upstream_dst':
        destination = reader.address();
        break;
      case 'upstream_dst_port':
        destinationPort = portOf(reader);
        break;
      default:
        reader.skip();
    }
  }
  const bodyBytes = bodySize > bodySent ? bodySize : ended === true ? bodySent : -1;
  return {
    kind: 'response',
    id,
    response: {
      status: Math.max(0, status),
      protocol: `HTTP/${version}`,
      headers,
      body,
      bodyBytes,
      upstream: upstreamEnds(source, sourcePort, destination, destinationPort),
    },
  };
}

/** The connection to the server; undefined where HAProxy does not tell of it, or it is no connection of TCP. */
function upstreamEnds(
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
): UpstreamEnds | undefined {
  if (source === '' || destination === '' || sourcePort === 0 || destinationPort === 0) return undefined;
  return {
    from: { address: source, port: sourcePort },
    to: { address: destination, port: destinationPort },
  };
}
