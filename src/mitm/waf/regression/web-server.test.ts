import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer } from './back-end.ts';
import { receive } from './web-server.ts';

const HOST = 'Host: a\r\n';

const PASSED: readonly (readonly [
  raw: string,
  headers: readonly (readonly [string, string])[],
  body: string,
])[] = [
  [`GET / HTTP/1.1\r\n${HOST}\r\n`, [['Host', 'a']], ''],
  ['GET / HTTP/1.0\r\n\r\n', [], ''],
  ['GET / HTTP/1.0\r\nHost:\r\n\r\n', [['Host', '']], ''],
  [`|GET http://a HTTP/4.0\r\n${HOST}\r\n`, [['Host', 'a']], ''],
  ['OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n', [['Host', '[::1]:80']], ''],
  [`CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`, [['Host', 'a']], ''],
  [
    `GET / HTTP/1.1\r\n${HOST}X_y.z: \xe9\r\n  folded\r\nX_Y.Z:\tb\r\n\r\n`,
    [
      ['Host', 'a'],
      ['X_y.z', '\xe9 folded, b'],
    ],
    '',
  ],
  [
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\nabc`,
    [
      ['Host', 'a'],
      ['Content-Length', '2'],
    ],
    'ab',
  ],
  [`POST / HTTP/1.1\r\n${HOST}\r\nabc`, [['Host', 'a']], ''],
  [
    `GET / HTTP/1.1\r\n${HOST}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n`,
    [
      ['Host', 'a'],
      ['Transfer-Encoding', 'chunked'],
    ],
    'ab',
  ],
];

for (const [raw, headers, body] of PASSED) {
  test(`hands over ${JSON.stringify(raw)}`, () => {
    const received = receive(raw);
    assert.ok(received.kind === 'request' && !received.noHeaders);
    assert.deepEqual(received.request.headers, headers);
    assert.equal(received.request.body, body);
  });
}

test('HTTP/0.9 has no headers', () => {
  const received = receive(`GET /a \r\n${HOST}\r\n`);
  assert.ok(received.kind === 'request' && received.noHeaders);
  assert.deepEqual([received.request.protocol, received.request.headers], ['HTTP/0.9', []]);
});

const REFUSED: readonly string[] = [
  '',
  'GET / HTTP/1.1',
  `GET / HTTP/1.1\n${HOST}\n`,
  `\tGET / HTTP/1.1\r\n${HOST}\r\n`,
  ` GET / HTTP/1.1\r\n${HOST}\r\n`,
  `G(T / HTTP/1.1\r\n${HOST}\r\n`,
  `POST / \r\n${HOST}\r\n`,
  `GET /a b HTTP/1.1\r\n${HOST}\r\n`,
  `GET  / HTTP/1.1\r\n${HOST}\r\n`,
  `GET /#a HTTP/1.1\r\n${HOST}\r\n`,
  ...['HTTP/0.9', 'HTTP/2', '1.1', 'TEST', 'HTTP\\1.0'].map((version) => `GET / ${version}\r\n${HOST}\r\n`),
  'GET / HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\nHost:\r\n\r\n',
  'GET / HTTP/1.1\r\nHost: a%00\r\n\r\n',
  `GET / HTTP/1.1\r\n${HOST}X: a\rb\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}X: \0\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}X : a\r\n\r\n`,
  `GET / HTTP/1.1\r\n folded\r\n${HOST}\r\n`,
  `GET / HTTP/1.1\r\n${HOST}nonsense\r\n\r\n`,
  `GET / HTTP/1.1\r\n${HOST}X: a\r\n`,
  `GET / HTTP/1.1\r\n${HOST}Content-Length: 3x\r\n\r\nabc`,
  `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: gzip\r\n\r\nabc`,
  `GET / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nabc`,
];

for (const raw of REFUSED) {
  test(`refuses ${JSON.stringify(raw)}`, () =>
    assert.deepEqual(receive(raw), { kind: 'refused', status: 400 }));
}

for (const target of ['\\', 'a', '..']) {
  test(`refuses the target ${target} when rules have seen the headers`, () => {
    const received = receive(`GET ${target} HTTP/1.1\r\n${HOST}\r\n`);
    assert.ok(received.kind === 'refused' && received.request?.target === target);
  });
}
test('refuses to connect to a host without a port', () => {
  assert.equal(receive(`CONNECT a HTTP/1.1\r\n${HOST}\r\n`).kind, 'refused');
});

test('the back end answers as it is asked to', () => {
  const ask = (spec: string, target = '/reflect', method = 'POST'): ReturnType<typeof answer> =>
    answer({ method, target, protocol: 'HTTP/1.1', headers: [], body: spec });
  assert.deepEqual(ask('', '/', 'GET'), {
    status: 200,
    protocol: 'HTTP/1.1',
    headers: [['Content-Length', '0']],
    body: '',
  });
  const full = ask(
    '{"status":404,"headers":{"x-a":"b","bad name":"c"},"body":"<html >\\u00e9"}',
    '/reflect/x?y',
  );
  assert.equal(full.status, 404);
  assert.equal(full.body, '<html >\xc3\xa9');
  assert.deepEqual(full.headers, [
    ['X-A', 'b'],
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Content-Length', '9'],
  ]);
  assert.equal(ask('{"encodedBody":"/wA="}').body, '\xff\0');
  for (const [body, type] of [
    ['text', 'text/plain; charset=utf-8'],
    ['<?xml ?>', 'text/xml; charset=utf-8'],
    ['\\u0001', 'application/octet-stream'],
    ['%PDF-1', 'application/pdf'],
  ]) {
    assert.deepEqual(ask(`{"body":"${body}"}`).headers[0], ['Content-Type', type]);
  }
  assert.deepEqual(ask('{"headers":{"content-type":"a/b"},"body":"x"}').headers[0], ['Content-Type', 'a/b']);
  assert.equal(ask('{"status":99}').status, 400);
  for (const body of ['', 'x', '[]', 'null', '1']) assert.equal(ask(body).status, 400);
  assert.equal(ask('', '/reflect', 'GET').status, 405);
});
