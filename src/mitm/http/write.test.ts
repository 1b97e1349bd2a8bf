import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Field } from './message.ts';
import {
  chunkHead,
  lastChunk,
  reasonPhrase,
  withoutHopByHop,
  writeRequestHead,
  writeResponseHead,
} from './write.ts';

test('heads as they go over the wire', () => {
  const fields: Field[] = [
    ['Host', 'a'],
    ['X-Empty', ''],
    ['X-A', '\xe4\tb'],
  ];
  assert.equal(
    writeRequestHead({ method: 'GET', target: '/a', fields }),
    'GET /a HTTP/1.1\r\nHost: a\r\nX-Empty: \r\nX-A: \xe4\tb\r\n\r\n',
  );
  assert.equal(
    writeResponseHead({ status: 403, reason: reasonPhrase(403), fields: [['Server', 'x']] }),
    'HTTP/1.1 403 Forbidden\r\nServer: x\r\n\r\n',
  );
  assert.equal(
    writeResponseHead({ status: 299, reason: reasonPhrase(299), fields: [] }),
    'HTTP/1.1 299 \r\n\r\n',
  );
  assert.equal(chunkHead(255), 'ff\r\n');
  assert.throws(() => chunkHead(0), RangeError);
  assert.equal(lastChunk([]), '0\r\n\r\n');
  assert.equal(lastChunk([['X-A', 'b']]), '0\r\nX-A: b\r\n\r\n');
});

test('nothing is written that would be read as something else', () => {
  // U+010D and U+010A end in the bytes of CR and LF where text is written as latin1.
  for (const evil of ['a\r\nX: y', 'a\nb', 'a\rb', 'a\0b', 'a\x7fb', 'a\u010d\u010ab', '\u20ac']) {
    const fields: Field[] = [['X-A', evil]];
    assert.throws(() => writeRequestHead({ method: 'GET', target: '/', fields }), TypeError, evil);
    assert.throws(() => writeResponseHead({ status: 200, reason: 'OK', fields }), TypeError, evil);
    assert.throws(() => writeResponseHead({ status: 200, reason: evil, fields: [] }), TypeError, evil);
    assert.throws(() => writeRequestHead({ method: 'GET', target: `/${evil}`, fields: [] }), TypeError, evil);
    assert.throws(() => writeRequestHead({ method: evil, target: '/', fields: [] }), TypeError, evil);
    assert.throws(() => lastChunk(fields), TypeError, evil);
  }
  for (const name of ['', 'a b', 'a:', 'a\r\n', '\u0161', ':path']) {
    assert.throws(
      () => writeRequestHead({ method: 'GET', target: '/', fields: [[name, 'b']] }),
      TypeError,
      name,
    );
  }
  for (const target of ['', '/a b', '/a#b', '/\xe4']) {
    assert.throws(() => writeRequestHead({ method: 'GET', target, fields: [] }), TypeError, target);
  }
  for (const status of [0, 99, 1000, 200.5, Number.NaN]) {
    assert.throws(() => writeResponseHead({ status, reason: '', fields: [] }), TypeError, `${status}`);
  }
});

const SENT: readonly Field[] = [
  ['Host', 'a'],
  ['connection', 'Keep-Alive, X-Hop ,, TE, close'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'keep-alive'],
  ['TE', 'trailers'],
  ['transfer-encoding', 'chunked'],
  ['Upgrade', 'websocket'],
  ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
  ['x-hop', '1'],
  ['X-Hop', '2'],
  ['X-Stays', '3'],
];

test('fields of the connection are not sent on, nor what Connection names (RFC 9110, 7.6.1)', () => {
  assert.deepEqual(withoutHopByHop(SENT, false), [
    ['Host', 'a'],
    ['X-Stays', '3'],
  ]);
  assert.deepEqual(withoutHopByHop(SENT, true), [
    ['Host', 'a'],
    ['Upgrade', 'websocket'],
    ['X-Stays', '3'],
    ['Connection', 'upgrade'],
  ]);
});

test('Connection takes nothing away that is meant for the server', () => {
  const kept: readonly Field[] = [
    ['Host', 'a'],
    ['Content-Length', '3'],
    ['Cookie', 'a=b'],
    ['Authorization', 'Basic YTpi'],
    ['X-Forwarded-For', '192.0.2.1'],
    ['X-Real-IP', '192.0.2.1'],
    ['Forwarded', 'for=192.0.2.1'],
  ];
  const named: Field = ['Connection', kept.map(([name]) => name.toLowerCase()).join(', ')];
  assert.deepEqual(withoutHopByHop([named, ...kept], false), kept);
  // In a second field, before and behind.
  assert.deepEqual(
    withoutHopByHop(
      [
        ['X-B', '1'],
        ['Connection', 'x-a'],
        ['Connection', 'x-b'],
        ['X-A', '2'],
      ],
      false,
    ),
    [],
  );
});

test('a switch of protocols that Connection alone names is not kept', () => {
  assert.deepEqual(withoutHopByHop([['Connection', 'Upgrade']], false), []);
});
