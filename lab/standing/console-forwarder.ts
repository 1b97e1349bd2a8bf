/**
 * Leads connections to a port of the loopback on to the console's socket: namespaces of the network do not part the
 * file system. Its arguments: the socket, the first port to try, and a file that the address is written to.
 */

import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { pipeline } from 'node:stream';

/** Ports that are tried; then the system chooses one. */
const PORTS = 30;
const MOST_CONNECTIONS = 512;

const [socket = '', first = '', file = ''] = process.argv.slice(2);
const server = createServer({ allowHalfOpen: true }, (client) => {
  const upstream = connect({ path: socket, allowHalfOpen: true });
  // Either side may break off; the other learns of it by its end.
  pipeline(client, upstream, client, (error) => {
    if (error?.code === 'ENOENT' && !existsSync(file)) process.exit();
  });
});
server.maxConnections = MOST_CONNECTIONS;

let tried = 0;
const listen = (): void => {
  server.listen({ host: '127.0.0.1', port: tried < PORTS ? Number(first) + tried : 0 });
  tried++;
};
server.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE' || tried > PORTS) throw error;
  listen();
});
server.once('listening', () => {
  const { port } = server.address() as AddressInfo;
  writeFileSync(`${file}.new`, `${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
  renameSync(`${file}.new`, file);
});
listen();
