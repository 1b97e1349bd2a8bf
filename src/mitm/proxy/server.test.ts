import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpProxy } from './index.ts';
import { eventually, RawClient, requestServer, reverseProxy, serverFor } from './testing.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET /a?b=c HTTP/1.1\r\nHost: example.org\r\n\r\n';

test('a request reaches the server with the fields of a gateway, and its answer the client', async (t) => {
  let seen = '';
  const to = await requestServer(t, (socket, request) => {
    seen = request;
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nKeep-Alive: timeout=5\r\n\r\nok');
  });
  const { proxy, port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(
    'GET /a?b=c HTTP/1.1\r\nHost: example.org\r\nX-Forwarded-For: 9.9.9.9\r\nX-Real-IP: 9.9.9.9\r\n' +
      'Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nX-End: 2\r\n\r\n',
  );
  const answer = await client.until('ok');
  assert.equal(answer, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\n\r\nok');
  const lines = seen.split('\r\n');
  assert.equal(lines[0], 'GET /a?b=c HTTP/1.1');
  assert.ok(lines.includes('Host: example.org'));
  assert.ok(lines.includes('X-Forwarded-For: 9.9.9.9, 127.0.0.1'));
  assert.ok(lines.includes('X-Forwarded-Proto: http'));
  assert.ok(lines.includes('X-End: 2'));
  assert.match(seen, /\r\nVia: 1\.1 weir-[0-9a-f]{12}\r\n/);
  assert.doesNotMatch(seen, /X-Hop|TE:|Connection|X-Real-IP/);
  const { requests, statuses, connections } = proxy.statistics();
  assert.deepEqual(
    { requests, statuses, open: connections.open },
    { requests: 1, statuses: [0, 1, 0, 0, 0], open: 1 },
  );
});

test('pipelined requests are answered in order on one connection each way', async (t) => {
  const to = await requestServer(t, (socket, request, index) => {
    const path = request.split(' ')[1] ?? '';
    // The first is the slowest.
    setTimeout(
      () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
      },
      20 - 5 * index,
    );
  });
  const { proxy, port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(['/a', '/b', '/c'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  const text = await client.until('/c');
  assert.deepEqual(text.match(/\/[a-c]/g), ['/a', '/b', '/c']);
  assert.equal(proxy.statistics().upstream.opened, 1);
});

test('a head that comes byte by byte is read', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.socket.setNoDelay(true);
  for (const byte of GET + GET) {
    client.send(byte);
    await new Promise((done) => setImmediate(done));
  }
  await eventually(() => client.text === OK + OK, 'two answers');
});

test('an answer that comes byte by byte is passed on', async (t) => {
  const text =
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n';
  const to = await requestServer(t, async (socket) => {
    socket.setNoDelay(true);
    for (const byte of text) {
      socket.write(byte);
      await new Promise((done) => setImmediate(done));
    }
  });
  const { port, proxy } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(GET);
  const got = await client.until('X-Trailer: 1\r\n\r\n');
  assert.match(got, /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  assert.equal(unchunked(got.slice(got.indexOf('chunked\r\n\r\n') + 11)), 'hello world');
  assert.equal(proxy.statistics().upstream.idle, 1);
});

test('chunks of a request are framed anew, without their extensions and trailers', async (t) => {
  let seen = '';
  const to = await requestServer(t, (socket, request) => {
    seen = request;
    socket.write(OK);
  });
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n');
  client.send('4\r\ndefg\r\n0\r\nX-T: 1\r\n\r\n');
  await client.until('ok');
  assert.equal(unchunked(seen.slice(seen.indexOf('\r\n\r\n') + 4)), 'abcdefg');
  assert.doesNotMatch(seen, /x=y|X-T/);
});

test('a body without a length is sent to HTTP/1.1 as chunks and to HTTP/1.0 until the end', async (t) => {
  const to = await requestServer(t, (socket) => socket.end('HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nhello'));
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(GET);
  const text = await client.until('0\r\n\r\n');
  assert.equal(unchunked(text.slice(text.indexOf('\r\n\r\n') + 4)), 'hello');
  const old = new RawClient(t, port);
  old.send('GET / HTTP/1.0\r\n\r\n');
  const answer = await old.end();
  assert.equal(answer, 'HTTP/1.1 200 OK\r\nX-A: 1\r\nConnection: close\r\n\r\nhello');
});

test('HTTP/1.0 with keep-alive keeps its connection', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok';
  for (let i = 1; i <= 2; i++) {
    client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    await eventually(() => client.text === answer.repeat(i), 'the answer');
  }
});

test('answers to HEAD, 204 and 304 have no body, and the connection goes on', async (t) => {
  const to = await requestServer(t, (socket, request) => {
    const path = request.split(' ')[1];
    if (path === '/head') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    else if (path === '/204') socket.write('HTTP/1.1 204 No Content\r\n\r\n');
    else if (path === '/304') socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n');
    else socket.write(OK);
  });
  const { port, proxy } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send('HEAD /head HTTP/1.1\r\nHost: a\r\n\r\nGET /204 HTTP/1.1\r\nHost: a\r\n\r\n');
  client.send('GET /304 HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(
    await client.until('ok'),
    'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n' +
      `HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n${OK}`,
  );
  assert.equal(proxy.statistics().upstream.opened, 1);
});

test('Expect: 100-continue goes to the server, and its 100 to the client', async (t) => {
  let body = '';
  const to = await serverFor(t, (socket) => {
    socket.setEncoding('latin1');
    socket.on('data', (data: string) => {
      if (data.startsWith('POST')) {
        assert.match(data, /\r\nExpect: 100-continue\r\n/);
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      } else {
        body += data;
        if (body.length === 5) socket.write(OK);
      }
    });
  });
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
  await client.until('100 Continue\r\n\r\n');
  client.send('hello');
  await client.until('ok');
  assert.equal(body, 'hello');
});

test('an answer that comes before the body was sent is passed on, and the connection ends', async (t) => {
  const to = await serverFor(t, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno'));
  });
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome');
  assert.equal(
    await client.end(),
    'HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno',
  );
});

test('after 101 bytes go both ways until both sides have ended', async (t) => {
  const to = await serverFor(t, (socket) => {
    socket.once('data', (data) => {
      assert.match(data.toString(), /\r\nUpgrade: websocket\r\n/i);
      assert.match(data.toString(), /\r\nConnection: upgrade\r\n/i);
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst',
      );
      socket.pipe(socket);
    });
  });
  const { port, proxy } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await client.until('\r\n\r\nfirst');
  const payload = '\x00\xff'.repeat(100_000);
  client.send(payload);
  await eventually(() => client.text.endsWith(`first${payload}`), 'the echo');
  assert.equal(proxy.statistics().tunnels.open, 1);
  client.socket.end();
  await client.end();
  await eventually(() => proxy.statistics().tunnels.open === 0, 'the end of the tunnel');
  assert.equal(proxy.statistics().connections.open, 0);
});

test('protocols that are not allowed are not asked for, and 101 that nobody asked for is an error', async (t) => {
  let seen = '';
  const to = await requestServer(t, (socket, request) => {
    seen = request;
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  });
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n',
  );
  assert.match(await client.until('Reference'), /^HTTP\/1\.1 502 /);
  assert.doesNotMatch(seen, /h2c|HTTP2-Settings|Upgrade/i);
});

