import assert from 'node:assert/strict';
import { once } from 'node:events';
import { constants } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { test } from 'node:test';
import { listen } from '../testing.ts';
import { UpstreamTls } from '../tls/upstream-tls.ts';
import { type Answer, ask, CA_FILE, ca, client, curl, echo, judge, MIB, proxy, upstream } from './testing.ts';

test('curl gets by HTTP/2 what a server answers by HTTP/1.1', async (t) => {
  const { port, errors } = await proxy(t, await upstream(t, echo));
  const { status, stdout } = await curl(
    port,
    ...['-i', '-H', 'Cookie: a=1', '-H', 'TE: trailers', '-d', 'x=1', `https://a.example:${port}/p?q=%20`],
  );
  assert.equal(status, 0);
  const [head = '', body = ''] = stdout.split('\r\n\r\n');
  assert.match(head, /^HTTP\/2 200/);
  assert.match(head, /x-multi: 1\r\nx-multi: 2/);
  assert.doesNotMatch(head, /connection|x-secret|keep-alive|transfer-encoding/i);
  const seen = JSON.parse(body);
  assert.equal(seen.method, 'POST');
  assert.equal(seen.url, '/p?q=%20');
  assert.equal(seen.body, 'x=1');
  assert.deepEqual(seen.rawHeaders.slice(0, 2), ['Host', `a.example:${port}`]);
  assert.ok(!seen.rawHeaders.some((text: string) => /^te$/i.test(text)));
  assert.deepEqual(errors, []);
});

test('an answer without a body arrives, also where the request has not ended', async (t) => {
  const decide = () => ({ action: 'redirect' as const, status: 303, location: '/there' });
  const { port, errors } = await proxy(t, {
    ...(await upstream(t, echo)),
    judge: judge(decide, { requestBodyLimit: 100 }),
    answers: { blocked: () => ({ status: 303, fields: [['Location', '/there']], body: '' }) },
  });
  const { status, stdout } = await curl(port, '-i', '-d', 'x=1', `https://a.example:${port}/`);
  assert.equal(status, 0);
  assert.match(stdout, /^HTTP\/2 303[\s\S]*\r\nlocation: \/there\r\n/);
  // One that goes on behind its answer is told of its end a little later.
  const session = await client(t, port);
  const declared = { ':method': 'POST', ':path': '/', 'content-length': '5000' };
  const stream = session.request(declared, { endStream: false });
  stream.write('a'.repeat(1000));
  const [head] = (await once(stream, 'response')) as [Readonly<Record<string, unknown>>];
  assert.equal(head[':status'], 303);
  stream.resume();
  await once(stream, 'close');
  assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR);
  assert.deepEqual(errors, []);
});

test('200 requests at the same time are answered, each its own', async (t) => {
  const options = await upstream(t, (request, response) => {
    setTimeout(() => response.end(`answer to ${request.url}`), 5);
  });
  const { port, statistics } = await proxy(t, options);
  const session = await client(t, port);
  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, i) => ask(session, { ':path': `/${i}` })),
  );
  for (const [i, { status, body }] of answers.entries()) {
    assert.equal(status, 200);
    assert.equal(body, `answer to /${i}`);
  }
  assert.equal(statistics.requests, 200);
  assert.equal(statistics.connections, 1);
});

test('bytes above 127 and repeated fields pass unchanged', async (t) => {
  const options = await upstream(t, (request, response) => {
    response.setHeader('x-back', request.headers['x-there'] ?? '');
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end();
  });
  const { port } = await proxy(t, options);
  const { headers } = await ask(await client(t, port), { ':path': '/', 'x-there': 'caf\xe9 \xff' });
  assert.equal(headers['x-back'], 'caf\xe9 \xff');
  assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
});

