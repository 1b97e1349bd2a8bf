import { type Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { type Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import type { Field } from '../../http/message.ts';
import { isConnectionField } from './head.ts';
import type { Held } from './hold.ts';
import type { Http2Request } from './request.ts';

/** The server that a request goes to, by HTTP/1.1. */
export type Http2Upstream =
  | { readonly kind: 'http'; readonly host: string; readonly port: number; readonly agent: Agent }
  | {
      readonly kind: 'https';
      readonly host: string;
      readonly port: number;
      readonly agent: HttpsAgent;
      /** SNI, and the name that the certificate must have; empty for an address. */
      readonly servername: string;
    };

/** What is sent as a body. */
export type UpstreamBody =
  | { readonly kind: 'none' }
  | { readonly kind: 'whole'; readonly bytes: Buffer }
  | { readonly kind: 'stream'; readonly source: Readable };

/** The body of a request of which the beginning was held. */
export function upstreamBody(source: Readable | undefined, held: Held | undefined): UpstreamBody {
  if (source === undefined) return { kind: 'none' };
  return held?.whole === true ? { kind: 'whole', bytes: held.bytes } : { kind: 'stream', source };
}

/** Fields of a request that are of this connection, or are made anew. */
const MADE_ANEW: ReadonlySet<string> = new Set(['te', 'expect', 'content-length', 'host', 'trailer']);
/** A method for which a server may want to be told that there is no body (RFC 9110, 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
/** Of the answer's head, in bytes. */
const ANSWER_HEAD_MOST = 65_536;

/**
 * Sends a request and resolves with the answer's head. Rejects with the connection's error, or one with the code
 * `ETIMEDOUT`. A kept connection that the server closed meanwhile is replaced where the request may be sent twice.
 */
export async function askUpstream(
  upstream: Http2Upstream,
  request: Http2Request,
  added: readonly Field[],
  body: UpstreamBody,
  timeoutMs: number,
): Promise<IncomingMessage> {
  const repeatable = body.kind !== 'stream' && !WITH_BODY.has(request.method);
  const fields = upstreamFields(request, added, body);
  for (let attempt = 1; ; attempt++) {
    let asked: ClientRequest | undefined;
    try {
      asked = open(upstream, request, fields, timeoutMs);
      return await answerOf(asked, request, body);
    } catch (error) {
      const stale = asked?.reusedSocket === true && isReset(error);
      if (!stale || !repeatable || attempt > 1 || request.signal.aborted) throw error;
    }
  }
}

function open(
  upstream: Http2Upstream,
  request: Http2Request,
  fields: readonly string[],
  timeoutMs: number,
): ClientRequest {
  const options = {
    host: upstream.host,
    port: upstream.port,
    method: request.method,
    path: request.path,
    headers: fields,
    signal: request.signal,
    timeout: timeoutMs,
    maxHeaderSize: ANSWER_HEAD_MOST,
  };
  switch (upstream.kind) {
    case 'http':
      return httpRequest({ ...options, agent: upstream.agent });
    case 'https':
      return httpsRequest({ ...options, agent: upstream.agent, servername: upstream.servername });
    default:
      return upstream satisfies never;
  }
}

function answerOf(asked: ClientRequest, request: Http2Request, body: UpstreamBody): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve);
    // It stays: an error behind the answer's head reaches the answer too, which whoever copies it listens to.
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(timedOut()));
    if (body.kind === 'stream') {
      const { source } = body;
      // Where it breaks off before its end, the request must not end as if it were whole.
      source.once('close', () => {
        if (!source.readableEnded && !asked.destroyed) asked.destroy();
      });
      source.pipe(asked);
    } else if (body.kind === 'whole') asked.end(body.bytes);
    else asked.end();
    if (request.signal.aborted) asked.destroy();
  });
}

function timedOut(): Error {
  return Object.assign(new Error('the server did not answer in time'), { code: 'ETIMEDOUT' });
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/** Names and values one behind the other, with the body's framing for HTTP/1.1 (RFC 9113, 8.2.2; RFC 9112, 6). */
function upstreamFields(request: Http2Request, added: readonly Field[], body: UpstreamBody): string[] {
  const fields = ['Host', request.authority];
  // What is added stands in place of what the client sent under the same name.
  const replaced = new Set(added.map(([name]) => name.toLowerCase()));
  for (const [name, value] of request.fields) {
    if (!MADE_ANEW.has(name) && !isConnectionField(name) && !replaced.has(name)) fields.push(name, value);
  }
  for (const [name, value] of added) fields.push(name, value);
  if (body.kind === 'whole') fields.push('Content-Length', String(body.bytes.length));
  else if (body.kind === 'none') {
    if (WITH_BODY.has(request.method)) fields.push('Content-Length', '0');
  } else if (request.contentLength >= 0) fields.push('Content-Length', String(request.contentLength));
  else fields.push('Transfer-Encoding', 'chunked');
  return fields;
}
