import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { withoutCorpus } from '../support/corpus.ts';
import { DEPARTURES } from '../support/ndpi-fingerprints.ts';
import { type NdpiScore, scoreNdpi } from '../support/ndpi-score.ts';
import { KNOWN_FAILURES, KNOWN_FINGERPRINTS } from './ndpi-known-failures.ts';

/** Share of the flows whose label we have, nDPI itself switched off. */
const REACHED = 0.98;
/** Shares of the fingerprints; of JA4 of those that are equal or differ by a departure of nDPI's alone. */
const FINGERPRINTS_REACHED = 0.985;

describe('flows are to us what they are to nDPI', { skip: withoutCorpus('ndpi') }, () => {
  let score: NdpiScore;

  before(async () => {
    score = await scoreNdpi();
  });

  test('labels', (t) => {
    const share = score.right / score.flows;
    t.diagnostic(
      `ndpi: ${score.right} of ${score.flows} flows (${(share * 100).toFixed(2)} %), ` +
        `${score.whole} of ${score.captures} captures whole`,
    );
    const known = new Map(KNOWN_FAILURES.map(({ capture, flows }) => [capture, flows]));
    const unexpected = unknownOf(score.missing, known, t.diagnostic.bind(t));
    assert.deepEqual(unexpected, [], 'flows fail that did not before');
    assert.ok(share >= REACHED, `${(share * 100).toFixed(2)} % of the flows`);
  });

  test('JA3, JA3S and JA4', (t) => {
    const { fingerprints } = score;
    const { ja3, ja3s, ja4, departures } = fingerprints;
    const explained = [...departures.values()].reduce((sum, values) => sum + values, 0);
    t.diagnostic(
      `ndpi fingerprints: JA3 ${of(ja3.right, ja3.wanted)}, JA3S ${of(ja3s.right, ja3s.wanted)}, ` +
        `JA4 ${of(ja4.right, ja4.wanted)}, with nDPI's departures from FoxIO's definition ${of(explained, ja4.wanted)}`,
    );
    for (const [kinds, values] of departures) {
      if (kinds !== '') t.diagnostic(`JA4 departs in ${kinds}: ${of(values, ja4.wanted)}`);
    }
    for (const [kind, what] of Object.entries(DEPARTURES)) t.diagnostic(`${kind}: ${what}`);
    const known = new Map(KNOWN_FINGERPRINTS.map(({ capture, values }) => [capture, values]));
    const unexpected = unknownOf(fingerprints.missing, known, t.diagnostic.bind(t));
    assert.deepEqual(unexpected, [], 'values differ that nothing explains');
    for (const share of [ja3.right / ja3.wanted, ja3s.right / ja3s.wanted, explained / ja4.wanted]) {
      assert.ok(share >= FINGERPRINTS_REACHED, `${share}`);
    }
  });
});

/** What is missing and not known to be; tells where less is missing than is known. */
function unknownOf(
  missing: ReadonlyMap<string, readonly string[]>,
  known: ReadonlyMap<string, number>,
  tell: (line: string) => void,
): string[] {
  for (const [capture, values] of known) {
    const now = missing.get(capture)?.length ?? 0;
    if (now < values) tell(`${capture}: only ${now} of ${values} fail; amend the table`);
  }
  return [...missing]
    .filter(([capture, wrong]) => wrong.length > (known.get(capture) ?? 0))
    .map(([capture, wrong]) => `${capture}: ${[...new Set(wrong)].join(', ')}`);
}

function of(part: number, whole: number): string {
  return `${part} of ${whole} (${((part / whole) * 100).toFixed(1)} %)`;
}
