import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Evidence } from '../evidence.ts';
import { ipReputation } from './ip-reputation.ts';
import { MOST_REASONS, Reputation } from './reputation.ts';
import { evidence, HOUR_US, MINUTE_US, NOW_US, someEvidence } from './testing.ts';

function filled(pieces: readonly Evidence[], options = {}): Reputation {
  const reputation = new Reputation({ seed: 1, ...options });
  for (const piece of pieces) reputation.add(piece);
  return reputation;
}

/** Every score and explanation, as text: equal only when all digits are. */
function everything(reputation: Reputation, nowUs: number): string {
  const names = reputation.standings(nowUs, { limit: 10_000 }).map(({ subject }) => subject);
  return JSON.stringify(
    names.toSorted().map((name) => {
      const { score, sum, contributions } = reputation.explain(name, nowUs)!;
      return [name, score, sum, contributions.map(({ count, left, source }) => [count, left, source])];
    }),
  );
}

test('a fresh piece weighs what its type weighs, times the sensitivity; a source can have a weight of its own', () => {
  const piece = evidence({ type: 'waf_block', source: '942100' });
  for (const [options, expected] of [
    [{}, 25],
    [{ sensitivity: 'low' }, 17.5],
    [{ sensitivity: 'high' }, 32.5],
    [{ sensitivity: 'custom', weights: { waf_block: 60 } }, 60],
    [{ overrides: { '942100': 5 } }, 5],
    [{ overrides: { '942100': 0 } }, 0],
  ] as const) {
    const reputation = new Reputation(options);
    assert.equal(reputation.add(piece).after.toFixed(9), expected.toFixed(9), JSON.stringify(options));
  }
});

test('a piece of 25 points loses about 5 in its first hour, half in 3.5 hours, and is gone in the end', () => {
  const reputation = filled([evidence({})]);
  const end = NOW_US + MINUTE_US;
  assert.equal(reputation.score('203.0.113.9', NOW_US), 25);
  assert.ok(Math.abs(reputation.score('203.0.113.9', end + HOUR_US) - 20.5) < 0.1);
  assert.ok(Math.abs(reputation.score('203.0.113.9', end + 3.466 * HOUR_US) - 12.5) < 0.1);
  assert.equal(reputation.score('203.0.113.9', end + 60 * HOUR_US), 0);
  assert.equal(new Reputation({ decayPerHour: 0 }).decay.halfLifeUs, Number.POSITIVE_INFINITY);
});

test('mistakes in options are told with the name of the option and what it takes', () => {
  assert.throws(() => new Reputation({ decayPerHour: 51 }), /decay: takes 0 to 50/);
  assert.throws(() => new Reputation({ weights: { scanner: -1 } }), /weights.scanner: a weight is 0 to 100/);
  assert.throws(() => new Reputation({ overrides: { r: Number.NaN } }), /overrides.r: a weight is 0 to 100/);
  assert.throws(() => new Reputation({ maxSubjects: 0 }), /maxSubjects: takes 3 to/);
});

test('a thousand matches of one rule in a second are one reason of less than twice the weight', () => {
  const pieces = Array.from({ length: 1000 }, (_, i) => evidence({ timeUs: NOW_US + i * 1000 }));
  const reputation = filled(pieces);
  const explained = reputation.explain('203.0.113.9', NOW_US + 1e6)!;
  assert.equal(explained.contributions.length, 1);
  const [reason] = explained.contributions;
  assert.equal(reason?.count, 1000);
  assert.deepEqual(
    reason?.evidence,
    pieces.slice(0, 8).map(({ id }) => id),
  );
  assert.ok(explained.score > 49 && explained.score < 50, String(explained.score));
  assert.equal(reputation.statistics().reasons, 1);
});

