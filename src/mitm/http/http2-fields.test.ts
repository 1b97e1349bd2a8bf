import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, constants, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { checkHttp2Request } from './http2-fields.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { HttpError, type RequestHead } from './message.ts';

const START = [':method', 'GET', ':scheme', 'https', ':authority', 'a.example', ':path', '/x?y'];

function check(raw: readonly string[], endStream = true): RequestHead {
  return checkHttp2Request(raw, endStream, DEFAULT_LIMITS);
}

test('a request becomes one of HTTP/1.1', () => {
  const { fields, ...head } = check([
    ...START,
    'accept',
    '*/*',
    'cookie',
    'a=b',
    'te',
    'trailers',
    'cookie',
    'c=d',
  ]);
  assert.deepEqual(fields, [
    ['host', 'a.example'],
    ['accept', '*/*'],
    ['cookie', 'a=b; c=d'],
    ['te', 'trailers'],
  ]);
  assert.deepEqual(
    { ...head, bytes: 0 },
    {
      method: 'GET',
      target: '/x?y',
      version: 11,
      host: 'a.example',
      framing: { kind: 'none' },
      keepAlive: true,
      upgrade: '',
      expectsContinue: false,
      bytes: 0,
    },
  );
});

test('the body is as long as is said, or in chunks, or there is none', () => {
  assert.deepEqual(check(START, false).framing, { kind: 'chunked' });
  assert.deepEqual(check([...START, 'content-length', '5'], false).framing, { kind: 'length', bytes: 5 });
  assert.deepEqual(check([...START, 'content-length', '0']).framing, { kind: 'none' });
  assert.equal(check([...START, 'expect', '100-continue'], false).expectsContinue, true);
  assert.equal(check([...START, 'expect', '100-continue']).expectsContinue, false);
});

test('host stands in for :authority, and may repeat it', () => {
  const path = [':method', 'GET', ':scheme', 'http', ':path', '/'];
  assert.equal(check([...path, 'host', 'b.example:81']).host, 'b.example:81');
  const both = check([...START, 'host', 'A.EXAMPLE']);
  assert.deepEqual(both.fields, [['host', 'a.example']]);
});

test('CONNECT and OPTIONS have targets of their own (RFC 9113, 8.3.1 and 8.5)', () => {
  assert.equal(check([':method', 'CONNECT', ':authority', 'a.example:443'], false).target, 'a.example:443');
  const options = [':method', 'OPTIONS', ':scheme', 'https', ':authority', 'a', ':path', '*'];
  assert.equal(check(options).target, '*');
});

/** Fields behind START that must be refused with 400. */
const FIELDS: readonly (readonly [name: string, ...fields: string[]])[] = [
  ['a second request in a value', 'x', 'y\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a'],
  ['a framing in a value', 'x', 'y\r\ntransfer-encoding: chunked'],
  ['LF in a value', 'x', 'y\nz'],
  ['CR in a value', 'x', 'y\rz'],
  ['NUL in a value', 'x', 'y\0z'],
  ['a character that becomes LF as latin1', 'x', 'y\u010az'],
  ['a space before a value', 'x', ' y'],
  ['a tab behind a value', 'x', 'y\t'],
  ['a colon in a name', 'x: y\r\nz', '1'],
  ['a space in a name', 'x y', '1'],
  ['LF in a name', 'x\ny', '1'],
  ['capitals in a name', 'X-A', '1'],
  ['an empty name', '', '1'],
  ['a name beyond ASCII', 'x-\xe4', '1'],
  ['transfer-encoding', 'transfer-encoding', 'chunked'],
  ['transfer-encoding with an underscore', 'transfer_encoding', 'chunked'],
  ['connection', 'connection', 'close'],
  ['proxy-connection', 'proxy-connection', 'keep-alive'],
  ['keep-alive', 'keep-alive', 'timeout=5'],
  ['upgrade', 'upgrade', 'websocket'],
  ['http2-settings', 'http2-settings', 'AAAA'],
  ['te other than trailers', 'te', 'chunked'],
  ['a host that differs', 'host', 'b.example'],
  ['a host with a path', 'host', 'a.example/'],
  ['two hosts', 'host', 'a.example', 'host', 'a.example'],
  ['a second :authority', ':authority', 'b.example'],
  ['an unknown pseudo-header field', ':status', '200'],
  ['a protocol (RFC 8441)', ':protocol', 'websocket'],
  ['content-length without content', 'content-length', '5'],
  ['content-length that is no number', 'content-length', '+5'],
  ['content-length with leading zeros', 'content-length', '00'],
  ['content-length over 2^53', 'content-length', '9007199254740993'],
  ['two content-lengths', 'content-length', '0', 'content-length', '0'],
];

