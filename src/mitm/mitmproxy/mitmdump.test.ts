import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { curl } from '../../../test/support/mitmproxy/curl.ts';
import {
  startBackend,
  startMitmdump,
  temporaryFolder,
  withoutMitmdump,
} from '../../../test/support/mitmproxy/mitmdump.ts';
import { answer, firstWords, startPlace, ZIPPED } from '../../../test/support/mitmproxy/place.ts';
import { TestJudge } from '../../../test/support/mitmproxy/test-judge.ts';
import { until } from '../../../test/support/mitmproxy/until.ts';
import { MitmproxyBridge } from './bridge.ts';

const skip = withoutMitmdump();

test('mitmdump as a reverse proxy does what the judge says', { skip }, async (t) => {
  const { judge, bridge, mitmdump, url } = await startPlace(
    t,
    'weir_reference=true',
    'keep_host_header=true',
  );
  judge.decisions = {
    request: ({ target }) => {
      switch (target.split('?')[0]) {
        case '/deny':
          return { action: 'deny', status: 403, reason: 'rules' };
        case '/redirect':
          return { action: 'redirect', status: 302, location: 'http://www.example.org/x%20y' };
        case '/limit':
          return { action: 'limit', status: 429, retryAfter: 17 };
        case '/drop':
          return { action: 'drop' };
        default:
          return {};
      }
    },
    response: ({ body }, { target }) => {
      if (target.includes('drop-answer')) return { action: 'drop' };
      return body.includes('leak') ? { action: 'deny', status: 502, reason: 'leak' } : {};
    },
  };

  await t.test('what passes is what it was, and names its record', async () => {
    const { status, body, headers } = await curl(`${url}/plain?caf%C3%A9=1`, '-H', 'X-Raw: \u00e9');
    assert.equal(status, 200);
    assert.equal(body.toString(), 'answer to /plain?caf%C3%A9=1');
    assert.equal(headers['weir-reference'], 'abcdefghij0123456789');
    const { request, response } = judge.of('/plain?caf%C3%A9=1');
    assert.equal(request.method, 'GET');
    assert.equal(request.protocol, 'HTTP/1.1');
    assert.deepEqual(request.headers[0], ['Host', `127.0.0.1:${mitmdump.port}`]);
    assert.deepEqual(request.headers.at(-1), ['X-Raw', '\xc3\xa9']);
    assert.equal(request.server?.port, mitmdump.port);
    assert.match(request.connection.communityId, /^1:/);
    assert.ok(Math.abs(request.timeUs / 1000 - Date.now()) < 60_000);
    assert.equal(response?.status, 200);
    assert.equal(response?.body, body.toString());
    assert.equal(response?.bodyBytes, body.length);
  });

  await t.test('denied, redirected, limited, dropped', async () => {
    const denied = await curl(`${url}/deny`);
    assert.equal(denied.status, 403);
    assert.match(denied.body.toString(), /abcdefghij0123456789/);
    assert.doesNotMatch(denied.body.toString(), /answer/);
    assert.equal(denied.headers['weir-reference'], 'abcdefghij0123456789');
    assert.equal(judge.of('/deny').abandoned, true);
    const redirected = await curl(`${url}/redirect`);
    assert.equal(redirected.status, 302);
    assert.equal(redirected.headers.location, 'http://www.example.org/x%20y');
    const limited = await curl(`${url}/limit`);
    assert.equal(limited.status, 429);
    assert.equal(limited.headers['retry-after'], '17');
    assert.equal((await curl(`${url}/drop`)).code, 52);
    const head = await curl('-I', `${url}/deny`);
    assert.deepEqual([head.code, head.status, head.body.toString().includes('<')], [0, 403, false]);
    assert.doesNotMatch(mitmdump.running.stdout, /abcdefghij0123456789.*answer/);
    assert.match(
      mitmdump.running.stdout,
      /request of 127\.0\.0\.1: deny 403, reference abcdefghij0123456789: rules/,
    );
  });

  await t.test('bodies: small, binary, in chunks, and cut at the limit', async (t) => {
    const file = join(temporaryFolder(t), 'body');
    for (const [path, length, ...more] of [
      ['/small', 1000],
      ['/chunks', 1000, '-H', 'Transfer-Encoding: chunked'],
      ['/large-upload', 3 << 20],
    ] as const) {
      const sent = randomBytes(length);
      writeFileSync(file, sent);
      const { status, headers } = await curl('--data-binary', `@${file}`, ...more, url + path);
      assert.equal(status, 200);
      assert.equal(headers['x-received'], String(length));
      const { request } = judge.of(path);
      assert.equal(request.method, 'POST');
      assert.equal(request.bodyBytes, length);
      assert.ok(sent.subarray(0, judge.requestBodyLimit).equals(Buffer.from(request.body, 'latin1')), path);
    }
  });

  await t.test(
    'answers: zipped ones as they are, large ones cut, all of them whole for the client',
    async () => {
      const zipped = await curl(`${url}/zipped`);
      assert.deepEqual(zipped.body, ZIPPED);
      const seen = Buffer.from(judge.of('/zipped').response?.body ?? '', 'latin1');
      assert.deepEqual(gunzipSync(seen), gunzipSync(ZIPPED));
      assert.equal((await curl(`${url}/large`)).body.length, 1 << 20);
      assert.equal(judge.of('/large').response?.body.length, judge.responseBodyLimit);
      assert.equal(judge.of('/large').response?.bodyBytes, 1 << 20);
    },
  );

  await t.test('an answer that is denied or dropped does not arrive', async () => {
    const denied = await curl(`${url}/?leak`);
    assert.equal(denied.status, 502);
    assert.match(denied.body.toString(), /Reference/);
    assert.doesNotMatch(denied.body.toString(), /leak/);
    assert.equal((await curl(`${url}/drop-answer`)).code, 52);
  });

  await t.test('200 requests at once: each gets its own verdict', async () => {
    const before = judge.decisions;
    judge.decisions = {
      ...before,
      request: async ({ target }) => {
        const number = Number(target.split('=')[1]);
        await new Promise((resolve) => setTimeout(resolve, (number * 7919) % 60));
        return number % 2 === 0 ? { action: 'deny', status: 403 } : {};
      },
      reference: ({ target }) => `reference${target.split('=')[1]}`,
    };
    t.after(() => {
      judge.decisions = before;
    });
    const got = new Array<string>(200);
    const numbers = got.keys();
    const worker = async (): Promise<void> => {
      for (const number of numbers) {
        const response = await fetch(`${url}/many?n=${number}`);
        got[number] = `${response.status} ${response.headers.get('weir-reference')} ${await response.text()}`;
      }
    };
    await Promise.all(Array.from({ length: 100 }, worker));
    for (const [number, text] of got.entries()) {
      const denied = number % 2 === 0;
      assert.ok(text.startsWith(`${denied ? 403 : 200} reference${number} `), text);
      assert.ok(text.includes(denied ? `<code>reference${number}</code>` : `/many?n=${number}`), text);
    }
    judge.decisions = before;
  });

  await t.test('a client that goes away leaves nothing open', async () => {
    assert.equal((await curl('--max-time', '0.1', `${url}/slow`)).code, 28);
    await until('abandon or response', () => {
      const { abandoned, response } = judge.of('/slow');
      return abandoned || response !== undefined;
    });
    assert.equal(bridge.statistics().open, 0);
  });

  await t.test('a head of 300 kB is judged, one that is too long is refused', async () => {
    const cookie = `Cookie: ${'c'.repeat(120_000)}`;
    const three = ['-H', cookie, '-H', `X-A: ${cookie}`, '-H', `X-B: ${cookie}`];
    assert.equal((await curl(...three, `${url}/long`)).status, 200);
    assert.equal(judge.of('/long').request.headers.length, 6);
    const six = [...three, '-H', `X-C: ${cookie}`, '-H', `X-D: ${cookie}`];
    const { status } = await curl(...six, `${url}/too-long`);
    assert.equal(status, 431);
    assert.throws(() => judge.of('/too-long'));
  });
  const { broken, failed, stalled, orphans } = bridge.statistics();
  assert.deepEqual([...Object.values(broken), failed, stalled, orphans], new Array(10).fill(0));
});