test('the same piece twice counts once; what has no address or time is refused', () => {
  const reputation = new Reputation();
  const piece = evidence({ ja4: 't13d1516h2_8daaf6152771_b186095e22b6' });
  const first = reputation.add(piece);
  const again = reputation.add(piece);
  assert.equal(again.before, first.after);
  assert.equal(again.after, first.after);
  assert.equal(reputation.add(evidence({ address: 'nobody' })).after, 0);
  assert.equal(reputation.add(evidence({ timeUs: Number.NaN })).after, 0);
  const { duplicates, refused, subjects } = reputation.statistics();
  assert.deepEqual({ duplicates, refused, subjects }, { duplicates: 1, refused: 2, subjects: 2 });
});

test('an IPv6 address counts half against its /64, any address a quarter against its JA4', () => {
  const ja4 = 't13d1516h2_8daaf6152771_b186095e22b6';
  const reputation = new Reputation();
  const {
    after,
    network,
    ja4: fingerprint,
  } = reputation.add(evidence({ address: '2001:0db8:0:1:0::7', type: 'brute_force', ja4 }));
  assert.equal(after, 40);
  assert.deepEqual(network, { subject: '2001:db8:0:1::/64', before: 0, after: 20 });
  assert.deepEqual(fingerprint, { subject: ja4, before: 0, after: 10 });
  assert.equal(reputation.score('2001:db8:0:1::7', NOW_US), 40);
  assert.equal(reputation.explain('2001:db8:0:1::/64', NOW_US)?.contributions[0]?.address, '2001:db8:0:1::7');
});

test('many bad neighbours make an unknown address suspicious, but never more than what may be inherited', () => {
  const reputation = new Reputation();
  for (let i = 1; i <= 20; i++) reputation.add(evidence({ address: `2001:db8::${i.toString(16)}` }));
  const { score, decides, own, network } = reputation.assess('2001:db8::ffff', '', NOW_US);
  assert.deepEqual({ score, decides, own, network }, { score: 50, decides: 'network', own: 0, network: 100 });
});

test('a JA4 is held against an address only where few others in good standing, or mostly bad ones, have it', () => {
  const tool = 't13d190900_9dc949149365_97f8aa674fd9';
  const browser = 't13d1516h2_8daaf6152771_b186095e22b6';
  const reputation = new Reputation({ seed: 7 });
  for (let i = 1; i <= 30; i++) {
    reputation.add(evidence({ address: `198.51.100.${i}`, ja4: tool, source: `rule ${i}` }));
    reputation.add(evidence({ address: `198.51.100.${i}`, ja4: browser, source: `rule ${i}` }));
  }
  for (let i = 0; i < 5000; i++) reputation.saw(browser, `10.0.${i >> 8}.${i & 255}`);
  const byTool = reputation.assess('192.0.2.1', tool, NOW_US);
  assert.equal(byTool.ja4?.counts, true);
  assert.equal(byTool.score, 50);
  assert.equal(byTool.decides, 'ja4');
  const byBrowser = reputation.assess('192.0.2.1', browser, NOW_US);
  assert.equal(byBrowser.ja4?.score, 100);
  assert.equal(byBrowser.ja4?.counts, false);
  assert.equal(byBrowser.score, 0);
  const { addresses, good } = byBrowser.ja4!;
  assert.ok(addresses > 2500 && addresses < 10_000, String(addresses));
  assert.ok(good > 2000, String(good));
});

test('a fingerprint that is not known any more is held against nobody', () => {
  const ja4 = 't13d1516h2_8daaf6152771_b186095e22b6';
  const reputation = new Reputation({ maxFingerprints: 1 });
  reputation.add(evidence({ ja4 }));
  reputation.saw('t13d_another_one', '192.0.2.1');
  assert.equal(reputation.assess('192.0.2.1', ja4, NOW_US).ja4?.counts, false);
});

test('made-up fingerprints push each other out, and not the one that many have', () => {
  const browser = 't13d1516h2_8daaf6152771_b186095e22b6';
  const reputation = new Reputation({ maxFingerprints: 20 });
  for (let i = 0; i < 100; i++) reputation.saw(browser, `10.0.0.${i}`);
  for (let i = 0; i < 1000; i++) reputation.saw(`t13d_${i}_made`, '203.0.113.9');
  reputation.add(evidence({ ja4: browser }));
  assert.equal(reputation.assess('192.0.2.1', browser, NOW_US).ja4?.counts, false);
});

