import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Judge, type Judgement, PASSED, unrecordedRefusal } from '../judge.ts';
import type { IncomingRequest, IncomingResponse } from '../transaction.ts';
import { eventually, RawClient, requestServer, reverseProxy, serverFor } from './testing.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const DENY: Judgement = { ...PASSED, action: 'deny', status: 403, reason: 'test' };

interface Seen {
  readonly requests: IncomingRequest[];
  readonly responses: IncomingResponse[];
  readonly abandoned: (IncomingResponse | undefined)[];
}

/** A judge whose words stand in what it looks at: a message with `evil` in its body is denied, `drop` in its target dropped. */
function judge(options: Partial<Judge> = {}): { judge: Judge; seen: Seen } {
  const seen: Seen = { requests: [], responses: [], abandoned: [] };
  const decide = (request: IncomingRequest): Judgement => {
    if (request.body.includes('evil')) return DENY;
    if (request.target.includes('drop')) return { ...PASSED, action: 'drop' };
    if (request.target.includes('limit')) return { ...PASSED, action: 'limit', status: 429, retryAfter: 7 };
    if (request.target.includes('move')) {
      return { ...PASSED, action: 'redirect', status: 302, location: 'https://example.org/' };
    }
    return PASSED;
  };
  return {
    seen,
    judge: {
      requestBodyLimit: 10_000,
      responseBodyLimit: 0,
      refusesLongBodies: false,
      refuse: (_request, status, reason) => unrecordedRefusal(status, reason),
      async request(request) {
        seen.requests.push(request);
        return {
          reference: 'abcdefghij0123456789',
          judgement: decide(request),
          async response(response) {
            seen.responses.push(response);
            return response.body.includes('evil') ? DENY : PASSED;
          },
          abandon: (response) => seen.abandoned.push(response),
        };
      },
      ...options,
    },
  };
}

async function echoServer(t: TestContext): Promise<{ to: number; requests: string[] }> {
  const requests: string[] = [];
  const to = await requestServer(t, (socket, request) => {
    requests.push(request);
    socket.write(OK);
  });
  return { to, requests };
}

test('a judge sees the request and its whole body before the server does', async (t) => {
  const { to, requests } = await echoServer(t);
  const { judge: asked, seen } = judge();
  const { port } = await reverseProxy(t, to, { judge: asked });
  const client = new RawClient(t, port);
  client.send('POST /p?q HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\xe4b\r\n');
  client.send('1\r\nc\r\n0\r\n\r\n');
  await client.until('ok');
  const [request] = seen.requests;
  assert.equal(request?.body, '\xe4bc');
  assert.equal(request?.bodyBytes, 3);
  assert.equal(request?.target, '/p?q');
  assert.equal(request?.connection.client.address, '127.0.0.1');
  assert.match(request?.connection.communityId ?? '', /^1:/);
  assert.ok(Math.abs((request?.timeUs ?? 0) / 1000 - Date.now()) < 60_000);
  // What was kept whole has a length.
  assert.match(requests[0] ?? '', /\r\nContent-Length: 3\r\n[\s\S]*\r\n\r\n\xe4bc$/);
  await eventually(() => seen.abandoned.length === 1, 'the end of the transaction');
  assert.equal(seen.abandoned[0]?.status, 200);
  assert.equal(seen.abandoned[0]?.bodyBytes, 2);
});

