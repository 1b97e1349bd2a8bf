import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EveRecord } from '../event/index.ts';
import { ATTACKER, HOST, httpRecord, refused, START_US } from './observation/testing.ts';
import { evidenceOf } from './record/index.ts';
import { Reputation } from './reputation/index.ts';
import { correlatorOf, scenarios } from './testing.ts';

const SCANNER = 35;
const BRUTE_FORCE = 40;

const list = (count: number, make: (index: number) => EveRecord): EveRecord[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Weighs records one after the other: what was told, and the points at the end. */
function weigh(records: readonly EveRecord[], overrides: Readonly<Record<string, number>> = {}) {
  const { correlator, told, wishes } = correlatorOf({ reputation: new Reputation({ seed: 0, overrides }) });
  for (const record of records) correlator.take([record]);
  const score = correlator.reputation.score(ATTACKER, correlator.nowUs);
  correlator.finish();
  return { correlator, told, wishes, score };
}

test('a fast scan also runs over its slow twin, and weighs once', () => {
  const { correlator, told, wishes, score } = weigh(list(40, (i) => refused(i / 4, 1 + i)));
  assert.deepEqual(
    told.map(({ weir }) => weir.source),
    ['weir/port-scan', 'weir/port-scan-slow'],
  );
  const [fast, slow] = told;
  assert.deepEqual([fast?.weir.same_as, slow?.weir.same_as], ['', fast?.weir.id]);
  assert.equal(score, SCANNER);
  // It is told, is a step of the incident, and may be decided about.
  assert.deepEqual(
    correlator.incidents.list().map(({ count }) => count),
    [2],
  );
  assert.equal(wishes.length, 2);
  assert.deepEqual(correlator.statistics().behaviours, { same: 1 });
  // It does not weigh when it is read back, either.
  const again = new Reputation({ seed: 0 });
  for (const line of told) {
    const stored = evidenceOf(line);
    assert.ok(stored !== undefined);
    again.add(stored.evidence, correlator.nowUs);
  }
  assert.equal(again.score(ATTACKER, correlator.nowUs), SCANNER);
});

test('a slow scan alone weighs, and so does what is behind it in time', () => {
  const slow = list(30, (i) => refused(100 * i, 1 + i));
  assert.equal(Math.round(weigh(slow).score), SCANNER);
  const fast = list(20, (i) => refused(4000 + i / 4, 100 + i, { to: '10.0.0.9' }));
  const { told, score } = weigh([...slow, ...fast]);
  assert.deepEqual(
    told.map(({ weir }) => weir.same_as),
    ['', ''],
  );
  assert.ok(score > SCANNER + 20, `${score}`);
});

test('two behaviours at the same time weigh twice, and so does one by two addresses', () => {
  const scan = list(20, (i) => refused(i / 4, 1 + i));
  const guesses = list(12, (i) =>
    httpRecord(i / 4, { url: '/login', http_method: 'POST', status: 401 }, {}, { fromPort: 1000 + i }),
  );
  assert.equal(weigh([...scan, ...guesses]).score, SCANNER + BRUTE_FORCE);
  const other = list(40, (i) => refused(i / 4, 1 + i, { from: '198.51.100.67' }));
  const { told, score } = weigh([...scan, ...other]);
  assert.equal(score, SCANNER);
  assert.equal(told.filter(({ weir }) => weir.same_as === '').length, 2);
});

test('guesses that are answered in two ways, and a scanner that says so, weigh once each', () => {
  const guesses = list(30, (i) =>
    httpRecord(i, { url: '/login', http_method: 'POST', status: i % 2 === 0 ? 401 : 200 }),
  );
  const both = weigh(guesses);
  assert.equal(both.told.length, 2);
  assert.equal(both.score, BRUTE_FORCE);
  const agent = 'sqlmap/1.7#stable (https://sqlmap.org)';
  const probes = list(100, (i) => httpRecord(i / 20, { url: `/${i}`, status: 404, http_user_agent: agent }));
  const scanned = weigh(probes);
  assert.deepEqual(
    scanned.told.map(({ weir }) => weir.source),
    ['weir/http-scanner-agent', 'weir/http-probing'],
  );
  assert.equal(scanned.score, SCANNER);
});

test('a scenario that somebody made light does not hide one that weighs', () => {
  const scan = list(40, (i) => refused(i / 4, 1 + i));
  assert.equal(weigh(scan, { 'weir/port-scan': 0 }).score, SCANNER);
  assert.equal(weigh(scan, { 'weir/port-scan-slow': 10 }).score, SCANNER);
});

test('the same scenario about another host weighs again, as repeated evidence does', () => {
  const scan = list(20, (i) => refused(i / 4, 1 + i));
  const next = list(20, (i) => refused(i / 4, 1 + i, { to: '10.0.0.9' }));
  const { told, score } = weigh([...scan, ...next]);
  assert.deepEqual(
    told.map(({ weir }) => [weir.target, weir.same_as]),
    [
      [HOST, ''],
      ['10.0.0.9', ''],
    ],
  );
  assert.ok(score > SCANNER && score < 2 * SCANNER, `${score}`);
});

test('a reputation that was reset begins anew', () => {
  const { correlator } = correlatorOf();
  for (const record of list(20, (i) => refused(i / 4, 1 + i))) correlator.take([record]);
  assert.ok(correlator.reset(ATTACKER));
  for (const record of list(20, (i) => refused(5 + i / 4, 100 + i))) correlator.take([record]);
  assert.equal(correlator.reputation.score(ATTACKER, START_US + 11e6), SCANNER);
});

test('scenarios of one behaviour have evidence of one type: any of them may weigh for all', () => {
  const types = new Map<unknown, Set<string>>();
  for (const { labels, evidence } of scenarios) {
    const of = types.get(labels.behavior) ?? new Set();
    types.set(labels.behavior, of.add(evidence));
  }
  for (const [behavior, of] of types) assert.equal(of.size, 1, `${String(behavior)}: ${[...of].join(', ')}`);
});
