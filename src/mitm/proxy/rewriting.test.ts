import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rewriter } from './index.ts';
import { eventually, RawClient, requestServer, reverseProxy } from './testing.ts';

const PASSES: Rewriter = { request: () => undefined, response: () => undefined };

test('a rewriter changes requests, or answers them', async (t) => {
  let seen = '';
  const to = await requestServer(t, (socket, request) => {
    seen = request;
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  const { port } = await reverseProxy(t, 9, {
    rewriter: {
      ...PASSES,
      request(head, { origin }) {
        assert.equal(origin, 'http://127.0.0.1:9');
        if (head.target === '/here') {
          return { kind: 'answer', answer: { status: 302, fields: [['Location', '/there']], body: '' } };
        }
        const fields = head.fields.map(([name, value]) => [name, name === 'Host' ? 'other' : value] as const);
        const target = head.target === '/split' ? '/a HTTP/1.1\r\nX: y' : `/new${head.target}`;
        return { kind: 'change', origin: `http://127.0.0.1:${to}`, target, fields };
      },
    },
  });
  const client = new RawClient(t, port);
  client.send('GET /here HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await client.until('\r\n\r\n'), /^HTTP\/1\.1 302 Found\r\nLocation: \/there\r\n/);
  client.send('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi');
  await client.until('ok');
  assert.match(seen, /^POST \/new\/x HTTP\/1\.1\r\nHost: other\r\nContent-Length: 2\r\n[\s\S]*\r\n\r\nhi$/);
  client.send('GET /split HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(await client.until('could not be rewritten'), /HTTP\/1\.1 502 /);
});

test('a rewriter changes the head of an answer and replaces its body, up to a length', async (t) => {
  const to = await requestServer(t, (socket, request) => {
    if (request.startsWith('GET /none'))
      socket.write('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n');
    else if (request.startsWith('GET /long')) {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n${'x'.repeat(101)}`);
    } else
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n');
  });
  const { port } = await reverseProxy(t, to, {
    rewriter: {
      ...PASSES,
      response: (_request, head) => ({
        status: 201,
        reason: 'Made',
        fields: [['X-New', String(head.status)]],
        body: { most: 100, replace: (body) => ({ body: Buffer.from(body.toString().toUpperCase()) }) },
      }),
    },
  });
  const client = new RawClient(t, port);
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => client.text.endsWith('ABC'), 'the body');
  assert.equal(client.text, 'HTTP/1.1 201 Made\r\nX-New: 200\r\nContent-Length: 3\r\n\r\nABC');
  client.text = '';
  client.send('GET /long HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => client.text.endsWith('x'), 'the long body');
  assert.equal(client.text, `HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n${'x'.repeat(101)}`);
  client.text = '';
  client.send('GET /none HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal(
    await client.until('\r\n\r\n'),
    'HTTP/1.1 201 Made\r\nX-New: 304\r\nContent-Length: 0\r\n\r\n',
  );
});

test('where a rewriter throws, the client gets 502 and nothing of the answer', async (t) => {
  const to = await requestServer(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret'),
  );
  const { port, proxy } = await reverseProxy(t, to, {
    rewriter: {
      ...PASSES,
      response: (request) => {
        if (request.target === '/field') return { fields: [['X', 'a\r\nY: b']] };
        throw new Error('no rule');
      },
    },
  });
  for (const target of ['/throws', '/field']) {
    const client = new RawClient(t, port);
    client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const text = await client.until('Reference');
    assert.match(text, /^HTTP\/1\.1 502 /);
    assert.doesNotMatch(text, /secret|Y: b/);
  }
  assert.equal(proxy.statistics().upstream.faults.rewrite, 2);
});
