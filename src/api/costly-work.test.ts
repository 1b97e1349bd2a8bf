import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CostlyWork } from './costly-work.ts';
import { Problem } from './problem.ts';

test('one at a time in the order of asking; a failure ends no other, too many are turned away', async () => {
  const work = new CostlyWork('much is asked');
  const log: string[] = [];
  const one = (name: string) =>
    work.run(async () => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
      if (name === 'b') throw new Error('b failed');
      return name;
    });
  const [a, b, c] = [one('a'), one('b'), one('c')];
  await assert.rejects(b, /b failed/);
  assert.deepEqual(await Promise.all([a, c]), ['a', 'c']);
  assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  const many = Array.from({ length: 12 }, (_, i) => one(`x${i}`));
  const settled = await Promise.allSettled(many);
  const refused = settled.filter(({ status }) => status === 'rejected');
  assert.equal(refused.length, 3);
  assert.ok(refused.every((one) => one.status === 'rejected' && one.reason instanceof Problem));
  assert.equal(await one('later'), 'later');
});
