import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLoad } from './load.ts';

test('readers and requests at the same time: nothing is lost untold', {
  timeout: 120_000,
}, async (context) => {
  const figures = await runLoad({ seconds: 10, clients: 200, rate: 100 });
  context.diagnostic(JSON.stringify(figures));
  // Ten seconds are too short to tell growth from a beginning.
  assert.deepEqual(
    figures.faults.filter((fault) => fault !== 'memory grew'),
    [],
  );
  assert.ok(figures.delivered > 200 * 100);
  assert.ok(figures.requestsPerSecond > 10);
});