test('a client that goes away takes the request to the server with it', async (t) => {
  let closed = false;
  const to = await serverFor(t, (socket) => {
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      closed = true;
    });
    socket.resume();
  });
  const { port, proxy } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(GET);
  await eventually(() => proxy.statistics().upstream.opened === 1, 'the connection');
  client.socket.destroy();
  await eventually(() => closed, 'the end of the connection to the server');
  const { abandoned, connections, upstream } = proxy.statistics();
  assert.deepEqual([abandoned, connections.open, upstream.open], [1, 0, 0]);
});

test('a stop lets what is being answered finish and takes nothing more', async (t) => {
  let answer = (): void => {};
  const to = await requestServer(t, (socket) => {
    answer = () => socket.write(OK);
  });
  const { port, proxy } = await reverseProxy(t, to, { limits: { lingerMs: 1 } });
  const busy = new RawClient(t, port);
  const idle = new RawClient(t, port);
  busy.send(GET);
  await eventually(() => proxy.statistics().upstream.opened === 1, 'the request');
  const stopped = proxy.stop(5_000);
  await idle.end();
  const late = new RawClient(t, port);
  await late.end();
  answer();
  assert.equal(await busy.end(), 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
  await stopped;
});

test('a proxy that would send to itself does not start', async () => {
  const probe = await HttpProxy.start({
    listeners: [{ kind: 'reverse', host: '127.0.0.1', port: 0 }],
    routes: [{ to: 'http://127.0.0.1:9' }],
  });
  const port = probe.addresses()[0]?.port ?? 0;
  await probe.stop(0);
  await assert.rejects(
    HttpProxy.start({
      listeners: [{ kind: 'reverse', host: '127.0.0.1', port }],
      routes: [{ to: `http://localhost:${port}` }],
    }),
    /the proxy itself listens there/,
  );
});

/** The payload of chunks. */
function unchunked(text: string): string {
  let payload = '';
  let at = 0;
  for (;;) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size > 0)) return payload;
    payload += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}
