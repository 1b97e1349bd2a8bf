import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { ClientTls } from '../../connection.ts';
import type { KeyLog } from './keylog.ts';

/** Why TLS with a client did not come about, or broke. */
export type TerminationFault =
  /** The client does not know our CA. */
  | 'unknown-ca'
  /** It does not take the certificate: pinned to another one, mostly. */
  | 'certificate-refused'
  | 'no-common-version'
  | 'no-common-cipher'
  | 'no-common-protocol'
  /** There is no certificate for what it asks for. */
  | 'no-certificate'
  | 'timeout'
  /** It closed or broke the connection in the middle of the handshake. */
  | 'closed'
  /** Some other alert of the client's, or bytes that are no TLS. */
  | 'protocol-error';

/** TLS that a client did not come to terms on. */
export class TerminationError extends Error {
  override name = 'TerminationError';
  readonly fault: TerminationFault;

  constructor(fault: TerminationFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** TLS that is up: what the client says lies on the stream in the clear. */
export interface Terminated {
  readonly stream: TLSSocket;
  readonly tls: ClientTls;
}

/** How TLS is ended. */
export interface TerminationOptions {
  readonly context: SecureContext;
  /** Protocols to choose from, ours first; empty: none is negotiated. */
  readonly protocols: readonly string[];
  /** For the whole handshake. */
  readonly timeoutMs: number;
  readonly keyLog?: KeyLog | undefined;
}

/** OpenSSL's names of the alerts and errors that say why. What is not here is a protocol error. */
const FAULTS: Readonly<Record<string, TerminationFault>> = {
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'unknown-ca',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'certificate-refused',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'certificate-refused',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'certificate-refused',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'certificate-refused',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'certificate-refused',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'certificate-refused',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'no-common-version',
  ERR_SSL_VERSION_TOO_LOW: 'no-common-version',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'no-common-version',
  ERR_SSL_NO_SHARED_CIPHER: 'no-common-cipher',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'no-common-cipher',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'no-common-cipher',
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'no-common-protocol',
  ECONNRESET: 'closed',
  EPIPE: 'closed',
};

/** What an error of a TLS socket says of the client. */
export function faultOf(error: Error): TerminationFault {
  const code = 'code' in error ? error.code : undefined;
  return typeof code === 'string' && Object.hasOwn(FAULTS, code)
    ? (FAULTS[code] ?? 'protocol-error')
    : 'protocol-error';
}

/** Whether a client that ends so does not accept our certificate, or may not. */
export function refusesCertificate(fault: TerminationFault): boolean {
  return fault === 'unknown-ca' || fault === 'certificate-refused' || fault === 'closed';
}

/**
 * Ends TLS on a connection whose ClientHello is still to be read. Rejects with a {@link TerminationError}; the
 * connection is closed then. Errors that come later are the stream's, whose owner listens for them.
 */
export function terminateTls(socket: Socket, options: TerminationOptions): Promise<Terminated> {
  const { promise, resolve, reject } = Promise.withResolvers<Terminated>();
  const stream = new TLSSocket(socket, {
    isServer: true,
    secureContext: options.context,
    ...(options.protocols.length > 0 && { ALPNProtocols: [...options.protocols] }),
  });
  options.keyLog?.attach(stream);
  const failed = (fault: TerminationFault, message: string): void => {
    clearTimeout(timer);
    reject(new TerminationError(fault, message));
    stream.destroy();
    socket.destroy();
  };
  const onError = (error: Error): void => failed(faultOf(error), `TLS with the client: ${reasonOf(error)}`);
  const onClose = (): void => failed('closed', 'the client closed the connection in the TLS handshake');
  const timer = setTimeout(
    () => failed('timeout', `the TLS handshake took longer than ${options.timeoutMs} ms`),
    options.timeoutMs,
  );
  stream.on('error', onError);
  stream.on('close', onClose);
  // The raw socket's errors are the stream's too, but before the handshake they may come without it.
  socket.on('error', onError);
  stream.once('secure', () => {
    clearTimeout(timer);
    takeOver(stream);
    stream.off('error', onError);
    stream.off('close', onClose);
    resolve({ stream, tls: tlsOf(stream) });
  });
  return promise;
}

/** OpenSSL's word for it, without the address of its code. */
function reasonOf(error: Error): string {
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}

/**
 * What `tls.Server` does once a connection is secure. Without it an error behind the handshake does not reach the
 * stream, and HTTP/2 waits for ever for the handshake's end.
 */
function takeOver(stream: TLSSocket): void {
  const inner = stream as TLSSocket & { _releaseControl(): boolean; secureConnecting: boolean };
  inner._releaseControl();
  inner.secureConnecting = false;
}

function tlsOf(stream: TLSSocket): ClientTls {
  // On a server's side this is the SNI, or false without; the types know of a client's only.
  const { servername, alpnProtocol } = stream as {
    servername?: string | false | null;
    alpnProtocol: string | false | null;
  };
  return {
    version: stream.getProtocol() ?? '',
    serverName: typeof servername === 'string' ? servername : '',
    alpn: typeof alpnProtocol === 'string' ? alpnProtocol : '',
  };
}
