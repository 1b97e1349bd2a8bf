import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fuzz } from './campaign.ts';
import { decodeInput, encodeInput, WEB_PARTS, type WebInput } from './input.ts';
import { roundRandom } from './random.ts';
import { executeWeb } from './web.ts';
import { webInput, webSeeds } from './web-generate.ts';

test('what the inputs of the active stream begin with is accepted', () => {
  for (const part of WEB_PARTS) {
    const seeds = webSeeds(part);
    assert.ok(seeds.length > 0, part);
    const taken = seeds.filter((bytes) => executeWeb({ kind: 'web', part, bytes }));
    assert.ok(taken.length > 0, part);
    // Of HTTP/1 many are cases that have to be refused.
    if (part !== 'http1') assert.equal(taken.length, seeds.length, part);
  }
});

test('an input of the active stream is the same in its file', () => {
  const random = roundRandom(1, 1);
  for (const part of WEB_PARTS) {
    const input = webInput(part, random);
    const read = decodeInput(encodeInput(input, 7)) as WebInput;
    assert.deepEqual([read.kind, read.part], ['web', part]);
    assert.ok(Buffer.from(read.bytes).equals(input.bytes));
  }
});

test('ten seconds of mutated input for the active stream', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-fuzz-web-'));
  const result = await fuzz({ seconds: 10, seed: 1, folder, worker: './web-worker.ts' });
  context.diagnostic(`${result.inputs} inputs in ${result.rounds} rounds`);
  const failures = result.failures.map(({ text, path }) => `${text}\n${path}`);
  assert.deepEqual(failures, [], 'the files above repeat the failures: node test/fuzz/run.ts --replay FILE');
  rmSync(folder, { recursive: true });
  assert.ok(result.inputs > 0);
});
