/** A header field as it was sent: each character one byte (latin1). */
export type Field = readonly [name: string, value: string];

/** How the end of a body is found (RFC 9112, 6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** Of answers only: the connection's end is the body's. */
  | { readonly kind: 'close' };

/** The head of a request (RFC 9112), strictly read: what is here can be sent on without being read in two ways. */
export interface RequestHead {
  readonly method: string;
  /** As it stood in the request line. */
  readonly target: string;
  /** 10 or 11: HTTP/1.0 or HTTP/1.1. */
  readonly version: 10 | 11;
  /** In the order in which they were sent, names as they were sent. */
  readonly fields: readonly Field[];
  /** Of the Host field; of the target where that is in absolute form; empty for HTTP/1.0 without one. */
  readonly host: string;
  readonly framing: Framing;
  /** Whether the connection may carry another request. */
  readonly keepAlive: boolean;
  /** In lower case: what an Upgrade field asks for, where Connection names it too; empty without. */
  readonly upgrade: string;
  readonly expectsContinue: boolean;
  /** Bytes of the head, with the empty line at its end. */
  readonly bytes: number;
}

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly version: 10 | 11;
  readonly fields: readonly Field[];
  readonly framing: Framing;
  readonly keepAlive: boolean;
  readonly upgrade: string;
  readonly bytes: number;
}

/** Bounds of heads. */
export interface HeadLimits {
  /** Of the whole head in bytes; more is answered with 431 (414 where it is the target). */
  readonly headBytes: number;
  readonly targetBytes: number;
  readonly fields: number;
}

/** A message that is refused: what to answer a client with, and why (for logs; nothing of the message is in it). */
export class HttpError extends Error {
  override name = 'HttpError';
  /** 400, 413, 414, 417, 431, 501, 505; of an answer that the server sent: 502. */
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}
