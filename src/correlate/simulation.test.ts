import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EveRecord, Wish } from '../event/index.ts';
import { Exceptions } from './exception/index.ts';
import { ATTACKER, fileRecord, HOST, refused, START_US, wafRecord } from './observation/testing.ts';
import { Reputation } from './reputation/index.ts';
import { loadScenarios } from './scenario/index.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';
import { differenceOf } from './simulation-difference.ts';
import type { Ruling } from './simulation-result.ts';

const { scenarios } = loadScenarios([join(import.meta.dirname, 'scenarios')]);
const { exceptions } = await Exceptions.open();

function open(options: Partial<SimulationOptions> = {}): Simulation {
  return new Simulation({
    networks: ['10.0.0.0/8'],
    windowMs: 60_000,
    scenarios,
    reputation: new Reputation({ seed: 0 }),
    exceptions,
    autoBan: { enabled: false, threshold: 80, durationMs: 3_600_000 },
    rule: book(),
    ...options,
  });
}

function taken({ durationMs, simulated }: Wish, nowMs: number): Ruling {
  return { kind: 'taken', durationMs, untilMs: nowMs + durationMs, simulated };
}

/** Takes one decision about an address, and keeps it. */
function book(): (wish: Wish, nowMs: number) => Ruling {
  const untils = new Map<string, number>();
  return (wish, nowMs) => {
    const untilMs = untils.get(wish.value);
    if (untilMs !== undefined) return { kind: 'kept', untilMs };
    untils.set(wish.value, nowMs + wish.durationMs);
    return taken(wish, nowMs);
  };
}

const scan = (count: number, from = 0): EveRecord[] =>
  Array.from({ length: count }, (_, i) => refused(from + i / 2, 1 + from + i));

test('a scan: when it would have been banned, and what that would have kept out', () => {
  const simulation = open();
  simulation.take(scan(40));
  const { decisions, overflows, scenarios: ran, records, firstUs } = simulation.end();
  assert.deepEqual([records, firstUs], [40, START_US]);
  assert.ok(overflows >= 1);
  assert.equal(ran.find(({ scenario }) => scenario === 'weir/port-scan')?.overflows, 1);
  const [ban] = decisions.items;
  assert.deepEqual([ban?.value, ban?.scenario], [ATTACKER, 'weir/port-scan']);
  // The twentieth port comes after 9.5 seconds; the 20 behind it would not have come.
  assert.equal(ban?.afterMs, 9500);
  assert.equal(ban?.connectionsAfter, 20);
  assert.deepEqual(simulation.end().decisions.count, decisions.count);
});

test('what comes late by its flow is decided when it came', () => {
  const simulation = open();
  simulation.take(scan(40), START_US + 60e6);
  const [ban] = simulation.end().decisions.items;
  assert.ok(ban !== undefined && (ban.afterMs ?? 0) >= 9500 && ban.atUs <= START_US + 60e6);
});

test('wishes that are refused, kept or extended are told as such', () => {
  const kinds: Ruling['kind'][] = [];
  const rule = (wish: Wish, nowMs: number): Ruling => {
    const kind = (['taken', 'kept', 'extended', 'refused'] as const)[kinds.length % 4] ?? 'refused';
    kinds.push(kind);
    const untilMs = nowMs + wish.durationMs;
    switch (kind) {
      case 'taken':
        return taken(wish, nowMs);
      case 'kept':
      case 'extended':
        return { kind, untilMs };
      case 'refused':
        return { kind, guard: 'never_ban', reason: 'it is on the list' };
      default:
        return kind satisfies never;
    }
  };
  const simulation = open({ rule });
  for (let i = 0; i < 4; i++) simulation.take(scan(25, 2000 * i));
  const { decisions, refusals } = simulation.end();
  assert.ok(kinds.length >= 4, String(kinds.length));
  assert.equal(decisions.items[0]?.repeated, 2);
  assert.equal(refusals.items[0]?.refused, 'it is on the list');
  assert.equal(decisions.count, kinds.filter((kind) => kind === 'taken').length);
  assert.equal(refusals.count, kinds.filter((kind) => kind === 'refused').length);
});

test("weir's own decisions and correlations in the records count for nothing, those of CrowdSec do", () => {
  const timestamp = '2026-01-01T12:00:00.000000+0000';
  const decision = (origin: string): EveRecord => ({
    timestamp,
    event_type: 'decision',
    src_ip: '203.0.113.4',
    decision: {
      event: 'taken',
      type: 'ban',
      scope: 'address',
      value: '203.0.113.4',
      origin,
      scenario: 'crowdsecurity/ssh-bf',
      until: '2026-01-02T12:00:00.000000+0000',
    },
  });
  const own = open();
  own.take([decision('scenario'), decision('reputation'), { timestamp, event_type: 'correlation' }]);
  assert.deepEqual([own.end().records, own.end().evidence], [0, 0]);
  const theirs = open();
  theirs.take([decision('crowdsec')]);
  assert.deepEqual([theirs.end().records, theirs.end().evidence], [1, 1]);
});

test('by reputation one is banned once, for the correlator hears of it', () => {
  const wishes: Wish[] = [];
  const simulation = open({
    autoBan: { enabled: true, threshold: 5, durationMs: 24 * 3_600_000 },
    rule: (wish, nowMs) => {
      wishes.push(wish);
      return taken(wish, nowMs);
    },
  });
  for (let i = 0; i < 5; i++) simulation.take(scan(25, 1000 * i));
  simulation.end();
  assert.equal(wishes.filter(({ origin }) => origin === 'reputation').length, 1);
});

test('an incident that takes in another one is counted once', () => {
  const simulation = open();
  simulation.take([fileRecord(30, 'files.updates-cdn.test', 'application/x-dosexec')]);
  // The attack is told of later, as what is judged elsewhere may be.
  simulation.take(Array.from({ length: 5 }, (_, i) => wafRecord(i, '/search', {})));
  const { incidents } = simulation.end();
  assert.equal(incidents.count, incidents.items.length);
  const [worst] = incidents.items;
  assert.ok(worst?.attackers.includes(ATTACKER));
  assert.deepEqual([incidents.count, worst?.victims], [1, [HOST]]);
});

test('two simulations: what the second one has, and has not', () => {
  const before = open();
  const after = open({ scenarios: [] });
  for (const one of [before, after]) one.take(scan(40));
  const difference = differenceOf(before.end(), after.end());
  assert.deepEqual(
    difference.gone.map(({ value }) => value),
    [ATTACKER],
  );
  assert.deepEqual([difference.fresh, difference.changed, difference.incidents.after], [[], [], 0]);
  assert.ok(difference.scenarios.every(({ before: count, after: none }) => count > 0 && none === 0));
  assert.equal(difference.reputations[0]?.after, 0);
  const same = differenceOf(before.end(), before.end());
  assert.deepEqual(
    [same.gone, same.fresh, same.changed, same.scenarios, same.reputations],
    [[], [], [], [], []],
  );
});
