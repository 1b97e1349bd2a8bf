import assert from 'node:assert/strict';
import { test } from 'node:test';
import { positionCursor, readPosition } from './position.ts';
import { Problem } from './problem.ts';
import { timeUsOf } from './time-range.ts';

test('a cursor is read as it was made, of the same list alone', () => {
  const position = { timeUs: 1_795_227_871_446_392, tie: '18446744073709551615', skip: 3 };
  const asked = { q: 'port:443', since: undefined, list: 'flows' };
  const cursor = positionCursor(position, asked);
  assert.match(cursor, /^[\w-]{1,256}$/);
  assert.deepEqual(readPosition(cursor, { list: 'flows', q: 'port:443' }), position);
  assert.equal(readPosition(undefined, asked), undefined);
  for (const [text, other] of [
    [cursor, { ...asked, q: 'port:80' }],
    [cursor.slice(1), asked],
    [Buffer.from('[1,"2",3]').toString('base64url'), asked],
    [Buffer.from('{}').toString('base64url'), asked],
    ['', asked],
  ] as const) {
    assert.throws(() => readPosition(text, other), Problem);
  }
});

test('times are read to the microsecond', () => {
  assert.equal(timeUsOf('2026-11-21T02:24:31.446392Z', 'since'), 1_795_227_871_446_392);
  assert.equal(timeUsOf('2026-11-21T02:24:31.446392', 'since'), 1_795_227_871_446_392);
  assert.equal(timeUsOf('2026-11-21T03:24:31.5+01:00', 'since'), 1_795_227_871_500_000);
  assert.equal(timeUsOf('1795227871446392', 'since'), 1_795_227_871_446_392);
  assert.equal(timeUsOf('2026-11-21', 'since'), 1_795_219_200_000_000);
  assert.equal(timeUsOf('15m', 'since', 1_000_000_000), 999_100_000_000);
  for (const text of ['', 'yesterday', '2026-13-01', '2026-11-21T02', '-5m']) {
    assert.throws(() => timeUsOf(text, 'since'), Problem, text);
  }
});
