import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evidence, HOUR_US, MINUTE_US, NOW_US, someEvidence } from '../reputation/testing.ts';
import { type Mark, verdictsOf } from './marks.ts';
import { matcherOf } from './match.ts';
import { type ExceptionProposal, propose } from './proposals.ts';
import { mark } from './testing.ts';
import { whatIf } from './what-if.ts';

const PEOPLE = ['ada', 'bob', 'eve'];

function marks(
  count: number,
  verdict: Mark['verdict'],
  facts: Parameters<typeof mark>[3],
  from = 'e',
): Mark[] {
  return Array.from({ length: count }, (_, i) => mark(`${from}${i}`, verdict, PEOPLE[i % 3]!, facts));
}

test('what was always wrong at one place is proposed for that place, with who and how many', () => {
  const [first, second, ...others] = propose(
    verdictsOf(marks(7, 'false', { host: 'shop', path: '/search?q=select' })),
  );
  assert.equal(first?.kind, 'exception');
  assert.deepEqual(first.match, { path: '/search', ruleId: '942100', host: 'shop' });
  assert.equal(first.confidence, 0.89);
  assert.equal(first.why, 'rule 942100 at host shop, path /search: 7 marked false by 3 people, 0 true');
  assert.deepEqual(first.evidence, ['e0', 'e1', 'e2', 'e3', 'e4', 'e5', 'e6']);
  assert.equal(second?.kind, 'weight');
  assert.deepEqual([second.source, second.weight, second.proposed], ['sqli', 25, 3]);
  assert.deepEqual(others, []);
});

test('a rule that was right elsewhere is excepted where it was wrong alone, and the reason is told', () => {
  const said = [
    ...marks(4, 'false', { host: 'shop', path: '/search/a' }),
    ...marks(2, 'false', { host: 'shop', path: '/search/b' }, 'f'),
    ...marks(2, 'true', { host: 'shop', path: '/login' }, 't'),
  ];
  const [proposal] = propose(verdictsOf(said));
  assert.equal(proposal?.kind, 'exception');
  assert.deepEqual(proposal.match, { path: '/search', ruleId: '942100', host: 'shop' });
  assert.match(proposal.why, /narrowed, since the rule was right or is disputed in 2 other cases/);
});

test('where the same path had attacks it is narrowed to the address, and else nothing is proposed, and why', () => {
  const attack = marks(1, 'true', { path: '/search', address: '198.51.100.1' }, 't');
  const fromOne = propose(verdictsOf([...marks(5, 'false', { address: '203.0.113.5' }), ...attack]));
  const exceptions = fromOne.filter((proposal) => proposal.kind === 'exception');
  assert.deepEqual(
    exceptions.map(({ match }) => match),
    [{ address: '203.0.113.5', ruleId: '942100' }],
  );
  const fromMany = PEOPLE.flatMap((_, i) => marks(2, 'false', { address: `203.0.113.${i}` }, `m${i}-`));
  const none = propose(verdictsOf([...fromMany, ...attack])).filter(({ kind }) => kind !== 'weight');
  assert.equal(none.length, 1);
  assert.equal(none[0]?.kind, 'none');
  assert.match(none[0].why, /would also be for 1 or more that were marked true/);
});

test('too few marks, or disputed ones, propose nothing', () => {
  const few = propose(verdictsOf(marks(2, 'false', {})));
  assert.deepEqual(
    few.map(({ kind, why }) => [kind, why]),
    [['none', '2 marked false, and it takes 3 before an exception is proposed']],
  );
  const disputed = marks(5, 'false', {}).flatMap((one) => [
    one,
    { ...one, verdict: 'true' as const, author: 'zoe' },
  ]);
  assert.deepEqual(propose(verdictsOf(disputed)), []);
  const unnamed = propose(verdictsOf(marks(4, 'false', { ruleId: '', scenario: '' })));
  assert.match(unnamed[0]?.why ?? '', /names neither a rule nor a scenario/);
});

