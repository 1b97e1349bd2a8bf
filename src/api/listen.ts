import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';

/** A certificate chain and its key, PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

const MOST_CONNECTIONS = 1024;
const OPTIONS: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 15_000,
  connectionsCheckingInterval: 5000,
  maxHeaderSize: 16 << 10,
};

const local = new WeakSet<Socket>();

/** Whether a request came over the socket that only its owner can open: file permissions have let it in. */
export function isFromSocket({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  return local.has(socket);
}

/** Listens on a port, with TLS where there is a certificate. Rejects with the system's error. */
export function listenOnPort(
  { host, port }: { readonly host: string; readonly port: number },
  certificate: ServerCertificate | undefined,
  listener: RequestListener,
): Promise<Server> {
  const server =
    certificate === undefined
      ? createServer(OPTIONS, listener)
      : createTlsServer(
          { ...OPTIONS, cert: certificate.certificate, key: certificate.key, minVersion: 'TLSv1.2' },
          listener,
        );
  server.maxConnections = MOST_CONNECTIONS;
  return listening(server, () => server.listen({ port, ...(host === '' ? {} : { host }) }));
}

/** Listens on a Unix socket that its owner alone can open; one that is left over goes. */
export async function listenOnSocket(path: string, listener: RequestListener): Promise<Server> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path);
  const server = createServer(OPTIONS, listener);
  server.maxConnections = MOST_CONNECTIONS;
  server.on('connection', (socket: Socket) => local.add(socket));
  const before = process.umask(0o177);
  try {
    await listening(server, () => server.listen(path));
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  return server;
}

function listening(server: Server, listen: () => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve(server);
    });
    listen();
  });
}