test('what mitmproxy streams is judged by its head, and cut off', { skip }, async (t) => {
  const { judge, url } = await startPlace(t, 'stream_large_bodies=10k');
  judge.decisions = {
    request: ({ target }) => (target === '/deny' ? { action: 'deny', status: 403 } : {}),
    response: (_response, { target }) => (target === '/large?deny' ? { action: 'deny', status: 403 } : {}),
  };
  const file = join(temporaryFolder(t), 'body');
  writeFileSync(file, randomBytes(100_000));
  const uploaded = await curl('--data-binary', `@${file}`, `${url}/upload`);
  assert.deepEqual([uploaded.status, uploaded.headers['x-received']], [200, '100000']);
  assert.deepEqual([judge.of('/upload').request.body, judge.of('/upload').request.bodyBytes], ['', 100_000]);
  const denied = await curl('--data-binary', `@${file}`, `${url}/deny`);
  assert.deepEqual([denied.status, denied.body.length], [0, 0]);
  assert.equal((await curl(`${url}/large`)).body.length, 1 << 20);
  const { response } = judge.of('/large');
  assert.deepEqual([response?.body, response?.bodyBytes], ['', 1 << 20]);
  const stopped = await curl(`${url}/large?deny`);
  assert.deepEqual([stopped.status, stopped.body.length], [0, 0]);
  // mitmproxy notices late that it is large, so that it has gone on already; the answer does not come back.
  const chunked = ['-H', 'Transfer-Encoding: chunked', '--data-binary', `@${file}`];
  assert.deepEqual((await curl(...chunked, `${url}/late`)).headers['x-received'], '100000');
  assert.equal(judge.of('/late').request.bodyBytes, -1);
  assert.equal((await curl(...chunked, `${url}/deny`)).status, 0);
});