test('property: a score is 0 to 100, an explanation adds up to it exactly, and it only falls with time', () => {
  fc.assert(
    fc.property(fc.array(someEvidence, { maxLength: 150 }), fc.nat(72 * 60), (pieces, minutes) => {
      const reputation = filled(pieces);
      const laterUs = NOW_US + minutes * MINUTE_US;
      for (const { subject } of reputation.standings(0)) {
        const { sum, score, earlier, contributions } = reputation.explain(subject, laterUs)!;
        let added = earlier?.left ?? 0;
        for (const { left } of contributions) added += left;
        assert.equal(added, sum);
        assert.equal(score, Math.min(100, sum));
        assert.equal(reputation.score(subject, laterUs), score);
        assert.ok(score >= 0 && score <= 100);
        assert.ok(reputation.score(subject, laterUs + 7 * MINUTE_US) <= score);
      }
    }),
    { numRuns: 60 },
  );
});

test('property: the order in which evidence comes changes no digit of any score', () => {
  const shuffled = fc
    .uniqueArray(someEvidence, { maxLength: 60, selector: ({ id }) => id })
    .chain((pieces) =>
      fc.tuple(fc.constant(pieces), fc.shuffledSubarray(pieces, { minLength: pieces.length })),
    );
  fc.assert(
    fc.property(shuffled, ([pieces, others]) => {
      const nowUs = NOW_US + 3 * HOUR_US;
      const one = new Reputation({ seed: 1 });
      for (const piece of pieces) one.add(piece, nowUs);
      const other = new Reputation({ seed: 2 });
      for (const piece of others) other.add(piece, nowUs);
      assert.equal(everything(one, nowUs), everything(other, nowUs));
    }),
    { numRuns: 60 },
  );
});

test('property: retracting what was added leaves everything as it was', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(someEvidence, { minLength: 1, maxLength: 60, selector: ({ id }) => id }),
      fc.nat(),
      (pieces, chosen) => {
        const at = chosen % pieces.length;
        const without = pieces.toSpliced(at, 1);
        const all = filled(pieces);
        // Of a burst the later pieces are counted only; they add nothing, and there is nothing to retract.
        fc.pre(all.retract(pieces[at]!.id).length > 0);
        assert.equal(everything(all, NOW_US), everything(filled(without), NOW_US));
        assert.deepEqual(all.retract(pieces[at]!.id), []);
      },
    ),
    { numRuns: 80 },
  );
});

test('more reasons than are kept are merged: the score stays to the last points, and what is new can be retracted', () => {
  const pieces = Array.from({ length: 200 }, (_, i) =>
    evidence({ type: 'other', source: `rule ${i}`, timeUs: NOW_US + i * MINUTE_US }),
  );
  const nowUs = NOW_US + 200 * MINUTE_US;
  const reputation = filled(pieces);
  const explained = reputation.explain('203.0.113.9', nowUs)!;
  assert.equal(explained.contributions.length, MOST_REASONS);
  assert.equal(explained.earlier?.count, 200 - MOST_REASONS);
  let expected = 0;
  for (const piece of pieces) {
    expected += 10 * reputation.decay.left((Math.floor(piece.timeUs / MINUTE_US) + 1) * MINUTE_US, nowUs);
  }
  assert.ok(Math.abs(explained.sum - expected) < 1e-9 * expected, `${explained.sum} ${expected}`);
  const late = evidence({ source: 'late', timeUs: NOW_US - HOUR_US });
  reputation.add(late, nowUs);
  assert.deepEqual(reputation.retract(late.id), ['203.0.113.9']);
  assert.ok(Math.abs(reputation.explain('203.0.113.9', nowUs)!.sum - expected) < 1e-9 * expected);
});

