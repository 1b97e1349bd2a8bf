import {
  constants,
  type OutgoingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ClientConnection } from '../../connection.ts';
import type { Field } from '../../http/message.ts';
import { isConnectionField, readHead } from './head.ts';
import { RateBound } from './rate-bound.ts';
import type { Http2Handler, Http2Request, Http2Response } from './request.ts';

/** Bounds of one connection. */
export interface Http2Limits {
  /** Requests at the same time. */
  readonly streams: number;
  /** Of all names and values of a head, with 32 bytes a field. */
  readonly headerListBytes: number;
  readonly fields: number;
  /** Streams that the client may reset: at once, and then in a second. */
  readonly resetBurst: number;
  readonly resetsPerSecond: number;
  /** PING and SETTINGS frames in a second. */
  readonly controlFramesPerSecond: number;
  /** Memory of the session, in megabytes. */
  readonly sessionMegabytes: number;
  /** Without any request, and within one that makes no progress. */
  readonly idleTimeoutMs: number;
  readonly streamTimeoutMs: number;
}

/** Bounds that hold where none are given. */
export const HTTP2_LIMITS: Http2Limits = {
  streams: 200,
  headerListBytes: 65_536,
  fields: 200,
  resetBurst: 200,
  resetsPerSecond: 20,
  controlFramesPerSecond: 50,
  sessionMegabytes: 10,
  idleTimeoutMs: 75_000,
  streamTimeoutMs: 60_000,
};

/** How long what is over may take for its last bytes: a connection, the request of an answered stream. */
const LINGER_MS = 1000;

/** Counts over all connections. */
export interface Http2Statistics {
  connections: number;
  requests: number;
  /** Requests that were malformed or out of bounds. */
  refused: number;
  /** Streams that their client reset. */
  reset: number;
  /** Connections that were closed since their client flooded them. */
  flooded: number;
}

/** Counts at their beginning. */
export function http2Statistics(): Http2Statistics {
  return { connections: 0, requests: 0, refused: 0, reset: 0, flooded: 0 };
}

/** What connections are served with. */
export interface Http2ServerOptions {
  readonly handler: Http2Handler;
  readonly limits?: Partial<Http2Limits> | undefined;
  readonly statistics?: Http2Statistics | undefined;
  /** Told of what a handler threw. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** A connection that is served. */
export interface Http2Connection {
  /** Takes no more requests, lets those that run come to their end; at once where there is none. */
  close(): void;
  destroy(): void;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/**
 * Serves HTTP/2 on a TLS connection that negotiated it. Throws a `TypeError` for one that did not: HTTP/2 by prior
 * knowledge (h2c) is not served.
 */
export function serveHttp2(
  stream: TLSSocket,
  connection: ClientConnection,
  options: Http2ServerOptions,
): Http2Connection {
  if (stream.alpnProtocol !== 'h2') throw new TypeError('the connection did not negotiate HTTP/2');
  return new ServedConnection(stream, connection, options);
}

class ServedConnection implements Http2Connection {
  readonly closed: Promise<void>;
  private readonly connection: ClientConnection;
  private readonly options: Http2ServerOptions;
  private readonly limits: Http2Limits;
  private readonly counts: Http2Statistics;
  private readonly session: ServerHttp2Session;
  private readonly resets: RateBound;
  private readonly control: RateBound;
  /** Handlers that run; one may go on for a while when its stream is reset. */
  private running = 0;

