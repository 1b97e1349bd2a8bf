import type { Readable } from 'node:stream';
import type { ClientConnection } from '../../connection.ts';
import type { Field } from '../../http/message.ts';

/** A request of an HTTP/2 stream, checked by RFC 9113, section 8. All text is latin1. */
export interface Http2Request {
  readonly connection: ClientConnection;
  readonly method: string;
  /** `https`. */
  readonly scheme: string;
  /** Host, with a port where one was given. */
  readonly authority: string;
  /** Path with its query, or `*`. */
  readonly path: string;
  /** In their order, without the pseudo-header fields and `host`; the parts of Cookie are put together. */
  readonly fields: readonly Field[];
  /** Undefined where the request has none. Its end is that of the request; it is destroyed where the client gives up. */
  readonly body: Readable | undefined;
  /** Of the Content-Length field; -1 without. */
  readonly contentLength: number;
  readonly expectsContinue: boolean;
  /** When its head was there, in microseconds since 1970. */
  readonly timeUs: number;
  /** Ends what is done for the request: the client reset the stream, or the connection is gone. */
  readonly signal: AbortSignal;
}

/** The answer to a request; exactly one of its calls is made, `informational` aside. */
export interface Http2Response {
  /** Sends 100 (Continue) where the client waits for it. */
  sendContinue(): void;
  /**
   * Sends an answer. Connection fields (RFC 9113, 8.2.2) are left out. Resolves when the body was taken or the stream
   * is gone; rejects when the body breaks off, and the client is told so (RST_STREAM).
   */
  send(status: number, fields: readonly Field[], body?: Readable | Uint8Array): Promise<void>;
  /** Breaks the stream off; `connection`: the whole connection goes, without a word. */
  abort(what: 'stream' | 'connection'): void;
}

/** Answers requests. It may reject: the client gets 500 then, where nothing was sent yet. */
export type Http2Handler = (request: Http2Request, response: Http2Response) => Promise<void>;
