import type { ClientConnection } from '../connection.ts';
import type { Field, RequestHead, ResponseHead } from '../http/message.ts';

/** An answer that the proxy gives by itself. Content-Length, Date and Connection are added by the proxy. */
export interface LocalAnswer {
  readonly status: number;
  readonly fields: readonly Field[];
  /** Text is latin1: one character one byte. */
  readonly body: Buffer | string;
}

/** What a rewriter knows beside the message itself. */
export interface RewriteContext {
  readonly connection: ClientConnection;
  /** Where the request goes unless it is changed: `http://host:port` or `https://host:port`, in lower case. */
  readonly origin: string;
  /** Of the transaction, where a judge gave one; empty otherwise. */
  readonly reference: string;
}

/** What is to become of a request. What is left out stays as it is. */
export type RequestRewrite =
  | {
      readonly kind: 'change';
      readonly method?: string | undefined;
      /** In origin form: `/path?query`. */
      readonly target?: string | undefined;
      /**
       * All end-to-end fields that go to the server, in place of those of the head. Host, where it is among them, is
       * sent as it stands. Content-Length, Transfer-Encoding and the fields of the connection (Connection and what it
       * names, Keep-Alive, TE, Upgrade ...) are the proxy's: here they are ignored.
       */
      readonly fields?: readonly Field[] | undefined;
      /** Another server: `http://host:port` or `https://host:port`. */
      readonly origin?: string | undefined;
    }
  | { readonly kind: 'answer'; readonly answer: LocalAnswer };

/** What is to become of an answer. What is left out stays as it is. */
export interface ResponseRewrite {
  readonly status?: number | undefined;
  readonly reason?: string | undefined;
  /**
   * All end-to-end fields that go to the client, in place of those of the head. The framing fields and those of the
   * connection are the proxy's: here they are ignored.
   */
  readonly fields?: readonly Field[] | undefined;
  /** The whole body is wanted: it is held back until it is complete. */
  readonly body?: BodyRewrite | undefined;
}

/**
 * Replaces a whole body. The proxy neither compresses nor decompresses: the rewriter sees the bytes as the server
 * coded them (Content-Encoding), without the transfer coding. One that wants plain text either drops
 * Accept-Encoding from the request or decodes by itself, and then changes the fields to match.
 */
export interface BodyRewrite {
  /** Most bytes that are held. An answer that is longer passes as it came from the server, fields and status too. */
  readonly most: number;
  /**
   * Gets the body, gives the one that is sent, and may give other fields to go with it (else those of the
   * {@link ResponseRewrite}). Where it throws, the client gets 502.
   */
  replace(body: Buffer): { readonly body: Buffer; readonly fields?: readonly Field[] | undefined };
}

/**
 * Changes messages on their way. Called on the live path, once for each message, after the judge has let it pass
 * (the judge sees what the client and the server really sent). Both functions return at once; what they throw is
 * counted and answered with 502.
 */
export interface Rewriter {
  /** Undefined: the request goes on as it is. */
  request(head: RequestHead, context: RewriteContext): RequestRewrite | undefined;
  /** `request` is the head as the client sent it. Undefined: the answer goes on as it is. Not called for 1xx. */
  response(request: RequestHead, head: ResponseHead, context: RewriteContext): ResponseRewrite | undefined;
}
