import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutCorpus } from '../support/corpus.ts';
import { type MissingRow, scoreZeek } from '../support/zeek-score.ts';
import { KNOWN_FAILURES } from './zeek-known-failures.ts';

/** Share of the rows that a reader can have who is given only the capture; and of all rows. */
const REACHED = 0.96;
const REACHED_OF_ALL = 0.78;

test('Zeek logs agree with those of its own tests', { skip: withoutCorpus('zeek') }, async (t) => {
  const score = await scoreZeek();
  const setup = KNOWN_FAILURES.filter((known) => known.setup).reduce((sum, known) => sum + known.rows, 0);
  const right = score.rows - score.missing.length;
  const share = right / (score.rows - setup);
  t.diagnostic(
    `zeek: ${right} of ${score.rows} rows (${percent(right / score.rows)}); ` +
      `${percent(share)} of the ${score.rows - setup} that do not come from a test's own set-up of Zeek`,
  );
  for (const [log, { rows, right: rightRows }] of score.logs)
    t.diagnostic(`${log}.log: ${rightRows} of ${rows}`);

  const groups = new Map<string, MissingRow[]>();
  for (const row of score.missing) {
    const key = `${row.name} ${row.log}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const known = new Map(KNOWN_FAILURES.map((failure) => [`${failure.name}.json ${failure.log}`, failure]));
  for (const [key, failure] of known) {
    const rows = groups.get(key)?.length ?? 0;
    if (rows < failure.rows)
      t.diagnostic(`${key}: only ${rows} of ${failure.rows} rows fail; amend the table`);
  }
  const unexpected = [...groups].filter(([key, rows]) => rows.length > (known.get(key)?.rows ?? 0));
  const words = unexpected.map(
    ([key, rows]) => `${key}: ${rows.map((row) => row.differences.join(', ')).join(' | ')}`,
  );
  assert.deepEqual(words, [], 'rows fail that did not before');
  assert.ok(share >= REACHED, `${percent(share)} of the rows, ${percent(REACHED)} were reached before`);
  assert.ok(right / score.rows >= REACHED_OF_ALL);
});

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
