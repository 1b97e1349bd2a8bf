import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withoutCorpus } from '../support/corpus.ts';
import { fuzz } from './campaign.ts';
import { MOST_SOAK_GROWTH, soakWaf } from './waf-soak.ts';

test('ten seconds of mutated rules, bodies and requests', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-fuzz-waf-'));
  const result = await fuzz({ seconds: 10, seed: 1, folder, worker: './waf-worker.ts' });
  context.diagnostic(`${result.inputs} inputs in ${result.rounds} rounds`);
  const failures = result.failures.map(({ text, path }) => `${text}\n${path}`);
  assert.deepEqual(failures, [], 'the files above repeat the failures: node test/fuzz/run.ts --replay FILE');
  rmSync(folder, { recursive: true });
  assert.ok(result.inputs > 0);
});

test('ten thousand mixed requests are judged in bounded memory', {
  skip: withoutCorpus('crs'),
}, async (context) => {
  const result = await soakWaf(10_000, 2, 1);
  context.diagnostic(JSON.stringify(result));
  assert.equal(result.unjudged, 0);
  assert.ok(result.requests >= 10_000);
  assert.ok(result.denied > 0 && result.denied < result.requests);
  const growth = result.mostBytes - result.settledBytes;
  assert.ok(growth < MOST_SOAK_GROWTH, `memory grew by ${growth} bytes`);
});
