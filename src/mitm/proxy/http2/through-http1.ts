import { Duplex, Readable } from 'node:stream';
import type { ClientConnection } from '../../connection.ts';
import {
  BodyReader,
  chunkHead,
  DEFAULT_LIMITS,
  type Field,
  findHeadEnd,
  HttpError,
  LAST_CHUNK,
  parseResponseHead,
  writeRequestHead,
} from '../../http/index.ts';
import type { Destination } from '../hooks.ts';
import type { Http2Handler, Http2Request, Http2Response } from './request.ts';

/** Serves HTTP/1 on a stream: `HttpProxy.serve`. */
export type Http1Server = (stream: Duplex, connection: ClientConnection, destination: Destination) => void;

/** Bytes of an answer's body that wait for the client before the proxy waits too. */
const HIGH_WATER = 64 * 1024;
/** No answer of our own proxy is refused for its length: that was its server's to be bounded by. */
const MOST_BODY = Number.MAX_SAFE_INTEGER;
const CRLF = '\r\n';

/**
 * Answers each request of HTTP/2 by the proxy for HTTP/1, over a stream in memory: so there is one way for requests,
 * with the same judge, rules, routes and bounds.
 */
export function throughHttp1(serve: () => Http1Server, destination: Destination): Http2Handler {
  return async (request, response) => {
    const exchange = new InnerConnection(request, response);
    serve()(exchange, request.connection, destination);
    await exchange.done;
  };
}

/** The connection that the proxy sees: a request to be read from it, and an answer that is written to it. */
class InnerConnection extends Duplex {
  /** Settles when the answer is sent, or nothing more can be. */
  readonly done: Promise<void>;
  private readonly request: Http2Request;
  private readonly response: Http2Response;
  private readonly body: Readable | undefined;
  private readonly settle: () => void;
  private readonly fail: (error: unknown) => void;
  private isSent = false;
  /** What came of the answer's head so far. */
  private head: Buffer = Buffer.alloc(0);
  private reader: BodyReader | undefined;
  private answer: Readable | undefined;
  /** Called when the client has taken enough of the answer. */
  private resumeAnswer: (() => void) | undefined;

  constructor(request: Http2Request, response: Http2Response) {
    // The proxy ends its side behind the answer; this side stays open, as one that ends has gone.
    super({ allowHalfOpen: true, readableHighWaterMark: HIGH_WATER, writableHighWaterMark: HIGH_WATER });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.done = promise;
    this.settle = resolve;
    this.fail = reject;
    this.request = request;
    this.response = response;
    this.body = request.body;
    this.on('error', () => undefined);
    if (request.signal.aborted) this.destroy();
    else request.signal.addEventListener('abort', () => this.destroy(), { once: true });
  }

  override _read(): void {
    if (!this.isSent) {
      this.isSent = true;
      this.push(Buffer.from(this.requestHead(), 'latin1'));
      this.sendBody();
      return;
    }
    this.body?.resume();
  }

  private requestHead(): string {
    const { method, path, authority, fields, body, contentLength, expectsContinue } = this.request;
    const framing: Field[] = [];
    if (body !== undefined) {
      framing.push(
        contentLength >= 0 ? ['Content-Length', String(contentLength)] : ['Transfer-Encoding', 'chunked'],
      );
    }
    if (expectsContinue) framing.push(['Expect', '100-continue']);
    const kept = fields.filter(([name]) => !FRAMING.has(name));
    return writeRequestHead({ method, target: path, fields: [['Host', authority], ...kept, ...framing] });
  }

  private sendBody(): void {
    const { body } = this;
    if (body === undefined) return;
    const isChunked = this.request.contentLength < 0;
    body.on('data', (piece: Buffer) => {
      const more = isChunked
        ? this.push(Buffer.concat([Buffer.from(chunkHead(piece.length), 'latin1'), piece, Buffer.from(CRLF)]))
        : this.push(piece);
      if (!more) body.pause();
    });
    body.on('end', () => {
      if (isChunked) this.push(Buffer.from(LAST_CHUNK, 'latin1'));
    });
    body.on('error', () => this.destroy());
    body.on('close', () => {
      if (!body.readableEnded) this.destroy();
    });
  }