test('what is denied, limited, redirected or dropped reaches no server', async (t) => {
  const { to, requests } = await echoServer(t);
  const { judge: asked, seen } = judge();
  const { port, proxy } = await reverseProxy(t, to, { judge: asked });
  const denied = new RawClient(t, port);
  denied.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nevil');
  assert.match(await denied.until('abcdefghij0123456789'), /^HTTP\/1\.1 403 Forbidden\r\n/);
  denied.send('GET /limit HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await denied.until('429 '), /\r\nRetry-After: 7\r\n/);
  denied.send('GET /move HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await denied.until('302 '), /\r\nLocation: https:\/\/example\.org\/\r\n/);
  const dropped = new RawClient(t, port);
  dropped.send('GET /drop HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(await dropped.end(), '');
  assert.equal(requests.length, 0);
  assert.deepEqual(seen.abandoned, [undefined, undefined, undefined, undefined]);
  assert.equal(proxy.statistics().refused.judged, 4);
});

test('the block page can be another', async (t) => {
  const { to } = await echoServer(t);
  const { port } = await reverseProxy(t, to, {
    judge: judge().judge,
    answers: {
      blocked: ({ reference }) => ({ status: 406, fields: [['X-Ref', reference]], body: 'mine' }),
    },
  });
  const client = new RawClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nevil');
  assert.match(await client.until('mine'), /^HTTP\/1\.1 406 [\s\S]*\r\nX-Ref: abcdefghij0123456789\r\n/);
});

test('who waits for 100 gets it from the proxy, once', async (t) => {
  const { to, requests } = await echoServer(t);
  const { port } = await reverseProxy(t, to, { judge: judge().judge });
  const client = new RawClient(t, port);
  client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
  await client.until('100 Continue\r\n\r\n');
  client.send('hi');
  assert.equal(await client.until('ok'), `HTTP/1.1 100 Continue\r\n\r\n${OK}`);
  assert.doesNotMatch(requests[0] ?? '', /Expect/);
});

test('a long body is judged in part and goes on whole, or is 413', async (t) => {
  const { to, requests } = await echoServer(t);
  const { judge: asked, seen } = judge();
  const { port } = await reverseProxy(t, to, { judge: asked });
  const body = 'abcdefghij'.repeat(50_000);
  for (const chunked of [false, true]) {
    const client = new RawClient(t, port);
    const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`;
    client.send(`POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`);
    client.send(chunked ? `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : body);
    await client.until('ok');
    const request = seen.requests.at(-1);
    assert.equal(request?.body, body.slice(0, 10_000));
    assert.equal(request?.bodyBytes, chunked ? -1 : body.length);
    const sent = (requests.at(-1) ?? '').split('\r\n\r\n').slice(1).join('\r\n\r\n');
    const plain = chunked ? sent.replace(/(?:^|\r\n)[0-9a-f]+\r\n/g, '') : sent;
    assert.equal(plain.trimEnd().length, body.length);
  }
  const { port: strict } = await reverseProxy(t, to, { judge: judge({ refusesLongBodies: true }).judge });
  const client = new RawClient(t, strict);
  client.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10001\r\n\r\n`);
  assert.match(await client.end(), /^HTTP\/1\.1 413 /);
  const second = new RawClient(t, strict);
  second.send(
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n${'a'.repeat(10_001)}\r\n`,
  );
  assert.match(await second.end(), /^HTTP\/1\.1 413 /);
});

test('an answer is held back until it was judged', async (t) => {
  const to = await requestServer(t, (socket, request) => {
    const [, path] = request.split(' ');
    if (path === '/long')
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 500000\r\n\r\n${'x'.repeat(500_000)}`);
    else socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n');
  });
  const { judge: asked, seen } = judge({ responseBodyLimit: 1_000 });
  const { port } = await reverseProxy(t, to, { judge: asked });
  const client = new RawClient(t, port);
  client.send('GET /evil HTTP/1.1\r\nHost: a\r\n\r\n');
  const text = await client.until('abcdefghij0123456789');
  assert.match(text, /^HTTP\/1\.1 403 /);
  assert.doesNotMatch(text, /evil/);
  client.send('GET /long HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => client.text.endsWith('x') && client.text.length > 500_000, 'the long answer');
  assert.equal(client.text.replace(/[^x]/g, '').length - (text.match(/x/g)?.length ?? 0), 500_000);
  assert.equal(seen.responses.at(-1)?.body.length, 1_000);
  assert.equal(seen.responses.at(-1)?.bodyBytes, 500_000);
  assert.equal(seen.abandoned.length, 0);
});

test('an answer that drips is judged in part when it was held for long enough', async (t) => {
  const to = await serverFor(t, (socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nfirst'),
    );
  });
  const { port } = await reverseProxy(t, to, {
    judge: judge({ responseBodyLimit: 1_000 }).judge,
    limits: { holdMs: 100 },
  });
  const client = new RawClient(t, port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until('first');
});

test('each transaction is told of once, also where the client or the server is gone', async (t) => {
  const silent = await serverFor(t, (socket) => {
    socket.on('end', () => socket.end());
    socket.resume();
  });
  const { judge: asked, seen } = judge({ responseBodyLimit: 1_000 });
  const { port, proxy } = await reverseProxy(t, silent, { judge: asked });
  const client = new RawClient(t, port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => proxy.statistics().upstream.opened === 1, 'the request');
  client.socket.destroy();
  await eventually(() => seen.abandoned.length === 1, 'the end');
  const dead = await requestServer(t, (socket) => socket.destroy());
  const { port: second } = await reverseProxy(t, dead, { judge: asked });
  const other = new RawClient(t, second);
  other.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await other.until('Reference: abcdefghij0123456789'), /^HTTP\/1\.1 502 /);
  assert.deepEqual(seen.abandoned, [undefined, undefined]);
  assert.equal(seen.responses.length, 0);
});

test('a judge that breaks its word lets nothing pass', async (t) => {
  const { to, requests } = await echoServer(t);
  const { port } = await reverseProxy(t, to, {
    judge: judge({ request: () => Promise.reject(new Error('broken')) }).judge,
  });
  const client = new RawClient(t, port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await client.until('Reference'), /^HTTP\/1\.1 503 /);
  assert.equal(requests.length, 0);
});