test('a WebSocket is judged when it begins', { skip }, async (t) => {
  const { judge, mitmdump } = await startPlace(t);
  judge.decisions = { request: ({ target }) => (target === '/deny' ? { action: 'deny', status: 403 } : {}) };
  const begin = (target: string): Promise<string> =>
    firstWords(
      mitmdump.port,
      `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
  assert.equal(await begin('/deny'), 'HTTP/1.1 403');
  // The server knows nothing of WebSockets: what it says arrives.
  assert.equal(await begin('/ws'), 'HTTP/1.1 200');
  assert.equal(judge.of('/ws').request.headers.find(([name]) => name === 'Upgrade')?.[1], 'websocket');
});

test('HTTPS through mitmproxy as a forward proxy, with HTTP/2', { skip }, async (t) => {
  const judge = new TestJudge();
  judge.decisions = { request: ({ target }) => (target === '/deny' ? { action: 'deny', status: 403 } : {}) };
  const socket = join(temporaryFolder(t), 'weir.sock');
  const bridge = await MitmproxyBridge.listen({ judge, socket });
  t.after(() => bridge.close());
  const port = await startBackend(t, answer);
  // Whatever the client asks for leads to the server here, and without TLS.
  const script = join(temporaryFolder(t), 'lead.py');
  writeFileSync(
    script,
    `def request(flow):\n    flow.request.scheme, flow.request.host, flow.request.port = "http", "127.0.0.1", ${port}\n`,
  );
  const lead = ['-s', script, '--set', 'connection_strategy=lazy', '--set', 'http2=true'];
  const mitmdump = await startMitmdump(t, socket, lead);
  await mitmdump.running.says('connected to');
  const authority = join(mitmdump.folder, 'mitmproxy-ca-cert.pem');
  await until('authority', () => existsSync(authority));
  const through = (...args: readonly string[]): ReturnType<typeof curl> =>
    curl('--proxy', `http://127.0.0.1:${mitmdump.port}`, '--cacert', authority, ...args);
  const second = await through('--http2', 'https://www.example.org/two');
  assert.equal(second.version, '2');
  assert.equal(second.body.toString(), 'answer to /two');
  const { request } = judge.of('/two');
  assert.equal(request.protocol, 'HTTP/2.0');
  assert.deepEqual(request.headers[0], ['host', 'www.example.org']);
  assert.deepEqual(request.connection.tls, { version: 'TLSv1.3', serverName: 'www.example.org', alpn: 'h2' });
  assert.equal(judge.of('/two').response?.status, 200);
  const first = await through('--http1.1', '--tls-max', '1.2', 'https://www.example.org/one');
  assert.equal(first.body.toString(), 'answer to /one');
  assert.equal(judge.of('/one').request.connection.tls?.version, 'TLSv1.2');
  assert.equal(judge.of('/one').request.connection.server.port, mitmdump.port);
  const denied = await through('--http2', 'https://www.example.org/deny');
  assert.deepEqual([denied.version, denied.status], ['2', 403]);
  assert.match(denied.body.toString(), /Reference/);
  const plain = await through('http://www.example.org/plain');
  assert.equal(plain.body.toString(), 'answer to /plain');
  assert.equal(judge.of('/plain').request.connection.tls, undefined);
});