  override _write(bytes: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    const chunk = typeof bytes === 'string' ? Buffer.from(bytes, encoding) : bytes;
    try {
      const at = this.reader === undefined ? this.readHead(chunk) : this.readBody(chunk, 0);
      if (at && this.answer !== undefined) this.resumeAnswer = callback;
      else callback();
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Takes bytes of heads; true where the client has enough of the body behind them for now. */
  private readHead(chunk: Buffer): boolean {
    this.head = this.head.length === 0 ? chunk : Buffer.concat([this.head, chunk]);
    for (;;) {
      const end = findHeadEnd(this.head, 0, this.head.length);
      if (end < 0) {
        if (this.head.length > DEFAULT_LIMITS.headBytes) throw new HttpError(502, 'the head has no end');
        return false;
      }
      const head = parseResponseHead(this.head, 0, end, this.request.method, DEFAULT_LIMITS);
      const rest = this.head.subarray(end);
      if (head.status >= 200) {
        this.head = Buffer.alloc(0);
        this.begin(head.status, head.fields, new BodyReader(head.framing, MOST_BODY, 502));
        return this.readBody(rest, 0);
      }
      // Of the others (102, 103) nothing is passed on.
      if (head.status === 100) this.response.sendContinue();
      this.head = rest;
      if (rest.length === 0) return false;
    }
  }

  private begin(status: number, fields: readonly Field[], reader: BodyReader): void {
    this.reader = reader;
    if (reader.done) {
      this.send(status, fields, undefined);
      return;
    }
    this.answer = new Readable({
      highWaterMark: HIGH_WATER,
      read: () => this.takeMore(),
      destroy: (error, callback) => {
        // The client has gone, or the answer is complete.
        if (this.reader?.done !== true) this.destroy();
        callback(error);
      },
    });
    this.send(status, fields, this.answer);
  }

  private send(status: number, fields: readonly Field[], body: Readable | undefined): void {
    const kept = fields.filter(([name]) => name.toLowerCase() !== 'transfer-encoding');
    this.response.send(status, kept, body).then(
      () => this.finish(),
      (error: unknown) => {
        this.fail(error);
        this.destroy();
      },
    );
  }

  private takeMore(): void {
    const { resumeAnswer } = this;
    this.resumeAnswer = undefined;
    resumeAnswer?.();
  }

  /** True where the client has enough for now. */
  private readBody(bytes: Buffer, start: number): boolean {
    const { reader, answer } = this;
    if (reader === undefined || answer === undefined) return false;
    let isFull = false;
    reader.read(bytes, start, bytes.length, (piece, from, to) => {
      // What the proxy writes is lent to it: a copy outlives this call.
      isFull = !answer.push(Buffer.from(piece.subarray(from, to)));
    });
    if (reader.done) answer.push(null);
    return isFull && !reader.done;
  }

  override _final(callback: (error?: Error | null) => void): void {
    try {
      if (this.reader !== undefined && !this.reader.done) {
        this.reader.end();
        this.answer?.push(null);
      }
      callback();
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)));
    }
    // Both ends: a proxy that has said its last word expects nothing more.
    this.push(null);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const { reader, answer, request } = this;
    if (reader === undefined) {
      // The proxy closed without a word, as a judge may want it; where the client has gone there is nobody to tell.
      if (!request.signal.aborted) this.response.abort('connection');
      this.settle();
    } else if (!reader.done) answer?.destroy(error ?? new Error('the answer broke off'));
    this.takeMore();
    callback(error);
  }

  private finish(): void {
    this.settle();
    this.destroy();
  }
}

/** How the body ends is said anew. */
const FRAMING: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'expect',
  'host',
]);
