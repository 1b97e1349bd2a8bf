import assert from 'node:assert/strict';
import { before, describe, type TestContext, test } from 'node:test';
import { withoutCorpus } from '../support/corpus.ts';
import { type SuricataScore, type SuricataScores, scoreSuricata } from '../support/suricata-score.ts';
import { KNOWN_FAILURES, type KnownFailures } from './suricata-known-failures.ts';

/** Share of the checks that a reader can satisfy who is given only the capture; of all checks; of all with options. */
const REACHED = 0.965;
const REACHED_OF_ALL = 0.75;
const REACHED_WITH_OPTIONS = 0.915;

describe('EVE records agree with those of Suricata’s own tests', {
  skip: withoutCorpus('suricata'),
}, () => {
  let scores: SuricataScores;

  before(async () => {
    scores = await scoreSuricata();
  });

  test('of captures alone', (t) => {
    const score = scores.plain;
    const given = checksOf(KNOWN_FAILURES.filter(({ kind }) => kind !== 'ours'));
    const share = rightOf(score) / (score.filters - given);
    t.diagnostic(
      `suricata: ${figures(score)}; ${percent(share)} of the ${score.filters - given} that do not come from a case's own set-up`,
    );
    compare(t, score, KNOWN_FAILURES);
    assert.ok(share >= REACHED, `${percent(share)} of the checks, ${percent(REACHED)} were reached before`);
    assert.ok(rightOf(score) / score.filters >= REACHED_OF_ALL);
  });

  test('with the options that the cases set', (t) => {
    const score = scores.withOptions;
    t.diagnostic(`suricata with options (${scores.set} cases set some): ${figures(score)}`);
    const known = KNOWN_FAILURES.filter(({ kind }) => kind !== 'options');
    for (const group of KNOWN_FAILURES) {
      t.diagnostic(
        `known: ${checksOf([group])} checks of ${Object.keys(group.cases).length} cases (${group.kind}): ${group.reason}`,
      );
    }
    compare(t, score, known);
    assert.ok(rightOf(score) / score.filters >= REACHED_WITH_OPTIONS);
  });
});

/** Fails where a check does that no table explains. */
function compare(t: TestContext, score: SuricataScore, groups: readonly KnownFailures[]): void {
  const known = new Map<string, number>();
  for (const { cases } of groups) {
    for (const [name, checks] of Object.entries(cases)) known.set(name, (known.get(name) ?? 0) + checks);
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
}

function checksOf(groups: readonly KnownFailures[]): number {
  return groups
    .flatMap(({ cases }) => Object.values(cases))
    .reduce((sum: number, count: number) => sum + count, 0);
}

function rightOf(score: SuricataScore): number {
  return score.filters - score.failed.length;
}

function figures(score: SuricataScore): string {
  const right = rightOf(score);
  return (
    `${score.casesRight} of ${score.cases} cases, ${right} of ${score.filters} checks ` +
    `(${percent(right / score.filters)})`
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