test('withdraw takes out all evidence of a rule; forget erases an address from its network and its JA4 too', () => {
  const ja4 = 't13d1516h2_8daaf6152771_b186095e22b6';
  const reputation = new Reputation();
  for (let i = 0; i < 20; i++) reputation.add(evidence({ address: '2001:db8::1', source: '942100', ja4 }));
  reputation.add(evidence({ address: '2001:db8::2', source: '941100', ja4 }));
  assert.equal(reputation.withdraw({}), 0);
  assert.equal(reputation.withdraw({ source: '942100' }), 20);
  assert.equal(reputation.score('2001:db8::1', NOW_US), 0);
  assert.equal(reputation.score('2001:db8::/64', NOW_US), 12.5);
  assert.equal(reputation.forget('2001:db8::2'), true);
  assert.deepEqual(reputation.standings(NOW_US), []);
  assert.equal(reputation.statistics().reasons, 0);
  assert.equal(reputation.assess('2001:db8::9', ja4, NOW_US).ja4?.addresses, 1);
  assert.equal(reputation.forget('2001:db8::2'), false);
});

test('when weights change, what is known is weighed anew', () => {
  const reputation = filled([evidence({ source: 'a' }), evidence({ source: 'b' })]);
  reputation.reweigh({ overrides: { a: 0, b: 50 } });
  assert.equal(reputation.score('203.0.113.9', NOW_US), 50);
  reputation.reweigh({ overrides: { b: 0 } });
  assert.equal(reputation.statistics().subjects, 0);
});

test('all fades at once as in an hour with such a decay, also what is weighed anew; what comes later counts in full', () => {
  const reputation = filled([evidence({}), evidence({ address: '2001:db8::1', type: 'scanner' })]);
  const left = Math.exp(-10 / 25);
  const score = (): string => reputation.score('203.0.113.9', NOW_US).toFixed(9);
  reputation.fade(10);
  assert.equal(score(), (25 * left).toFixed(9));
  assert.equal(reputation.score('2001:db8::/64', NOW_US).toFixed(9), (17.5 * left).toFixed(9));
  reputation.fade(10);
  assert.equal(score(), (25 * left * left).toFixed(9));
  reputation.reweigh({ sensitivity: 'high' });
  assert.equal(score(), (32.5 * left * left).toFixed(9));
  reputation.reweigh({});
  reputation.add(evidence({ timeUs: NOW_US + MINUTE_US }), NOW_US);
  assert.equal(score(), (25 + 25 * left * left).toFixed(9));
  const { sum, contributions } = reputation.explain('203.0.113.9', NOW_US)!;
  assert.equal(
    sum,
    contributions.reduce((total, one) => total + one.left, 0),
  );
  for (let i = 0; i < 40; i++) reputation.fade(50);
  assert.equal(reputation.score('203.0.113.9', NOW_US), 0);
  assert.throws(() => reputation.fade(51), /takes 0 to 50/);
  assert.throws(() => reputation.fade(Number.NaN), /takes 0 to 50/);
});

test('another decay holds for what is there, too', () => {
  const reputation = filled([evidence({})]);
  const later = NOW_US + MINUTE_US + HOUR_US;
  reputation.reweigh({ decayPerHour: 25 });
  assert.equal(reputation.score('203.0.113.9', later).toFixed(9), (25 / Math.E).toFixed(9));
  reputation.reweigh({ decayPerHour: 0 });
  assert.equal(reputation.score('203.0.113.9', later), 25);
  assert.throws(() => reputation.reweigh({ decayPerHour: 51 }), /takes 0 to 50/);
  assert.equal(reputation.score('203.0.113.9', later), 25);
});

