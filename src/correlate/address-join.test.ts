import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type EveRecord, timeText } from '../event/index.ts';
import { ATTACKER, flowRecord, httpRecord, NEIGHBOUR, START_US } from './observation/testing.ts';
import { correlationRecord, evidenceOf } from './record/index.ts';
import { correlatorOf } from './testing.ts';

const BANNED_AT = 1000;

/** What CrowdSec says of an address. */
function banned(at = BANNED_AT, address = ATTACKER): EveRecord {
  return {
    timestamp: timeText(START_US + at * 1e6),
    event_type: 'decision',
    src_ip: address,
    decision: {
      id: `d${String(at).padStart(19, '0')}`,
      event: 'taken',
      type: 'ban',
      origin: 'crowdsec',
      scenario: 'crowdsecurity/ssh-bf',
      scope: 'address',
      value: address,
    },
  };
}

function visit(at: number, reference: string): EveRecord {
  return httpRecord(at, { url: `/${reference}` }, { web: { action: 'pass', reference } });
}

function connection(at: number, fromPort: number, seconds = 1): EveRecord {
  return flowRecord({ at, seconds, fromPort, port: 22, bytes: [100 + fromPort, 900] });
}

/** A record that only moves the time. */
function tick(at: number): EveRecord {
  return { timestamp: timeText(START_US + at * 1e6), event_type: 'stats' };
}

test('a decision of CrowdSec is joined with what its address did within the window', () => {
  const { correlator, told, wishes } = correlatorOf();
  correlator.take([visit(990, 'early'), connection(995, 1), connection(996, 2, 4)]);
  correlator.take([flowRecord({ at: 995, from: NEIGHBOUR })]);
  correlator.take([banned()]);
  assert.equal(told.at(0), undefined, 'the record waits for what comes late');
  assert.equal(correlator.reputation.score(ATTACKER, START_US + BANNED_AT * 1e6), 30, 'its weight does not');
  correlator.take([visit(1001, 'late'), tick(1003)]);
  assert.equal(wishes.length, 0);
  const [correlation] = told;
  assert.ok(correlation !== undefined && told.length === 1);
  const {
    joined,
    joined_requests: requests,
    joined_flows: flows,
    reference,
    bytes_toserver,
  } = correlation.weir;
  assert.deepEqual([joined, requests], ['address', ['early', 'late']]);
  assert.deepEqual(
    flows.map((id) => id.split('-')[1]),
    ['1', '2'],
  );
  // The nearest of each.
  assert.deepEqual([reference, bytes_toserver], ['late', 102]);
  assert.equal(correlation.context.mitm_requests.length, 2);
  assert.equal(correlation.context.dpi_flows.length, 2);
  const { correlation: record } = correlationRecord(correlation) as { correlation?: Record<string, unknown> };
  assert.deepEqual([record?.joined, record?.joined_requests, record?.requests], ['address', requests, 2]);
  // What lay near it is not its own when it is read back.
  const { evidence } = evidenceOf(correlation) ?? {};
  assert.deepEqual([evidence?.communityId, evidence?.reference, evidence?.ja4], ['', '', '']);
  assert.deepEqual(correlator.statistics().byAddress, { joined: 1, alone: 0, late: 0 });
});

test('an alert without a connection, or with one that nobody here saw, counts and is joined by its address', () => {
  const { correlator, told } = correlatorOf();
  const alert = { alert: { signature_id: 7, signature: 'Scan', category: 'scan', severity: 1 } };
  const { community_id: _, ...record } = flowRecord({ at: 1000 });
  correlator.take([connection(999, 1)]);
  correlator.take([{ ...record, event_type: 'alert', ...alert }]);
  correlator.take([{ ...record, event_type: 'alert', ...alert, community_id: '1:elsewhere' }]);
  correlator.take([tick(1003)]);
  assert.deepEqual(
    told.map(({ event_type: type, weir }) => [type, weir.joined, weir.joined_flows.length]),
    [
      ['dpi_threat', 'address', 1],
      ['dpi_threat', 'address', 1],
    ],
  );
  // A connection that is not known keeps its name, and gets no facts of another one.
  assert.deepEqual(
    told.map(({ weir }) => [weir.community_id.split('-')[1] ?? weir.community_id, weir.bytes_toserver]),
    [
      ['1', 101],
      ['1:elsewhere', -1],
    ],
  );
});