test('what is wrong at many hosts is proposed for the rule as a whole', () => {
  const said = [1, 2, 3, 4].flatMap((n) => marks(2, 'false', { host: `h${n}`, path: `/p${n}` }, `h${n}-`));
  const [proposal] = propose(verdictsOf(said)).filter(({ kind }) => kind === 'exception');
  assert.deepEqual((proposal as ExceptionProposal).match, { ruleId: '942100' });
});

test('what is excepted already is not proposed again', () => {
  const said = verdictsOf(marks(7, 'false', {}));
  assert.deepEqual(propose(said, { isExcepted: () => true }), []);
});

test('a weight is proposed in proportion to what was right, and not for what was mostly right', () => {
  const said = (wrong: number, right: number): readonly number[] =>
    propose(
      verdictsOf([
        ...marks(wrong, 'false', { host: '', path: '', ruleId: '' }),
        ...marks(right, 'true', { host: '', path: '', ruleId: '' }, 't'),
      ]),
      { overrides: { sqli: 60 } },
    ).flatMap((proposal) => (proposal.kind === 'weight' ? [proposal.weight, proposal.proposed] : []));
  assert.deepEqual(said(6, 2), [60, 18]);
  assert.deepEqual(said(4, 4), []);
  assert.deepEqual(said(2, 0), []);
});

test('an exception for a scenario is not proposed where it would hide its evidence that names a rule', () => {
  const nameless = { ruleId: '', host: '', path: '' };
  const wrong = marks(3, 'false', nameless);
  const proposed = (said: readonly Mark[]): readonly string[] =>
    propose(verdictsOf(said)).flatMap((one) => (one.kind === 'exception' ? [JSON.stringify(one.match)] : []));
  assert.equal(proposed(wrong).length, 1);
  assert.deepEqual(proposed([...wrong, ...marks(1, 'true', { ...nameless, ruleId: '942100' }, 't')]), []);
});

const someMark: fc.Arbitrary<Mark> = fc
  .tuple(
    fc.nat(60).map((n) => `e${n}`),
    fc.constantFrom('false', 'false', 'false', 'true' as const),
    fc.constantFrom(...PEOPLE),
    fc.record({
      host: fc.constantFrom('shop', 'blog', '', 'bad host'),
      path: fc.constantFrom('/search', '/search/a', '/login', '', '/a/../b', '/'),
      address: fc.constantFrom('203.0.113.1', '203.0.113.2'),
      ruleId: fc.constantFrom('942100', '941100', ''),
      scenario: fc.constantFrom('sqli', 'xss', ''),
    }),
  )
  .map(([id, verdict, author, facts]) => mark(id, verdict as Mark['verdict'], author, facts));

test('property: no proposed exception is for anything marked true, and each is for the evidence that it names', () => {
  fc.assert(
    fc.property(fc.array(someMark, { maxLength: 80 }), (said) => {
      const verdicts = verdictsOf(said);
      const byId = new Map(verdicts.map((verdict) => [verdict.evidenceId, verdict]));
      for (const proposal of propose(verdicts)) {
        if (proposal.kind === 'none') continue;
        assert.ok(proposal.confidence > 0 && proposal.confidence < 1);
        for (const id of proposal.evidence) assert.equal(byId.get(id)?.verdict, 'false');
        if (proposal.kind === 'weight') {
          assert.ok(proposal.proposed >= 0 && proposal.proposed < proposal.weight);
          continue;
        }
        const test = matcherOf(proposal.match);
        assert.ok(proposal.evidence.length >= 3);
        for (const { evidenceId, verdict, facts } of verdicts) {
          if (verdict !== 'false') assert.equal(test(facts), false);
          else if (proposal.evidence.includes(evidenceId)) assert.equal(test(facts), true);
        }
      }
    }),
    { numRuns: 100 },
  );
});

const shop = { host: 'shop', path: '/search', ruleId: '942100' };

