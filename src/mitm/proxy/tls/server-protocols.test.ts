import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Nginx } from '../../../../test/support/nginx.ts';
import {
  freePort,
  ownFolder,
  withoutPrograms,
  writeCertificate,
} from '../../../../test/support/web-parts.ts';
import { DestinationGuard } from '../destination.ts';
import { ServerProtocols } from './server-protocols.ts';
import { UpstreamTls } from './upstream-tls.ts';

const skip = withoutPrograms('nginx', 'openssl');
const OPEN = new DestinationGuard({ allowLocal: true });

/** An nginx with TLS, with HTTP/2 or without, and its port. */
async function nginxWith(t: TestContext, both: string, http2: boolean): Promise<number> {
  const port = await freePort();
  await Nginx.start(t, {
    listen: [`127.0.0.1:${port} ssl${http2 ? ' http2' : ''}`],
    settings: `ssl_certificate ${both}; ssl_certificate_key ${both};`,
  });
  return port;
}

/** A server that takes connections and says nothing; how many it took. */
async function silent(t: TestContext): Promise<{ readonly port: number; readonly sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

test('servers are asked once whether they offer HTTP/2', { skip, timeout: 30_000 }, async (t) => {
  const folder = ownFolder(t);
  const both = writeCertificate(folder);
  const tls = new UpstreamTls({ caFile: join(folder, 'certificate.pem') });
  const [modern, plain] = await Promise.all([nginxWith(t, both, true), nginxWith(t, both, false)]);
  const protocols = new ServerProtocols({ tls, capacity: 2 });
  const of = (port: number, host = '127.0.0.1'): Promise<readonly string[]> =>
    protocols.of(host, port, host, OPEN);
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await of(modern), ['h2', 'http/1.1']);
    assert.deepEqual(await Promise.all([of(plain), of(plain)]), [['http/1.1'], ['http/1.1']]);
  }
  assert.deepEqual(protocols.statistics, { kept: 2, asked: 2, failed: 0, skipped: 0 });
  // The bound: what was not asked for longest goes.
  assert.deepEqual(await of(plain, 'localhost'), ['http/1.1']);
  assert.equal(protocols.statistics.kept, 2);
  await of(modern);
  assert.equal(protocols.statistics.asked, 4);
});

test('a server that cannot be asked, or must not be, costs a moment and no protocol', {
  skip,
  timeout: 30_000,
}, async (t) => {
  const own = ['h2', 'http/1.1'];
  const folder = ownFolder(t);
  const both = writeCertificate(folder);
  const { port, sockets } = await silent(t);
  const protocols = new ServerProtocols({ tls: new UpstreamTls(), timeoutMs: 200, mostAsked: 1 });
  t.after(() => protocols.close());
  const waiting = protocols.of('127.0.0.1', port, 'a.example', OPEN);
  assert.deepEqual(await protocols.of('127.0.0.1', port, 'b.example', OPEN), own);
  assert.deepEqual(await waiting, own);
  assert.deepEqual(await protocols.of('127.0.0.1', port, 'a.example', OPEN), own);
  assert.deepEqual(protocols.statistics, { kept: 1, asked: 1, failed: 1, skipped: 1 });
  assert.equal(sockets.length, 1);
  // Nobody listens; a certificate that is not believed.
  assert.deepEqual(await protocols.of('127.0.0.1', await freePort(), 'a.example', OPEN), own);
  assert.deepEqual(await protocols.of('localhost', await nginxWith(t, both, false), 'localhost', OPEN), own);
  assert.equal(protocols.statistics.failed, 3);
  // What clients may not reach is not reached for them, by whatever name.
  const shut = new DestinationGuard();
  assert.deepEqual(await protocols.of('127.0.0.1', port, 'c.example', shut), own);
  assert.deepEqual(await protocols.of('ip6-localhost', port, 'ip6-localhost', shut), own);
  assert.equal(sockets.length, 1);
});

test('an answer holds for a while', { skip, timeout: 30_000 }, async (t) => {
  const { port } = await silent(t);
  const options = { tls: new UpstreamTls(), timeoutMs: 50, failureHoldsMs: 0 };
  const protocols = new ServerProtocols(options);
  for (let i = 0; i < 2; i++) await protocols.of('127.0.0.1', port, 'a.example', OPEN);
  assert.equal(protocols.statistics.asked, 2);
  // Who is being asked when it ends is let go.
  const asked = new ServerProtocols({ ...options, timeoutMs: 20_000 });
  const answer = asked.of('127.0.0.1', port, 'a.example', OPEN);
  asked.close();
  assert.deepEqual(await answer, ['h2', 'http/1.1']);
});