test('logins that failed by the log of a server are joined by address; a flow of its own goes before the window', () => {
  const { correlator, told } = correlatorOf();
  correlator.take([connection(995, 1), connection(996, 2)]);
  for (let i = 0; i < 5; i++) {
    correlator.observe({
      timeUs: START_US + (1000 + i) * 1e6,
      kind: 'ssh_failed-auth',
      address: ATTACKER,
      target: '',
      meta: { service: 'ssh', target_user: 'root' },
      parsed: {},
      record: { timestamp: '', event_type: 'ssh_log' },
    });
  }
  const alert = { alert: { signature_id: 7, signature: 'Scan', category: 'scan', severity: 1 } };
  correlator.take([{ ...connection(996, 2), event_type: 'alert', ...alert }, tick(1008)]);
  assert.deepEqual(told.map(({ weir }) => [weir.source, weir.joined, weir.joined_flows.length]).toSorted(), [
    ['7', 'connection', 0],
    ['weir/ssh-bruteforce-log', 'address', 2],
  ]);
});

for (const [windowMs, inside, outside] of [
  [60_000, 60, 60.000001],
  [5000, 5, 5.1],
] as const) {
  test(`correlation.window decides: ${windowMs} ms before and after, its edges included`, () => {
    for (const [distance, isJoined] of [
      [-inside, true],
      [-outside, false],
      [inside, true],
      [outside, false],
    ] as const) {
      const { correlator, told } = correlatorOf({ windowMs });
      // Events may be older than what came before them.
      correlator.take([tick(BANNED_AT + 100), visit(BANNED_AT + distance, 'one'), banned(), tick(1200)]);
      assert.equal(told[0]?.weir.joined, isJoined ? 'address' : '', `${distance}`);
      assert.equal(told[0]?.context.mitm_requests.length, isJoined ? 1 : 0);
      assert.equal(correlator.statistics().byAddress.alone, isJoined ? 0 : 1);
    }
  });
}

test('what comes after the wait is counted, and what nobody told of is alone', () => {
  const { correlator, told } = correlatorOf();
  correlator.take([banned()]);
  correlator.take([tick(1003)]);
  assert.equal(told[0]?.weir.joined, '');
  assert.deepEqual(told[0]?.context, { mitm_requests: [], dpi_flows: [], waf_alerts: [] });
  correlator.take([visit(1010, 'late'), connection(1020, 1), connection(1200, 2), visit(1061, 'beyond')]);
  assert.deepEqual(correlator.statistics().byAddress, { joined: 0, alone: 1, late: 2 });
  assert.equal(told.length, 1);
});

test('what waits is bounded: of too many the first are told at once, and counted', () => {
  const { correlator, told } = correlatorOf();
  const address = (i: number): string => `198.51.${100 + (i >> 8)}.${i & 255}`;
  for (let i = 0; i < 3000; i++) correlator.take([banned(BANNED_AT, address(i))]);
  assert.equal(told.length, 3000 - 2048);
  assert.equal(correlator.statistics().hurried, 3000 - 2048);
  correlator.finish();
  assert.equal(told.length, 3000);
});

test('property: what is joined does not depend on the order in which records come within the wait', () => {
  const events = fc.uniqueArray(fc.integer({ min: -90, max: 90 }), { maxLength: 12 });
  fc.assert(
    fc.property(events, events, fc.infiniteStream(fc.nat()), (visits, flows, random) => {
      const records = [
        banned(),
        ...visits.map((at) => visit(BANNED_AT + at, `r${at}`)),
        ...flows.map((at) => connection(BANNED_AT + at, at + 100, 0)),
      ]
        .map((record) => ({ record, key: random.next().value }))
        .sort((a, b) => a.key - b.key)
        .map(({ record }) => record);
      // The time of all is there: nothing waits longer than that.
      const { correlator, told } = correlatorOf();
      correlator.take([tick(BANNED_AT + 100)]);
      for (const record of records) correlator.take([record]);
      correlator.take([tick(BANNED_AT + 103)]);
      assert.equal(told.length, 1);
      const within = (list: readonly number[]): number[] => list.filter((at) => Math.abs(at) <= 60);
      assert.deepEqual(
        told[0]?.weir.joined_requests.toSorted(),
        within(visits)
          .map((at) => `r${at}`)
          .toSorted(),
      );
      assert.equal(told[0]?.weir.joined_flows.length, within(flows).length);
    }),
    { numRuns: 50 },
  );
});
