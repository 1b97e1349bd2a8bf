import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission, DEFAULT_LIMITS, proxyLimits } from './limits.ts';
import { eventually, RawClient, requestServer, reverseProxy } from './testing.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

test('limits are positive whole numbers with a known name', () => {
  assert.throws(() => proxyLimits({ headMs: 0 }), /proxy limit headMs: 0/);
  assert.throws(() => proxyLimits(JSON.parse('{"headMilliseconds": 1}')), /no such limit/);
  assert.equal(proxyLimits({ headMs: undefined }).headMs, DEFAULT_LIMITS.headMs);
});

test('connections are counted in all and by address, an IPv6 /64 being one', () => {
  const admission = new Admission(proxyLimits({ connections: 3, connectionsPerAddress: 2 }));
  assert.deepEqual(admission.enter('2001:db8::1'), admission.enter('2001:db8::2'));
  assert.deepEqual(admission.enter('2001:db8::3'), { refused: 'address' });
  assert.deepEqual(admission.enter('::ffff:192.0.2.1'), { key: '192.0.2.1' });
  assert.deepEqual(admission.enter('192.0.2.9'), { refused: 'connections' });
  admission.leave('192.0.2.1');
  assert.deepEqual(admission.enter('192.0.2.9'), { key: '192.0.2.9' });
});

test('malformed requests are refused with their status and reach no server', async (t) => {
  let requests = 0;
  const to = await requestServer(t, (socket) => {
    requests++;
    socket.write(OK);
  });
  const { port, proxy } = await reverseProxy(t, to);
  const cases: [string, number][] = [
    ['GET / HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\n X: folded\r\n\r\n', 400],
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx', 400],
    ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
    ['GET / HTTP/2.0\r\nHost: a\r\n\r\n', 505],
    [`GET /${'a'.repeat(20_000)}`, 414],
    [`GET / HTTP/1.1\r\nX: ${'a'.repeat(40_000)}`, 431],
    [`GET / HTTP/1.1\r\nHost: a\r\n${'X: 1\r\n'.repeat(200)}\r\n`, 431],
    ['TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 405],
    ['CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 405],
  ];
  for (const [request, status] of cases) {
    const client = new RawClient(t, port);
    client.send(request);
    await client.until('Reference: ');
    assert.ok(client.text.startsWith(`HTTP/1.1 ${status} `), `${request.slice(0, 60)}: ${client.text}`);
  }
  assert.equal(requests, 0);
  assert.equal(proxy.statistics().refused.malformed, cases.length - 2);
});

test('a malformed chunk ends the request, and nothing behind it is read as another', async (t) => {
  let requests = 0;
  const to = await requestServer(t, () => requests++);
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  client.send('zz\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await client.end(), /^HTTP\/1\.1 400 /);
  assert.equal(requests, 0);
});

test('a head that drips is 408, and a connection without a byte is closed', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port, proxy } = await reverseProxy(t, to, { limits: { headMs: 300 } });
  const slow = new RawClient(t, port);
  const mute = new RawClient(t, port);
  slow.send('GET / HTTP/1.1\r\n');
  const drip = setInterval(() => slow.send('X'), 50);
  t.after(() => clearInterval(drip));
  assert.match(await slow.end(), /^HTTP\/1\.1 408 /);
  assert.equal(await mute.end(), '');
  assert.equal(proxy.statistics().refused.head_timeout, 1);
});

test('a connection that stays idle between requests is closed', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port } = await reverseProxy(t, to, { limits: { idleMs: 100 } });
  const client = new RawClient(t, port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(await client.end(), OK);
});

test('a body that stops coming is 408', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port, proxy } = await reverseProxy(t, to, { limits: { bodyIdleMs: 200 } });
  const client = new RawClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc');
  assert.match(await client.end(), /^HTTP\/1\.1 408 /);
  await eventually(() => proxy.statistics().upstream.open === 0, 'the end of the connection to the server');
});

test('bodies over the limit are 413, announced or not', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port } = await reverseProxy(t, to, { limits: { requestBodyBytes: 1_000 } });
  const announced = new RawClient(t, port);
  announced.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n');
  assert.match(await announced.end(), /^HTTP\/1\.1 413 /);
  const chunked = new RawClient(t, port);
  chunked.send(
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1f4\r\n${'a'.repeat(500)}\r\n`,
  );
  chunked.send(`1f5\r\n${'a'.repeat(501)}\r\n0\r\n\r\n`);
  assert.match(await chunked.end(), /^HTTP\/1\.1 413 /);
});

test('more connections than one address may have are closed', async (t) => {
  const to = await requestServer(t, (socket) => socket.write(OK));
  const { port, proxy } = await reverseProxy(t, to, { limits: { connectionsPerAddress: 2 } });
  const first = [new RawClient(t, port), new RawClient(t, port)];
  await eventually(() => proxy.statistics().connections.open === 2, 'two connections');
  const third = new RawClient(t, port);
  assert.equal(await third.end(), '');
  assert.equal(proxy.statistics().refused.address, 1);
  first[0]?.socket.destroy();
  await eventually(() => proxy.statistics().connections.open === 1, 'one to go');
  const fourth = new RawClient(t, port);
  fourth.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await fourth.until('ok');
});

test('a client that sends requests without reading answers is not read without end', async (t) => {
  const to = await requestServer(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`);
  });
  const { port, proxy } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.socket.pause();
  const many = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2_000);
  for (let i = 0; i < 100; i++) client.send(many);
  let before = -1;
  await eventually(() => {
    const { requests } = proxy.statistics();
    const still = requests > 0 && requests === before;
    before = requests;
    return still;
  }, 'a standstill');
  const { requests, bytes } = proxy.statistics();
  assert.ok(requests < 1_000, `${requests} requests were begun`);
  assert.ok(bytes.fromClients < 1024 * 1024, `${bytes.fromClients} bytes were read`);
});
