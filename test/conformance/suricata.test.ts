import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutCorpus } from '../support/corpus.ts';
import { scoreSuricata } from '../support/suricata-score.ts';
import { KNOWN_FAILURES } from './suricata-known-failures.ts';

/** Share of the checks that a reader can satisfy who is given only the capture; and of all checks. */
const REACHED = 0.965;
const REACHED_OF_ALL = 0.75;

test('EVE records agree with those of Suricata’s own tests', {
  skip: withoutCorpus('suricata'),
}, async (t) => {
  const score = await scoreSuricata();
  const known = new Map<string, number>();
  let setup = 0;
  for (const group of KNOWN_FAILURES) {
    for (const [name, checks] of Object.entries(group.cases)) {
      known.set(name, (known.get(name) ?? 0) + checks);
      if (group.setup) setup += checks;
    }
  }
  const right = score.filters - score.failed.length;
  const share = right / (score.filters - setup);
  t.diagnostic(
    `suricata: ${score.casesRight} of ${score.cases} cases, ${right} of ${score.filters} checks ` +
      `(${percent(right / score.filters)}); ${percent(share)} of the ${score.filters - setup} that do not come from a case's own set-up`,
  );
  for (const { reason, cases } of KNOWN_FAILURES) {
    const checks = Object.values(cases).reduce((sum, count) => sum + count, 0);
    t.diagnostic(`known: ${checks} checks of ${Object.keys(cases).length} cases: ${reason}`);
  }
  const failed = Map.groupBy(score.failed, ({ name }) => name.replace(/\.json$/, ''));
  for (const [name, checks] of known) {
    const now = failed.get(name)?.length ?? 0;
    if (now < checks) t.diagnostic(`${name}: only ${now} of ${checks} checks fail; amend the table`);
  }
  const unexpected = [...failed]
    .filter(([name, checks]) => checks.length > (known.get(name) ?? 0))
    .flatMap(([name, checks]) =>
      checks.map(
        ({ found, filter }) => `${name}: ${found} of ${filter.count ?? 1} ${JSON.stringify(filter.match)}`,
      ),
    );
  assert.deepEqual(unexpected, [], 'checks fail that did not before');
  assert.ok(share >= REACHED, `${percent(share)} of the checks, ${percent(REACHED)} were reached before`);
  assert.ok(right / score.filters >= REACHED_OF_ALL);
});

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