test('large bodies stream both ways, no faster than they are read', async (t) => {
  const size = 24 * MIB;
  let sent = 0;
  const options = await upstream(t, (request, response) => {
    if (request.method === 'PUT') {
      let length = 0;
      request.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      request.on('end', () => response.end(String(length)));
      return;
    }
    const more = (): void => {
      while (sent < size) {
        sent += 65_536;
        if (!response.write(Buffer.alloc(65_536))) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  const { port } = await proxy(t, options);
  const session = await client(t, port);
  const up = await ask(session, { ':method': 'PUT', ':path': '/' }, Buffer.alloc(8 * MIB));
  assert.equal(up.body, String(8 * MIB));
  const stream = session.request({ ':path': '/' });
  await once(stream, 'response');
  stream.pause();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.ok(sent < size, `${sent} bytes were taken from the server though nobody read them`);
  let length = 0;
  stream.on('data', (chunk: Buffer) => {
    length += chunk.length;
  });
  stream.resume();
  await once(stream, 'end');
  assert.equal(length, size);
});

test('the judge sees the request and what it says is done', async (t) => {
  let reached = 0;
  const options = await upstream(t, (_request, response) => {
    reached++;
    response.end('fine');
  });
  const asked = judge(({ target }) => {
    if (target === '/deny') return { action: 'deny', status: 403, reason: 'because' };
    if (target === '/limit') return { action: 'limit', status: 429, retryAfter: 7 };
    if (target === '/redirect') return { action: 'redirect', status: 302, location: 'https://b.example/' };
    return target === '/drop' ? { action: 'drop' } : {};
  });
  const { port } = await proxy(t, { ...options, judge: asked });
  const session = await client(t, port);
  const pass = await ask(session, { ':path': '/?a=1', ':method': 'POST', 'x-a': 'b' }, 'q=1');
  assert.deepEqual([pass.status, pass.body], [200, 'fine']);
  const [seen] = asked.requests;
  assert.equal(seen?.protocol, 'HTTP/2.0');
  assert.equal(seen?.target, '/?a=1');
  assert.deepEqual(seen?.headers, [
    ['Host', `a.example:${port}`],
    ['x-a', 'b'],
    ['Transfer-Encoding', 'chunked'],
  ]);
  assert.deepEqual([seen?.body, seen?.bodyBytes], ['q=1', 3]);
  assert.equal(seen?.connection.tls?.alpn, 'h2');
  const deny = await ask(session, { ':path': '/deny' });
  assert.equal(deny.status, 403);
  assert.match(deny.body, /abcdefghij0123456789/);
  assert.doesNotMatch(deny.body, /because/);
  const limit = await ask(session, { ':path': '/limit' });
  assert.deepEqual([limit.status, limit.headers['retry-after']], [429, '7']);
  const redirect = await ask(session, { ':path': '/redirect' });
  assert.deepEqual([redirect.status, redirect.headers.location], [302, 'https://b.example/']);
  assert.equal(reached, 1);
  await assert.rejects(ask(session, { ':path': '/drop' }));
  assert.ok(session.closed || session.destroyed);
  assert.deepEqual(asked.ends, ['abandon', 'abandon', 'abandon', 'abandon', 'abandon']);
});

test('a body that is longer than the judge looks at is judged in part, or refused', async (t) => {
  const options = await upstream(t, echo);
  const partly = judge(() => ({}));
  const first = await proxy(t, { ...options, judge: partly });
  const body = 'x'.repeat(100_000);
  const passed = await ask(await client(t, first.port), { ':path': '/', ':method': 'POST' }, body);
  assert.equal(JSON.parse(passed.body).body, body);
  assert.deepEqual([partly.requests[0]?.body.length, partly.requests[0]?.bodyBytes], [1000, -1]);
  const strict = judge(() => ({}), { refusesLongBodies: true });
  const second = await proxy(t, { ...options, judge: strict });
  const session = await client(t, second.port);
  const told = { ':path': '/', ':method': 'POST', 'content-length': 100_000 };
  assert.equal((await ask(session, told, body)).status, 413);
  assert.equal((await ask(session, { ':path': '/', ':method': 'POST' }, body)).status, 413);
  assert.deepEqual([strict.requests, strict.ends], [[], ['refuse', 'refuse']]);
  const ok = await ask(session, { ':path': '/', ':method': 'POST' }, 'x'.repeat(1000));
  assert.equal(ok.status, 200);
});

test('answers are judged, bodies as far as the judge looks, and refused ones do not get out', async (t) => {
  const options = await upstream(t, (request, response) => {
    response.setHeader('content-type', 'text/plain');
    if (request.url === '/break') {
      response.write('abc');
      setTimeout(() => response.destroy(), 20);
    } else response.end(request.url === '/leak' ? 'secret' : 'y'.repeat(50_000));
  });
  const asked = judge(() => ({}), {
    responseBodyLimit: 2000,
    answer: ({ body }) => (body.includes('secret') ? { action: 'deny', status: 502 } : {}),
  });
  const { port } = await proxy(t, { ...options, judge: asked });
  const session = await client(t, port);
  const leak = await ask(session, { ':path': '/leak' });
  assert.equal(leak.status, 502);
  assert.doesNotMatch(leak.body, /secret/);
  assert.equal((await ask(session, { ':path': '/long' })).body, 'y'.repeat(50_000));
  assert.equal((await ask(session, { ':path': '/break' })).status, 502);
  assert.deepEqual(
    asked.responses.map(({ body, bodyBytes }) => [body.length, bodyBytes]),
    [
      [6, 6],
      [2000, 50_000],
    ],
  );
  assert.deepEqual(asked.ends, ['response', 'response', 'abandon']);
});

test('a server that breaks off, is silent or not there is told of', async (t) => {
  const options = await upstream(t, (request, response) => {
    if (request.url === '/half') {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    } else if (request.url === '/close') request.socket.destroy();
  });
  const { port } = await proxy(t, { ...options, limits: { answerMs: 200 } });
  const session = await client(t, port);
  await assert.rejects(ask(session, { ':path': '/half' }));
  const close = await ask(session, { ':path': '/close' });
  assert.deepEqual([close.status, /closed the connection/.test(close.body)], [502, true]);
  assert.equal((await ask(session, { ':path': '/silent' })).status, 504);
  const nowhere = await proxy(t, { routes: [{ to: 'http://127.0.0.1:1' }] });
  assert.equal((await ask(await client(t, nowhere.port), { ':path': '/' })).status, 502);
  const misdirected = await proxy(t, { routes: [{ host: 'b.example', to: 'http://127.0.0.1:1' }] });
  assert.equal((await ask(await client(t, misdirected.port), { ':path': '/' })).status, 404);
});

test('servers with TLS are verified, by their own exceptions too', async (t) => {
  const back = async (name: string): Promise<number> => {
    const { certificate, key } = ca.leaf(name);
    return listen(
      t,
      createHttps({ cert: certificate, key }, (_request, response) => response.end('safe')),
    );
  };
  const port = await back('127.0.0.1');
  const via = async (tls: UpstreamTls, to: number): Promise<Answer> => {
    const { port: at } = await proxy(t, { routes: [{ to: `https://127.0.0.1:${to}` }], upstreamTls: tls });
    return ask(await client(t, at), { ':path': '/' });
  };
  assert.equal((await via(new UpstreamTls({ caFile: CA_FILE }), port)).body, 'safe');
  assert.equal((await via(new UpstreamTls(), port)).status, 502);
  const other = await back('other.example');
  assert.equal((await via(new UpstreamTls({ caFile: CA_FILE }), other)).status, 502);
  const tls = new UpstreamTls({
    exceptions: [{ origin: `127.0.0.1:${other}`, verify: false, reason: 'old machine' }],
  });
  assert.equal((await via(tls, other)).body, 'safe');
  assert.deepEqual(tls.exceptions, [
    { origin: `127.0.0.1:${other}`, verify: false, what: 'not verified', reason: 'old machine', count: 1 },
  ]);
});