test('what would have been different: evidence, scores, bans, and attacks that would be missed', () => {
  const history = [
    // A customer, banned for searches: four false positives.
    ...[0, 1, 2, 3].map((i) => ({
      evidence: evidence({
        id: `c${i}`,
        address: '203.0.113.1',
        source: 'sqli',
        timeUs: NOW_US + i * MINUTE_US,
      }),
      facts: shop,
    })),
    // An attacker, who searches too.
    ...[0, 1, 2, 3, 4].map((i) => ({
      evidence: evidence({
        id: `a${i}`,
        address: '203.0.113.2',
        type: 'brute_force',
        source: 'ssh-bf',
        timeUs: NOW_US + i * MINUTE_US,
      }),
    })),
    {
      evidence: evidence({ id: 'a9', address: '203.0.113.2', source: 'sqli', timeUs: NOW_US + HOUR_US }),
      facts: shop,
    },
  ];
  const verdicts = verdictsOf([mark('a9', 'true', 'ada'), mark('a0', 'true', 'ada')]);
  const found = whatIf(
    history,
    { exceptions: [{ ruleId: '942100', host: 'shop', path: '/search' }] },
    { verdicts },
  );
  assert.equal(found.evidence, 10);
  assert.deepEqual(found.leftOut.first, ['c0', 'c1', 'c2', 'c3', 'a9']);
  assert.deepEqual(
    found.scores.first.map(({ address, after }) => [address, after]),
    [['203.0.113.1', 0]],
  );
  assert.ok(found.scores.first[0]!.before > 95);
  assert.deepEqual(
    found.bansGone.first.map(({ address, timeUs }) => [address, timeUs]),
    [['203.0.113.1', NOW_US + 3 * MINUTE_US]],
  );
  assert.deepEqual(found.missed.first, [{ evidenceId: 'a9', address: '203.0.113.2', how: 'excepted' }]);

  const lighter = whatIf(history, { overrides: { 'ssh-bf': 1 } }, { verdicts });
  assert.equal(lighter.leftOut.count, 0);
  assert.deepEqual(
    lighter.missed.first.map(({ evidenceId, how }) => [evidenceId, how]),
    [
      ['a0', 'not banned'],
      ['a9', 'not banned'],
    ],
  );
  const heavier = whatIf(history, { overrides: { sqli: 100 } }, { threshold: 100 });
  assert.equal(heavier.bansNew.first[0]?.address, '203.0.113.1');
  const excepted = whatIf(history, {}, { isExcepted: ({ ruleId }) => ruleId === '942100', most: 3 });
  assert.deepEqual([excepted.evidence, excepted.isCut], [3, true]);
  assert.throws(() => whatIf(history, { exceptions: [{}] }), /nothing is given/);
  assert.throws(() => whatIf(history, { overrides: { a: 101 } }), /overrides.a: a weight is 0 to 100/);
});

test('property: without a change nothing is different; exceptions only lower scores and end bans', () => {
  const history = fc
    .uniqueArray(someEvidence, { maxLength: 60, selector: ({ id }) => id })
    .map((pieces) => pieces.toSorted((a, b) => a.timeUs - b.timeUs).map((piece) => ({ evidence: piece })));
  fc.assert(
    fc.property(history, fc.constantFrom('942100', 'ssh-bf'), (pieces, scenario) => {
      const none = whatIf(pieces, {});
      assert.deepEqual(
        [none.leftOut, none.scores, none.bansGone, none.bansNew, none.missed].map(({ count }) => count),
        [0, 0, 0, 0, 0],
      );
      const some = whatIf(pieces, { exceptions: [{ scenario }] });
      assert.equal(
        some.leftOut.count,
        pieces.filter(({ evidence: { source } }) => source === scenario).length,
      );
      assert.equal(some.bansNew.count, 0);
      for (const { before, after } of some.scores.first) assert.ok(after < before);
    }),
    { numRuns: 40 },
  );
});
