import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readHead } from './head.ts';

const GOOD = [':method', 'GET', ':scheme', 'https', ':authority', 'a.example', ':path', '/x?y=1'];
const MOST = 65_536;

function statusOf(raw: readonly string[], most = MOST): number {
  const head = readHead(raw, most);
  return 'status' in head ? head.status : 200;
}

function changed(name: string, value: string | undefined): string[] {
  const raw: string[] = [];
  for (let i = 0; i < GOOD.length; i += 2) {
    if (GOOD[i] !== name) raw.push(GOOD[i] ?? '', GOOD[i + 1] ?? '');
    else if (value !== undefined) raw.push(name, value);
  }
  return raw;
}

test('a head is read as it was sent, with its cookies put together', () => {
  const raw = [
    ...GOOD,
    'cookie',
    'a=1',
    'x-b',
    '\xe9',
    'cookie',
    'c=2',
    'content-length',
    '3',
    'host',
    'A.example',
  ];
  assert.deepEqual(readHead(raw, MOST), {
    method: 'GET',
    scheme: 'https',
    authority: 'a.example',
    path: '/x?y=1',
    fields: [
      ['cookie', 'a=1; c=2'],
      ['x-b', '\xe9'],
      ['content-length', '3'],
    ],
    contentLength: 3,
    expectsContinue: false,
  });
  assert.equal(
    statusOf([':method', 'OPTIONS', ...changed(':method', undefined).slice(0, 4), ':path', '*']),
    200,
  );
  assert.equal(statusOf([...changed(':authority', undefined), 'host', 'b.example:8443']), 200);
  assert.equal(statusOf(changed(':authority', '[2001:db8::1]:443')), 200);
});

test('what RFC 9113 forbids, and what could be read in two ways, is refused', () => {
  const cases: readonly (readonly [string, readonly string[], number])[] = [
    ['connection', [...GOOD, 'connection', 'x'], 400],
    ['keep-alive', [...GOOD, 'keep-alive', '1'], 400],
    ['transfer-encoding', [...GOOD, 'transfer-encoding', 'chunked'], 400],
    ['upgrade', [...GOOD, 'upgrade', 'h2c'], 400],
    ['te', [...GOOD, 'te', 'gzip'], 400],
    ['te: trailers', [...GOOD, 'te', 'trailers'], 200],
    ['capitals', [...GOOD, 'X-A', '1'], 400],
    ['blank in a name', [...GOOD, 'x a', '1'], 400],
    ['colon in a name', [...GOOD, 'x:a', '1'], 400],
    ['line feed in a value', [...GOOD, 'x-a', '1\nx: y'], 400],
    ['carriage return in a value', [...GOOD, 'x-a', '1\r'], 400],
    ['NUL in a value', [...GOOD, 'x-a', 'a\0b'], 400],
    ['blank around a value', [...GOOD, 'x-a', ' a'], 400],
    ['late pseudo-header', [...changed(':path', undefined), 'a', 'b', ':path', '/'], 400],
    ['pseudo-header twice', [...GOOD, ':path', '/y'], 400],
    ['unknown pseudo-header', [':foo', 'x', ...GOOD], 400],
    ['status', [':status', '200', ...GOOD], 400],
    ['no method', changed(':method', undefined), 400],
    ['method', changed(':method', 'G ET'), 400],
    ['CONNECT', changed(':method', 'CONNECT'), 501],
    ['WebSocket', [':protocol', 'websocket', ...changed(':method', 'CONNECT')], 501],
    ['no scheme', changed(':scheme', undefined), 400],
    ['http', changed(':scheme', 'http'), 400],
    ['no authority', changed(':authority', undefined), 400],
    ['user in the authority', changed(':authority', 'a@b.example'), 400],
    ['path in the authority', changed(':authority', 'b.example/x'), 400],
    ['no path', changed(':path', undefined), 400],
    ['empty path', changed(':path', ''), 400],
    ['path without a slash', changed(':path', 'http://b.example/'), 400],
    ['blank in the path', changed(':path', '/a HTTP/1.1\r\nHost: b'), 400],
    ['star', changed(':path', '*'), 400],
    ['other Host', [...GOOD, 'host', 'b.example'], 400],
    ['Host twice', [...GOOD, 'host', 'a.example', 'host', 'a.example'], 400],
    ['length', [...GOOD, 'content-length', '+3'], 400],
    ['length twice', [...GOOD, 'content-length', '3', 'content-length', '3'], 400],
    ['expectation', [...GOOD, 'expect', 'tea'], 417],
  ];
  for (const [what, raw, status] of cases) assert.equal(statusOf(raw), status, what);
  assert.equal(statusOf(GOOD, 100), 431);
});

test('it never throws, and lets through only what fits into HTTP/1.1', () => {
  const text = fc.oneof(
    fc.constantFrom(...GOOD, 'host', 'content-length', '\r\n', 'a'),
    fc.string({ maxLength: 12 }),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 24 }), fc.boolean(), (raw, fine) => {
      const head = readHead(fine ? [...GOOD, ...raw] : raw, MOST);
      if ('status' in head) return;
      const lines = [head.method, head.authority, head.path, ...head.fields.flat()].join('');
      assert.ok(!/[\r\n\0]/.test(lines));
      assert.ok(!/ /.test(`${head.method}${head.authority}${head.path}`));
    }),
    { numRuns: 3000 },
  );
});