  constructor(stream: TLSSocket, connection: ClientConnection, options: Http2ServerOptions) {
    this.connection = connection;
    this.options = options;
    const limits = { ...HTTP2_LIMITS, ...options.limits };
    this.limits = limits;
    this.counts = options.statistics ?? http2Statistics();
    this.counts.connections++;
    this.resets = new RateBound(limits.resetBurst, limits.resetsPerSecond);
    this.control = new RateBound(limits.controlFramesPerSecond, limits.controlFramesPerSecond);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.session = performServerHandshake(stream, {
      maxSessionMemory: limits.sessionMegabytes,
      maxHeaderListPairs: limits.fields,
      maxSessionInvalidFrames: 100,
      maxSessionRejectedStreams: 100,
      streamResetBurst: limits.resetBurst,
      streamResetRate: limits.resetsPerSecond,
      settings: {
        maxConcurrentStreams: limits.streams,
        maxHeaderListSize: limits.headerListBytes,
        enablePush: false,
      },
    });
    const { session } = this;
    session.on('stream', (http2Stream, _headers, flags, raw) => this.take(http2Stream, flags, raw));
    session.on('ping', () => this.countControl());
    session.on('remoteSettings', () => this.countControl());
    // The client broke the connection, or broke the protocol: the session is closed with it.
    session.on('error', () => session.destroy());
    session.on('frameError', () => session.destroy());
    stream.once('close', resolve);
    // A client that has gone is one that reads no more answers: nobody half-closes HTTP/2. The sockets of the proxy stay
    // open behind their end, and what the client had asked for would go on until it is late.
    stream.once('end', () => session.destroy());
    session.once('close', () => {
      if (stream.destroyed) return;
      // What is left to be sent is sent, GOAWAY that is; then it closes, even where the client does not.
      const timer = setTimeout(() => stream.destroy(), LINGER_MS);
      stream.once('close', () => clearTimeout(timer));
      stream.destroySoon();
    });
    session.setTimeout(limits.idleTimeoutMs, () => {
      if (this.running === 0) session.close();
      else session.destroy();
    });
  }

  close(): void {
    this.session.close();
  }

  destroy(): void {
    this.session.destroy();
  }

  private countControl(): void {
    if (!this.control.take(performance.now())) this.flooded();
  }

  /** ENHANCE_YOUR_CALM (RFC 9113, 7). */
  private flooded(): void {
    if (this.session.destroyed) return;
    this.counts.flooded++;
    this.session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  private take(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    // Errors of a stream end the stream; who works for it learns of that by the signal.
    stream.on('error', () => stream.destroy());
    const gone = new AbortController();
    let timedOut = false;
    stream.once('close', () => {
      // Not where all went well: a kept connection to the server would be closed with it.
      if (stream.aborted || stream.rstCode !== constants.NGHTTP2_NO_ERROR) gone.abort();
      if (stream.aborted && !timedOut && !this.session.destroyed) this.countReset();
    });
    if (this.running >= this.limits.streams) {
      this.counts.refused++;
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    const head = readHead(raw, this.limits.headerListBytes);
    const response = new StreamResponse(stream, isHead(raw));
    if ('status' in head) {
      this.counts.refused++;
      const text = `${head.status}: ${head.reason}\n`;
      // What is still to come of the request is not waited for.
      void response
        .send(head.status, [['content-type', 'text/plain; charset=utf-8']], Buffer.from(text, 'latin1'))
        .catch(() => stream.destroy());
      stream.resume();
      return;
    }
    this.counts.requests++;
    stream.setTimeout(this.limits.streamTimeoutMs, () => {
      timedOut = true;
      stream.close(constants.NGHTTP2_CANCEL);
    });
    const hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    if (!hasBody) stream.resume();
    void this.handle(
      {
        ...head,
        connection: this.connection,
        body: hasBody ? stream : undefined,
        timeUs: Math.round((performance.timeOrigin + performance.now()) * 1000),
        signal: gone.signal,
      },
      response,
      stream,
    );
  }

  private countReset(): void {
    this.counts.reset++;
    if (!this.resets.take(performance.now())) this.flooded();
  }

  private async handle(
    request: Http2Request,
    response: StreamResponse,
    stream: ServerHttp2Stream,
  ): Promise<void> {
    this.running++;
    try {
      await this.options.handler(request, response);
      if (!stream.headersSent && !stream.destroyed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      // Answered before its body was read: the rest of that is not wanted (RFC 9113, 8.1).
      else if (!stream.readableEnded && !stream.destroyed) await closeUnread(stream);
    } catch (error) {
      if (!request.signal.aborted) {
        this.options.onError?.(error instanceof Error ? error : new Error(String(error)));
      }
      if (stream.headersSent || stream.destroyed) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      else {
        stream.respond({ ':status': 500, 'content-type': 'text/plain; charset=utf-8' });
        stream.end('500: the request could not be handled\n');
      }
    } finally {
      this.running--;
    }
  }
}

/**
 * Closes a stream whose request goes on behind its answer. Usually the end is on its way; a close at once would take the
 * head of an answer without a body with it, as that waits to be sent.
 */
function closeUnread(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), LINGER_MS);
    stream.once('close', () => {
      clearTimeout(timer);
      resolve();
    });
    stream.resume();
  });
}

class StreamResponse implements Http2Response {
  private readonly stream: ServerHttp2Stream;
  private readonly isHead: boolean;

