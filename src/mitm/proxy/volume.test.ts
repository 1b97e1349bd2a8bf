import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { eventually, RawClient, requestServer, reverseProxy, serverFor } from './testing.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const MEBIBYTE = 1024 * 1024;

test('a client that does not read holds the server up, and what is held is bounded', async (t) => {
  const length = 64 * MEBIBYTE;
  const piece = Buffer.alloc(MEBIBYTE, 'x');
  let written = 0;
  const to = await serverFor(t, (socket) => {
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`);
      const more = (): void => {
        while (written < length) {
          written += piece.length;
          if (!socket.write(piece)) return;
        }
      };
      socket.on('drain', more);
      more();
    });
  });
  const { port, proxy } = await reverseProxy(t, to);
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => proxy.statistics().bytes.fromServers > 0, 'the answer to begin');
  let before = 0;
  await eventually(() => {
    const { fromServers } = proxy.statistics().bytes;
    const still = fromServers === before;
    before = fromServers;
    return still;
  }, 'a standstill');
  const { fromServers } = proxy.statistics().bytes;
  // The kernel's buffers on both sides take some; the rest stays with the server.
  assert.ok(fromServers < length / 2, `${fromServers} of ${length} bytes were taken`);
  let got = 0;
  client.on('data', (data) => {
    got += data.length;
  });
  await eventually(() => got > length, 'the whole answer');
});

test('a server that does not read holds the client up, and then gets all of it', async (t) => {
  const length = 48 * MEBIBYTE;
  const hash = createHash('sha256');
  let got = -1;
  let server: Socket | undefined;
  const to = await serverFor(t, (socket) => {
    server = socket;
    socket.pause();
  });
  const { port, proxy } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`);
  const body = Buffer.alloc(length);
  for (let i = 0; i < length; i += 4096) body.writeUInt32LE(i, i);
  client.socket.write(body);
  await eventually(
    () => proxy.statistics().bytes.toServers > 0 && server !== undefined,
    'the request to begin',
  );
  let before = 0;
  await eventually(() => {
    const { fromClients } = proxy.statistics().bytes;
    const still = fromClients === before;
    before = fromClients;
    return still;
  }, 'a standstill');
  assert.ok(before < length / 2, `${before} of ${length} bytes were taken`);
  server?.on('data', (data: Buffer) => {
    let from = 0;
    if (got < 0) {
      from = data.indexOf('\r\n\r\n') + 4;
      got = 0;
    }
    hash.update(data.subarray(from));
    got += data.length - from;
    if (got === length) server?.write(OK);
  });
  server?.resume();
  await client.until('ok');
  assert.equal(hash.digest('hex'), createHash('sha256').update(body).digest('hex'));
});

test('two thousand open connections are all served, and the proxy keeps little of each', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port, proxy } = await reverseProxy(t, to, { limits: { connectionsPerAddress: 2_000 } });
  const clients: Socket[] = [];
  t.after(() => {
    for (const socket of clients) socket.destroy();
  });
  let answers = 0;
  for (let i = 0; i < 2_000; i++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('data', () => answers++);
    clients.push(socket);
  }
  await eventually(() => proxy.statistics().connections.open === 2_000, 'the connections');
  for (let round = 1; round <= 2; round++) {
    for (const socket of clients) socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => answers === 2_000 * round, 'an answer on each');
  }
  const { upstream, statuses } = proxy.statistics();
  assert.equal(statuses[1], 4_000);
  assert.ok(upstream.opened <= 1_024, `${upstream.opened} connections to the server`);
  for (const socket of clients) socket.destroy();
  await eventually(() => proxy.statistics().connections.open === 0, 'them to be gone');
});
