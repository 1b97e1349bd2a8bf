import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { ProxyFailure } from './index.ts';
import { eventually, proxyFor, RawClient, requestServer, reverseProxy, serverFor } from './testing.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A server that closes each connection, without a word, at its second request. */
function staleServer(onRequest: (request: string) => void): Parameters<typeof requestServer>[1] {
  return (socket, request, index) => {
    onRequest(request);
    if (index === 0) socket.write(OK);
    else socket.destroy();
  };
}

test('a request on a connection that went stale is sent again, once, on a new one', async (t) => {
  let requests = 0;
  const to = await requestServer(
    t,
    staleServer(() => requests++),
  );
  const { port, proxy } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(GET);
  await client.until('ok');
  client.send(GET);
  await eventually(() => client.text === OK + OK, 'the second answer');
  assert.equal(requests, 3);
  assert.equal(proxy.statistics().upstream.retries, 1);
});

test('a request that may not be repeated is not', async (t) => {
  let requests = 0;
  const to = await requestServer(
    t,
    staleServer(() => requests++),
  );
  const { port, proxy } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(GET);
  await client.until('ok');
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx');
  assert.match(await client.until('Reference: '), /HTTP\/1\.1 502 /);
  assert.equal(requests, 2);
  assert.equal(proxy.statistics().upstream.retries, 0);
});

test('a server that sends more than its answer is not asked again on that connection', async (t) => {
  let connections = 0;
  const to = await requestServer(t, (socket, _request, index) => {
    if (index === 0) connections++;
    socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`);
  });
  const { port } = await reverseProxy(t, to);
  const client = new RawClient(t, port);
  client.send(GET + GET);
  await eventually(() => client.text === OK + OK, 'two answers');
  assert.equal(connections, 2);
});

test('no server, no name and no answer are 502 and 504 with a reference that is told of', async (t) => {
  const failures: ProxyFailure[] = [];
  const silent = await serverFor(t, (socket) => {
    socket.on('end', () => socket.end());
    socket.resume();
  });
  const hangUp = await requestServer(t, (socket) => socket.destroy());
  const { port } = await proxyFor(t, {
    listeners: [{ kind: 'reverse', host: '127.0.0.1', port: 0 }],
    routes: [
      { path: '/dead', to: `http://127.0.0.1:${await deadPort()}` },
      { path: '/name', to: 'http://no-such-name.invalid' },
      { path: '/silent', to: `http://127.0.0.1:${silent}` },
      { path: '/hang-up', to: `http://127.0.0.1:${hangUp}` },
    ],
    limits: { answerMs: 100 },
    onFailure: (failure) => failures.push(failure),
  });
  for (const [path, status] of [
    ['dead', 502],
    ['name', 502],
    ['silent', 504],
    ['hang-up', 502],
    ['elsewhere', 404],
  ] as const) {
    const client = new RawClient(t, port);
    client.send(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const text = await client.until('Reference: ');
    assert.ok(text.startsWith(`HTTP/1.1 ${status} `), `${path}: ${text}`);
    await eventually(() => /Reference: [a-z0-9]{20}\n$/.test(client.text), 'the reference');
    const failure = failures.at(-1);
    assert.equal(failure?.status, status);
    assert.equal(failure?.reference, /Reference: (\w+)/.exec(client.text)?.[1]);
  }
});

test('a server that dies within its answer ends the connection of the client', async (t) => {
  const to = await requestServer(t, (socket, request) => {
    const chunked = request.startsWith('GET /chunked');
    socket.write(
      chunked
        ? 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'
        : 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf',
    );
    setTimeout(() => socket.destroy(), 20);
  });
  const { port, proxy } = await reverseProxy(t, to);
  for (const path of ['/length', '/chunked']) {
    const client = new RawClient(t, port);
    client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const text = await client.end();
    assert.match(text, /half/);
    assert.doesNotMatch(text, /0\r\n\r\n|502/);
  }
  assert.equal(proxy.statistics().upstream.faults.closed, 2);
});

test('answers that can be read in two ways are 502', async (t) => {
  const answers = [
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok',
    'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
    'nonsense\r\n\r\n',
    `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
    'HTTP/1.1 100 Continue\r\n\r\n'.repeat(40),
  ];
  const to = await requestServer(t, (socket, request) => {
    socket.write(answers[Number(/GET \/(\d)/.exec(request)?.[1])] ?? '');
  });
  const { port, proxy } = await reverseProxy(t, to);
  for (const index of answers.keys()) {
    const client = new RawClient(t, port);
    client.send(`GET /${index} HTTP/1.0\r\nHost: a\r\n\r\n`);
    assert.match(await client.end(), /^HTTP\/1\.1 502 /, `answer ${index}`);
  }
  assert.equal(proxy.statistics().upstream.faults.protocol, answers.length);
});

test('connections to a server are bounded; who waits too long gets 504, who finds no place 503', async (t) => {
  let open = 0;
  let most = 0;
  const to = await requestServer(t, (socket, request) => {
    open++;
    most = Math.max(most, open);
    socket.on('close', () => open--);
    if (request.startsWith('GET /quick')) {
      setTimeout(() => {
        open--;
        socket.removeAllListeners('close');
        socket.write(OK);
      }, 20);
    }
  });
  const { port, proxy } = await reverseProxy(t, to, {
    limits: { upstreamPerOrigin: 2, queueLength: 2, queueMs: 200 },
  });
  const clients = Array.from({ length: 4 }, () => new RawClient(t, port));
  for (const client of clients) client.send('GET /quick HTTP/1.1\r\nHost: a\r\n\r\n');
  for (const client of clients) await client.until('ok');
  assert.equal(most, 2);
  for (const client of clients) client.send('GET /never HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => proxy.statistics().upstream.waiting === 2, 'two that wait');
  const refused = new RawClient(t, port);
  refused.send(GET);
  assert.match(await refused.until('Reference'), /^HTTP\/1\.1 503 /);
  await eventually(
    () => clients.filter(({ text }) => text.includes('HTTP/1.1 504 ')).length === 2,
    'two 504',
  );
});