  constructor(stream: ServerHttp2Stream, isHead: boolean) {
    this.stream = stream;
    this.isHead = isHead;
  }

  sendContinue(): void {
    if (!this.stream.destroyed && !this.stream.headersSent) {
      this.stream.additionalHeaders({ ':status': constants.HTTP_STATUS_CONTINUE });
    }
  }

  async send(status: number, fields: readonly Field[], body?: Readable | Uint8Array): Promise<void> {
    const { stream } = this;
    if (stream.destroyed) {
      if (body !== undefined && !(body instanceof Uint8Array)) body.destroy();
      return;
    }
    const headers = outgoingHeaders(status, fields);
    if (body === undefined || this.isHead || BODILESS.has(status)) {
      if (body !== undefined && !(body instanceof Uint8Array)) body.destroy();
      stream.respond(headers, { endStream: true });
      return;
    }
    stream.respond(headers);
    if (body instanceof Uint8Array) {
      stream.end(body);
      return;
    }
    await copy(body, stream);
  }

  abort(what: 'stream' | 'connection'): void {
    const { session } = this.stream;
    if (what === 'connection' && session !== undefined) session.destroy();
    else this.stream.close(constants.NGHTTP2_CANCEL);
  }
}

/** Answers that have no body (RFC 9110, 6.4.1; 15.3.6 for 205). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** The pseudo-header fields stand in front. */
function isHead(raw: readonly string[]): boolean {
  for (let i = 0; i < raw.length && raw[i]?.startsWith(':'); i += 2) {
    if (raw[i] === ':method') return raw[i + 1] === 'HEAD';
  }
  return false;
}

/** As much is read from the source as the client takes. The client's going is no error; the source's breaking off is. */
function copy(source: Readable, stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    const broke = (error: Error): void => {
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      reject(error);
    };
    source.on('error', broke);
    source.on('close', () => {
      if (!source.readableEnded && !stream.destroyed) broke(new Error('the body broke off'));
    });
    stream.on('close', () => {
      if (!source.readableEnded) source.destroy();
      resolve();
    });
    source.pipe(stream);
  });
}

/** Fields by name, as node:http2 takes them. It throws for a repeated field that HTTP has only once: the first counts. */
function outgoingHeaders(status: number, fields: readonly Field[]): OutgoingHttpHeaders {
  const headers: Record<string, string | string[] | number> = Object.create(null);
  headers[':status'] = status;
  const named = connectionOptions(fields);
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (isConnectionField(lower) || named.has(lower) || lower === 'te' || lower.startsWith(':')) continue;
    const known = headers[lower];
    if (known === undefined) headers[lower] = value;
    else if (REPEATED_NEVER.has(lower)) continue;
    else if (Array.isArray(known)) known.push(value);
    else headers[lower] = [String(known), value];
  }
  return headers;
}

/** Fields that Connection names: they are of that connection too (RFC 9110, 7.6.1). */
function connectionOptions(fields: readonly Field[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (const [name, value] of fields) {
    if (name.toLowerCase() !== 'connection') continue;
    for (const option of value.split(',')) named.add(option.trim().toLowerCase());
  }
  return named;
}

/** Those that node:http2 takes only once, of answers. */
const REPEATED_NEVER: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'age',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
]);
