import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANSWER_CASES } from './answer-cases.ts';
import { readAnswer } from './read-answer.ts';

for (const { name, rfc, method, bytes, read } of ANSWER_CASES) {
  test(`${name} (${rfc}): ${read === undefined ? 'refused' : 'read'}`, () => {
    const all = Buffer.from(bytes, 'latin1');
    const sizes = all.length < 2000 ? [all.length, 7, 1] : [all.length, 997];
    for (const size of sizes) {
      const pieces: Buffer[] = [];
      for (let at = 0; at < all.length; at += size) pieces.push(all.subarray(at, at + size));
      const { heads, body, error, behind } = readAnswer(pieces, method);
      if (read === undefined) {
        assert.equal(error?.status, 502);
      } else {
        assert.equal(error, undefined);
        const { status, keepAlive } = heads.at(-1)!;
        assert.deepEqual(
          { statuses: heads.map((head) => head.status), body, keepAlive, behind, status },
          { behind: 0, ...read, status: read.statuses.at(-1) },
        );
      }
    }
  });
}

test('the cases have names of their own', () => {
  assert.equal(new Set(ANSWER_CASES.map(({ name }) => name)).size, ANSWER_CASES.length);
});
