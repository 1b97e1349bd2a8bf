import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientConnection } from '../connection.ts';
import type { Field } from '../http/index.ts';
import type { Judged } from '../judge.ts';
import type { Endpoint } from '../waf/index.ts';
import type { LocalAnswer } from './rewriting.ts';

/**
 * Where the requests of a connection go.
 * - `routes`: by host and path through the table of routes (reverse);
 * - `forward`: where their absolute target or CONNECT says (forward);
 * - `secure`: nowhere; the client is told to come by HTTPS on this port;
 * - `fixed`: to one server, whatever they say: the other side of an intercepted tunnel or a transparent connection.
 */
export type Destination =
  | { readonly kind: 'routes' }
  | { readonly kind: 'forward' }
  | { readonly kind: 'secure'; readonly port: number }
  | {
      readonly kind: 'fixed';
      readonly origin: string;
      /** The name that TLS to the server asks for, where that is not the origin's host (SNI of the client). */
      readonly serverName?: string | undefined;
    };

/**
 * Takes over a client's connection before the proxy reads it: to end TLS, or to look at the first bytes.
 *
 * For a CONNECT the client has had its 200, `head` is what it sent after the request (mostly nothing) and
 * `authority` is what it asked for; on a listener `head` is empty, and `authority` is the original destination
 * (transparent) or the address of the listener. False: the proxy goes on (tunnel, or HTTP). True: the socket belongs
 * to whoever took it, who later calls `proxy.serve` with the decrypted stream or `proxy.tunnel` with the raw one,
 * or destroys it. The socket has no listeners but one for `error` and is paused.
 */
export type Takeover = (
  socket: Duplex,
  head: Buffer,
  authority: Endpoint,
  connection: ClientConnection,
) => boolean;

/** Original destination of a connection that the kernel redirected; undefined where it was none. */
export type OriginalDestination = (socket: Socket) => Endpoint | undefined;

/** Why the proxy itself answered with an error or ended a connection; for logs. No content of the request. */
export interface ProxyFailure {
  /** What the error page shows; empty where the client saw none. */
  readonly reference: string;
  /** Of the answer; 0 where the connection was ended without. */
  readonly status: number;
  readonly reason: string;
  readonly connection: ClientConnection;
  /** The server that was asked; empty where none was. */
  readonly origin: string;
}

/**
 * Pages of the proxy. `request` are the fields of the request, for the language and the form that the client wants;
 * none where it could not be read. What is left out is answered with a short text of the proxy's own.
 */
export interface ProxyAnswers {
  /** For a request or an answer that a judge did not let pass (`deny`, `redirect`, `limit`). */
  blocked?(judged: Judged, request: readonly Field[]): LocalAnswer;
  /** For an error of the proxy or the server: 4xx and 5xx. */
  failed?(status: number, reason: string, reference: string, request: readonly Field[]): LocalAnswer;
}
