import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRequests } from './read-requests.ts';
import { SMUGGLING_CASES, type SmugglingCase } from './smuggling-cases.ts';

function outcomeOf(pieces: Iterable<Buffer>): Pick<SmugglingCase, 'read' | 'outcome'> {
  const { requests, error, waits } = readRequests(pieces);
  return {
    read: requests.map(({ head, body }) => {
      assert.notEqual(head.framing.kind, 'close');
      return [head.method, head.target, head.framing.kind as 'none', body];
    }),
    outcome: error?.status ?? (waits ? 'waits' : 'all'),
  };
}

function* ofSize(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

for (const { name, rfc, bytes, read, outcome } of SMUGGLING_CASES) {
  test(`${name} (${rfc}): ${outcome}`, () => {
    const all = Buffer.from(bytes, 'latin1');
    assert.deepEqual(outcomeOf([all]), { read, outcome });
    // The same in pieces. Long ones are too long for single bytes.
    assert.deepEqual(outcomeOf(ofSize(all, all.length < 2000 ? 1 : 997)), { read, outcome });
    if (all.length < 2000) assert.deepEqual(outcomeOf(ofSize(all, 7)), { read, outcome });
  });
}

test('the cases have names of their own and nothing beyond one byte', () => {
  assert.ok(SMUGGLING_CASES.length >= 150);
  assert.equal(new Set(SMUGGLING_CASES.map(({ name }) => name)).size, SMUGGLING_CASES.length);
  for (const { name, bytes } of SMUGGLING_CASES) assert.doesNotMatch(bytes, /[^\0-\xff]/, name);
});
