import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTcp, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { frame } from '../../../../test/support/http2-frame.ts';
import { clientConnection } from '../../connection.ts';
import { listen } from '../testing.ts';
import { isHttp2Preface } from './preface.ts';
import type { Http2Request } from './request.ts';
import { serveHttp2 } from './server.ts';
import { answerOf, ask, client, connectTo, echo, proxy, upstream } from './testing.ts';

test('malformed requests, CONNECT and WebSocket are refused', async (t) => {
  const { port, statistics } = await proxy(t, await upstream(t, echo));
  const session = await client(t, port);
  const mismatch = await ask(session, { ':path': '/', ':authority': 'a.example', host: 'b.example' });
  assert.deepEqual([mismatch.status, /Host is not/.test(mismatch.body)], [400, true]);
  const tunnel = session.request({ ':method': 'CONNECT', ':authority': 'c.example:443' });
  assert.equal((await answerOf(tunnel)).status, 501);
  assert.equal(statistics.refused, 2);
  // Refused below already: the stream is reset.
  await assert.rejects(ask(session, { ':path': 'x' }), /PROTOCOL_ERROR/);
  assert.equal((await ask(session, { ':path': '/' })).status, 200);
});

test('heads beyond the bounds are refused, and the connection holds or ends', async (t) => {
  const { port, statistics } = await proxy(t, await upstream(t, echo), { headerListBytes: 4000, fields: 30 });
  const session = await client(t, port);
  const big = ask(session, { ':path': '/', 'x-big': 'x'.repeat(5000) });
  const bigStatus = await big.then(
    ({ status }) => status,
    () => 0,
  );
  assert.ok(bigStatus === 431 || bigStatus === 0, String(bigStatus));
  const many: OutgoingHttpHeaders = { ':path': '/' };
  for (let i = 0; i < 50; i++) many[`x-${i}`] = '1';
  const manyStatus = await ask(await client(t, port), many).then(
    ({ status }) => status,
    () => 0,
  );
  assert.ok(manyStatus === 431 || manyStatus === 0, String(manyStatus));
  assert.equal(statistics.requests, 0);
});

test('a client that cancels, or whose connection ends, ends the work that is done for it', async (t) => {
  await goesAway(t, (stream) => stream.close(constants.NGHTTP2_CANCEL));
  // Neither RST_STREAM nor GOAWAY: all that comes is the end of the connection.
  await goesAway(t, (_, socket) => socket.end());
});

async function goesAway(
  t: TestContext,
  leave: (stream: ClientHttp2Stream, socket: TLSSocket) => void,
): Promise<void> {
  const ended = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const options = await upstream(t, (request, response) => {
    request.socket.once('close', () => ended.resolve());
    response.write('some');
    started.resolve();
  });
  const { port, errors } = await proxy(t, options);
  const socket = connectTo(port);
  const session = await client(t, port, socket);
  const stream = session.request({ ':path': '/' });
  stream.on('error', () => stream.destroy());
  await started.promise;
  leave(stream, socket);
  await ended.promise;
  assert.deepEqual(errors, []);
}

test('a client that resets its requests rapidly is cut off', async (t) => {
  let most = 0;
  let running = 0;
  const options = await upstream(t, (request) => {
    running++;
    most = Math.max(most, running);
    request.socket.once('close', () => running--);
  });
  const { port, statistics } = await proxy(t, options, { resetBurst: 50, resetsPerSecond: 5, streams: 20 });
  const session = await client(t, port);
  let made = 0;
  const gone = new Promise<void>((resolve) => session.once('close', () => resolve()));
  const flood = setInterval(() => {
    for (let i = 0; i < 10 && !session.destroyed && !session.closed; i++) {
      const stream = session.request({ ':path': '/' });
      stream.on('error', () => stream.destroy());
      made++;
      setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 5);
    }
  }, 2);
  t.after(() => clearInterval(flood));
  await gone;
  clearInterval(flood);
  assert.ok(statistics.requests <= 200, `${statistics.requests} of ${made} came through`);
  assert.ok(most <= 50, `${most} at the same time`);
});

/** A connection on which raw frames are sent. */
async function rawClient(t: TestContext, port: number): Promise<TLSSocket> {
  const socket = connectTo(port);
  socket.on('error', () => socket.destroy());
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(4, 0, 0, Buffer.alloc(0)));
  return socket;
}

test('floods of PING, SETTINGS and CONTINUATION end the connection', async (t) => {
  const { port, statistics } = await proxy(t, await upstream(t, echo));
  for (const flood of [
    Buffer.concat(Array.from({ length: 500 }, () => frame(6, 0, 0, Buffer.alloc(8)))),
    Buffer.concat(Array.from({ length: 500 }, () => frame(4, 0, 0, Buffer.from('000300000064', 'hex')))),
    Buffer.concat([
      frame(1, 0, 1, Buffer.of(0x82)),
      ...Array.from({ length: 500 }, () => frame(9, 0, 1, Buffer.alloc(100))),
    ]),
  ]) {
    const socket = await rawClient(t, port);
    socket.resume();
    socket.write(flood);
    await once(socket, 'close');
  }
  assert.ok(statistics.flooded >= 2, String(statistics.flooded));
  assert.equal((await ask(await client(t, port), { ':path': '/' })).status, 200);
});

test('connections without requests, and requests without progress, come to an end', async (t) => {
  const { port } = await proxy(t, await upstream(t, echo), { idleTimeoutMs: 150, streamTimeoutMs: 100 });
  const idle = await client(t, port);
  await new Promise<void>((resolve) => idle.once('close', () => resolve()));
  const session = await client(t, port);
  const slow = session.request({ ':path': '/', ':method': 'POST' }, { endStream: false });
  slow.on('error', () => slow.destroy());
  slow.write('begun');
  slow.resume();
  await once(slow, 'close');
  assert.equal(slow.rstCode, constants.NGHTTP2_CANCEL);
});

test('HTTP/2 without TLS, or without having been negotiated, is refused', async (t) => {
  assert.ok(isHttp2Preface(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')));
  assert.ok(!isHttp2Preface(Buffer.from('PRI * HTTP/2')));
  const port = await listen(
    t,
    createServer((socket) => socket.on('error', () => socket.destroy())),
  );
  const plain = connectTcp(port, '127.0.0.1') as unknown as TLSSocket;
  t.after(() => plain.destroy());
  const end = { address: '127.0.0.1', port: 1 };
  const handler = async (_request: Http2Request): Promise<void> => {};
  assert.throws(() => serveHttp2(plain, clientConnection('proxy', end, end), { handler }), TypeError);
});
