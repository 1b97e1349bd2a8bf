import { lchownSync, lstatSync, statSync, unlinkSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';

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

/** Whether a request came over the socket that only its owner can open ({@link listenOnSocket}): file permissions have let it in. */
export function isFromSocket({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  return local.has(socket);
}

/** Listens on a port, with TLS where there is a certificate. Rejects with the system's error. */
export function listenOnPort(
  { host, port }: { readonly host: string; readonly port: number },
  certificate: ServerCertificate | undefined,
  listener: RequestListener,
): Promise<Server> {
  const server = serverOf(certificate, listener);
  return listening(server, () => server.listen({ port, ...(host === '' ? {} : { host }) }));
}

/**
 * Listens on a Unix socket for a reverse proxy: who comes over it proves who they are as over a port. The group of its
 * folder may open it. One that is left over goes, one at which somebody answers stays. Rejects with the system's error.
 */
export async function listenForProxy(
  path: string,
  certificate: ServerCertificate | undefined,
  listener: RequestListener,
): Promise<Server> {
  if (await isAnswered(path)) {
    throw Object.assign(new Error('another process listens on this socket'), { code: 'EADDRINUSE' });
  }
  const { gid } = statSync(dirname(path));
  const server = await bindSocket(serverOf(certificate, listener), path, 0o660);
  if (lstatSync(path).gid !== gid) lchownSync(path, process.geteuid?.() ?? -1, gid);
  return server;
}

/** Listens on a Unix socket that its owner alone can open; one that is left over goes. */
export function listenOnSocket(path: string, listener: RequestListener): Promise<Server> {
  const server = serverOf(undefined, listener);
  server.on('connection', (socket: Socket) => local.add(socket));
  return bindSocket(server, path, 0o600);
}

function serverOf(certificate: ServerCertificate | undefined, listener: RequestListener): Server {
  const server =
    certificate === undefined
      ? createServer(OPTIONS, listener)
      : createTlsServer(
          { ...OPTIONS, cert: certificate.certificate, key: certificate.key, minVersion: 'TLSv1.2' },
          listener,
        );
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

/** It has its mode from its first moment on. */
async function bindSocket(server: Server, path: string, mode: number): Promise<Server> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket()) unlinkSync(path);
  const before = process.umask(0o777 & ~mode);
  try {
    await listening(server, () => server.listen(path));
  } finally {
    process.umask(before);
  }
  return server;
}

/** Whether a process takes connections there; one that is too busy for it does. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => done(true));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => done(code === 'EAGAIN' || code === 'EACCES'));
  });
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