test('in a full table the subject with the least points goes, however many come', () => {
  const reputation = new Reputation({ maxSubjects: 50 });
  for (let i = 0; i < 40; i++) {
    for (const source of ['a', 'b', 'c']) reputation.add(evidence({ address: `203.0.113.${i}`, source }));
  }
  for (let i = 0; i < 2000; i++) {
    reputation.add(
      evidence({ address: `10.0.${i >> 8}.${i & 255}`, type: 'other', timeUs: NOW_US + i * 1000 }),
    );
  }
  const { subjects, evicted } = reputation.statistics();
  assert.deepEqual({ subjects, evicted }, { subjects: 50, evicted: 1990 });
  for (let i = 0; i < 40; i++) assert.equal(reputation.score(`203.0.113.${i}`, NOW_US), 75);
});

test('property: the table gives up the least of all, as a search through all of them finds it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(12), fc.nat(600), fc.nat(5)), { minLength: 20, maxLength: 120 }),
      (steps) => {
        const reputation = new Reputation({ maxSubjects: 6 });
        let clockUs = NOW_US;
        for (const [host, minutes, rule] of steps) {
          clockUs += minutes * MINUTE_US;
          const nowUs = clockUs + MINUTE_US;
          const address = `203.0.113.${host}`;
          const before = reputation.standings(nowUs, { least: 0 });
          const isNew = before.every(({ subject }) => subject !== address);
          const least = before.at(-1)!;
          const { evicted } = reputation.statistics();
          reputation.add(evidence({ address, source: `rule ${rule}`, timeUs: clockUs }), nowUs);
          if (!isNew || reputation.statistics().evicted === evicted) continue;
          const gone = before.filter(({ subject }) => reputation.explain(subject, nowUs) === undefined);
          assert.equal(gone.length, 1);
          // What is too faint to count still has its part in the order.
          assert.ok(gone[0]!.score <= least.score + 0.1, `${gone[0]!.score} ${least.score}`);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('reasons of all subjects together are bounded; a subject then merges its own', () => {
  const reputation = new Reputation({ maxSubjects: 10, maxReasons: 20 });
  for (let i = 0; i < 400; i++) {
    reputation.add(evidence({ address: `203.0.113.${i % 10}`, source: `rule ${i}` }));
    assert.ok(reputation.statistics().reasons! <= 20);
  }
  const sum = reputation.explain('203.0.113.1', NOW_US)!.sum;
  assert.ok(Math.abs(sum - 40 * 25) < 1e-6, String(sum));
});

test('adding takes no longer for a subject with many reasons, in a full table', () => {
  const microseconds = (reputation: Reputation, pieces: readonly Evidence[]): number => {
    const start = process.hrtime.bigint();
    for (const piece of pieces) reputation.add(piece);
    return Number(process.hrtime.bigint() - start) / 1000 / pieces.length;
  };
  const many = (from: number): Evidence[] =>
    Array.from({ length: 4000 }, (_, i) =>
      evidence({
        address: `2001:db8:${(from + i) % 800}::1`,
        source: `rule ${i}`,
        timeUs: NOW_US + i * 1000,
      }),
    );
  const reputation = new Reputation({ maxSubjects: 1000 });
  const first = microseconds(reputation, many(0));
  let last = first;
  for (let i = 1; i < 8; i++) last = microseconds(reputation, many(i * 4000));
  // Up to 64 reasons are summed thrice for each of two subjects: that is bounded, and far from a search of the table.
  assert.ok(last < 40 * first, `${first} ${last}`);
});

test('ip-reputation.json has the addresses with whole scores, in the fields of SecuBox', () => {
  const reputation = new Reputation({ sensitivity: 'low' });
  reputation.add(evidence({ address: '2001:db8::1', type: 'scanner', timeUs: 1_700_000_000_250_000 }));
  reputation.add(evidence({ address: '2001:db8::1', type: 'waf_alert', timeUs: 1_700_000_100_000_000 }));
  assert.deepEqual(ipReputation(reputation.standings(1_700_000_100_000_000)), {
    '2001:db8::1': { score: 35, events: 2, last_event: 'waf_alert', updated: '2023-11-14T22:15:00+00:00' },
  });
});
