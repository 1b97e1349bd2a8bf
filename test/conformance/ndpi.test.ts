import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutCorpus } from '../support/corpus.ts';
import { scoreNdpi } from '../support/ndpi-score.ts';
import { KNOWN_FAILURES } from './ndpi-known-failures.ts';

/** Share of the flows whose label we have, nDPI itself switched off. */
const REACHED = 0.98;

test('flows have the labels that nDPI gives them', { skip: withoutCorpus('ndpi') }, async (t) => {
  const score = await scoreNdpi();
  const share = score.right / score.flows;
  t.diagnostic(
    `ndpi: ${score.right} of ${score.flows} flows (${(share * 100).toFixed(2)} %), ` +
      `${score.whole} of ${score.captures} captures whole`,
  );
  const known = new Map(KNOWN_FAILURES.map((failure) => [failure.capture, failure]));
  for (const [capture, failure] of known) {
    const flows = score.missing.get(capture)?.length ?? 0;
    if (flows < failure.flows)
      t.diagnostic(`${capture}: only ${flows} of ${failure.flows} flows fail; amend the table`);
  }
  const unexpected = [...score.missing]
    .filter(([capture, wrong]) => wrong.length > (known.get(capture)?.flows ?? 0))
    .map(([capture, wrong]) => `${capture}: ${[...new Set(wrong)].join(', ')}`);
  for (const line of unexpected) t.diagnostic(`not known to fail: ${line}`);
  assert.ok(share >= REACHED, `${(share * 100).toFixed(2)} % of the flows`);
});
