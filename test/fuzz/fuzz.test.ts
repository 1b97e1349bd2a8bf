import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fuzz } from './campaign.ts';

test('ten seconds of mutated captures, frames and conversations', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-fuzz-'));
  const result = await fuzz({ seconds: 10, seed: 1, folder });
  context.diagnostic(`${result.inputs} inputs in ${result.rounds} rounds`);
  const failures = result.failures.map(({ text, path }) => `${text}\n${path}`);
  assert.deepEqual(failures, [], 'the files above repeat the failures: node test/fuzz/run.ts --replay FILE');
  rmSync(folder, { recursive: true });
  assert.ok(result.inputs > 0);
});