for (const [name, ...fields] of FIELDS) {
  test(`refused: ${name} (RFC 9113, 8.2)`, () => {
    assert.throws(
      () => check([...START, ...fields]),
      (error) => error instanceof HttpError && error.status === 400,
    );
  });
}

/** Whole lists of fields that must be refused with 400. */
const LISTS: readonly (readonly [name: string, raw: readonly string[]])[] = [
  ['nothing', []],
  ['no :method', START.slice(2)],
  ['no :scheme', [...START.slice(0, 2), ...START.slice(4)]],
  ['no :path', START.slice(0, 6)],
  ['no :authority and no host', [...START.slice(0, 4), ...START.slice(6)]],
  ['a pseudo-header field behind another field', [...START.slice(0, 6), 'x', 'y', ':path', '/']],
  ['a pseudo-header field behind host', [...START.slice(0, 6), 'host', 'a.example', ':path', '/']],
  ['a method that is no token', [':method', 'GET / HTTP/1.1\r\nx:', ...START.slice(2)]],
  ['another scheme', [':method', 'GET', ':scheme', 'file', ...START.slice(4)]],
  ['a path with a space', [...START.slice(0, 6), ':path', '/ HTTP/1.1']],
  ['a path with CR LF', [...START.slice(0, 6), ':path', '/ HTTP/1.1\r\nHost: b']],
  ['a path without its slash', [...START.slice(0, 6), ':path', 'x']],
  ['a path that is a URI', [...START.slice(0, 6), ':path', 'http://b.example/']],
  ['an empty path', [...START.slice(0, 6), ':path', '']],
  ['a path with a fragment', [...START.slice(0, 6), ':path', '/#x']],
  ['an asterisk with GET', [...START.slice(0, 6), ':path', '*']],
  ['a user in :authority', [...START.slice(0, 4), ':authority', 'u@a.example', ':path', '/']],
  ['CONNECT with :path', [':method', 'CONNECT', ':authority', 'a:1', ':path', '/']],
  ['CONNECT without a port', [':method', 'CONNECT', ':authority', 'a']],
  ['CONNECT with host alone', [':method', 'CONNECT', 'host', 'a:1']],
];

for (const [name, raw] of LISTS) {
  test(`refused: ${name} (RFC 9113, 8.3)`, () => {
    assert.throws(
      () => check(raw),
      (error) => error instanceof HttpError && error.status === 400,
    );
  });
}

test('content of TRACE and CONNECT is refused', () => {
  assert.throws(() => check([':method', 'TRACE', ...START.slice(2)], false), HttpError);
  const connect = [':method', 'CONNECT', ':authority', 'a:1', 'content-length', '3'];
  assert.throws(() => check(connect, false), HttpError);
});

test('fields, bytes and the target are bounded; the expectation is known', () => {
  const limits = { headBytes: 200, targetBytes: 10, fields: 3 };
  const status = (raw: readonly string[]): unknown => {
    try {
      return checkHttp2Request(raw, true, limits).method;
    } catch (error) {
      return error instanceof HttpError ? error.status : error;
    }
  };
  assert.equal(status([...START, 'a', '1', 'b', '2', 'c', '3']), 'GET');
  assert.equal(status([...START, 'a', '1', 'b', '2', 'c', '3', 'd', '4']), 431);
  assert.equal(status([...START, 'a', 'x'.repeat(200)]), 431);
  assert.equal(status([...START, ...Array.from({ length: 60 }, () => ['cookie', '']).flat()]), 431);
  assert.equal(status([...START.slice(0, 6), ':path', `/${'a'.repeat(10)}`]), 414);
  assert.equal(status([...START, 'expect', 'x']), 417);
});

test('fields as node:http2 gives them', async (t) => {
  const server = createServer();
  t.after(() => server.close());
  const came = new Promise<RequestHead>((resolve, reject) => {
    server.on('stream', (stream: ServerHttp2Stream, _headers, flags: number, raw: readonly string[]) => {
      stream.respond({ ':status': 204 }, { endStream: true });
      try {
        resolve(check(raw, (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0));
      } catch (error) {
        reject(error);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect(`http://127.0.0.1:${port}`);
  t.after(() => client.destroy());
  client
    .request({ ':method': 'POST', ':path': '/a', cookie: ['a=b', 'c=d'], 'x-latin1': '\xe4' })
    .end('body');
  const head = await came;
  assert.deepEqual(
    { method: head.method, target: head.target, host: head.host, framing: head.framing },
    { method: 'POST', target: '/a', host: `127.0.0.1:${port}`, framing: { kind: 'chunked' } },
  );
  assert.deepEqual(
    head.fields.filter(([name]) => name !== 'host'),
    [
      ['cookie', 'a=b; c=d'],
      ['x-latin1', '\xe4'],
    ],
  );
});
