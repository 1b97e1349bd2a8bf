import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runRegression } from '../../src/mitm/waf/regression/index.ts';
import { CORPUS, withoutCorpus } from '../support/corpus.ts';

/** Tests of the Core Rule Set's own suite that are known to fail, by reason. None now. */
const KNOWN_FAILURES: readonly { readonly reason: string; readonly tests: readonly string[] }[] = [];

/** The second time the engine knows most of the texts: what it noted of them must not change anything. */
const ROUNDS = 2;

/** There are at least so many: fewer would mean that files are not found or not read. */
const LEAST_TESTS = 3400;

test('regression tests of the Core Rule Set, version 4', { skip: withoutCorpus('crs') }, async (t) => {
  const folder = join(CORPUS, 'crs');
  const { passed, failed, skipped, failures, warnings } = await runRegression({
    tests: Array.from({ length: ROUNDS }, () => join(folder, 'tests/tests')),
    rules: folder,
  });
  const all = passed + failed + skipped.length;
  t.diagnostic(
    `crs: ${passed / ROUNDS} of ${all / ROUNDS} tests (${((passed / all) * 100).toFixed(2)} %), ${ROUNDS} times`,
  );
  for (const [reason, ids] of Map.groupBy(skipped, (each) => each.reason)) {
    t.diagnostic(`skipped: ${ids.length}: ${reason}: ${ids.map(({ id }) => id).join(' ')}`);
  }
  for (const warning of warnings) t.diagnostic(warning);
  const left = new Set(failures.map(({ id }) => id));
  for (const { reason, tests } of KNOWN_FAILURES) {
    t.diagnostic(`known: ${tests.length}: ${reason}`);
    for (const id of tests) {
      if (!left.delete(id)) t.diagnostic(`${id} does not fail any more: amend the table`);
    }
  }
  const unexpected = failures
    .filter(({ id }) => left.has(id))
    .map(({ id, expected, got }) => `${id}: ${expected}, got ${got.slice(0, 200)}`);
  assert.deepEqual(unexpected, [], 'tests fail that did not before');
  assert.deepEqual(skipped, []);
  assert.ok(all >= ROUNDS * LEAST_TESTS, `only ${all / ROUNDS} tests`);
});
