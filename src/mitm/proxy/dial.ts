import { connect as connectTcp, isIP } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { DestinationGuard } from './destination.ts';
import type { UpstreamTlsOptions } from './options.ts';
import type { Origin } from './origin.ts';
import type { Dial } from './upstream-connection.ts';

/**
 * All sockets without TLS read into one buffer: what comes is used up before the next read. Saves an allocation of
 * 64 KiB, and its collection, for each answer.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** Connects to a server, each time anew; to none of its addresses that `guard` refuses. TLS sessions are resumed. */
export function dialler(origin: Origin, guard: DestinationGuard | undefined, tls: UpstreamTlsOptions): Dial {
  const { host, port, serverName } = origin;
  const options = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    allowHalfOpen: true,
    ...(guard === undefined ? {} : { lookup: guard.lookup(port) }),
  };
  if (origin.scheme === 'http') {
    return (received) =>
      connectTcp({
        ...options,
        onread: {
          buffer: READ_BUFFER,
          callback: (bytes) => {
            received(READ_BUFFER, bytes);
            return true;
          },
        },
      });
  }
  let session: Buffer | undefined;
  return (received) => {
    const socket = connectTls({
      ...(tls.connectOptions?.(host, port, serverName) ?? tlsOptions(tls, serverName ?? host)),
      ...options,
      ALPNProtocols: ['http/1.1'],
      ...(session === undefined ? {} : { session }),
    });
    tls.attach?.(socket);
    socket.on('session', (given) => {
      session = given;
    });
    socket.on('data', (bytes: Buffer) => received(bytes, bytes.length));
    return socket;
  };
}

/** An address is never sent as SNI (RFC 6066, 3). */
function tlsOptions(tls: UpstreamTlsOptions, name: string): ConnectionOptions {
  const { ca } = tls;
  return {
    rejectUnauthorized: tls.verify !== false,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
  };
}
