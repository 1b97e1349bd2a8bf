import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EVIDENCE_TYPES, type Evidence, type Overflow } from '../evidence.ts';
import { type Incident, Incidents, stageOf, tacticOf, techniqueName } from './index.ts';

const T0 = Date.UTC(2026, 10, 21) * 1e3;
const ATTACKER = '203.0.113.9';
const OTHER = '203.0.113.77';
const VICTIM = '192.0.2.80';
const STORE = '198.51.100.5';
const CONTROL = '198.51.100.66';

function counter(): () => string {
  let next = 0;
  return () => `incident${String(++next).padStart(12, '0')}`;
}

let nextEvidence = 0;

function evidence(
  minutes: number,
  address: string,
  target: string,
  fields: Partial<Evidence> = {},
): Evidence {
  return {
    id: `e${++nextEvidence}`,
    type: 'dpi_threat',
    timeUs: T0 + minutes * 60e6,
    address,
    target,
    reason: 'something',
    source: '',
    threat: 50,
    communityId: '',
    reference: '',
    ja4: '',
    techniques: [],
    ...fields,
  };
}

const scan = (minutes: number, by = ATTACKER, of = VICTIM) =>
  evidence(minutes, by, of, { type: 'scanner', techniques: ['T1595.001', 'T1046'], threat: 35 });
const exploit = (minutes: number, by = ATTACKER, of = VICTIM) =>
  evidence(minutes, by, of, {
    type: 'waf_alert',
    techniques: ['T1190'],
    threat: 60,
    reason: 'SQL injection',
    ja4: 't13',
  });
const blocked = (minutes: number, by = ATTACKER, of = VICTIM) =>
  evidence(minutes, by, of, { type: 'waf_block', techniques: ['T1190'], threat: 60 });
const download = (minutes: number, by = VICTIM, from = STORE) =>
  evidence(minutes, by, from, { techniques: ['T1105'], reason: 'an executable' });
const beacon = (minutes: number, by = VICTIM, to = CONTROL) =>
  evidence(minutes, by, to, { techniques: ['T1071.001'], reason: 'every 60 s' });

function taken(
  all: readonly Evidence[],
  options: object = {},
): { incidents: Incidents; list: readonly Incident[] } {
  const incidents = new Incidents({ newId: counter(), ...options });
  for (const one of all) incidents.take(one);
  return { incidents, list: incidents.list() };
}

test('scan, exploit, download, beacon are one incident with four steps', () => {
  const { list } = taken([scan(0), exploit(5), download(10), beacon(40), beacon(41)]);
  assert.equal(list.length, 1);
  const [incident] = list;
  assert.deepEqual(
    incident?.steps.map(({ stage, tactic }) => [stage, tactic]),
    [
      ['reconnaissance', 'TA0043'],
      ['initial_access', 'TA0001'],
      ['tool_transfer', 'TA0011'],
      ['command_and_control', 'TA0011'],
    ],
  );
  assert.deepEqual(incident?.attackers, [ATTACKER]);
  assert.deepEqual(incident?.victims, [VICTIM]);
  assert.deepEqual(incident?.infrastructure, [STORE, CONTROL]);
  assert.equal(incident?.severity, 'critical');
  assert.equal(incident?.firstUs, T0);
  assert.equal(incident?.lastUs, T0 + 41 * 60e6);
  assert.deepEqual(incident?.ja4s, ['t13']);
  const [, access, , control] = incident?.steps ?? [];
  assert.equal(access?.reason, 'SQL injection');
  assert.deepEqual(access?.techniques, [{ id: 'T1190', name: 'Exploit Public-Facing Application' }]);
  assert.equal(control?.count, 2);
  assert.equal(control?.evidence.length, 2);
  assert.equal(control?.link, `${VICTIM} was attacked by ${ATTACKER} before`);
  assert.match(incident?.title ?? '', /by 203\.0\.113\.9 against 192\.0\.2\.80$/);
});

test('in whatever order they come, they are one', () => {
  const all = [scan(0), exploit(5), download(10), beacon(40)];
  const inOrder = taken(all).list[0];
  for (const order of permutations([0, 1, 2, 3])) {
    const { list, incidents } = taken(order.map((i) => all[i]!));
    assert.equal(list.length, 1, order.join());
    assert.deepEqual(
      list[0]?.steps.map(({ stage }) => stage),
      inOrder?.steps.map(({ stage }) => stage),
    );
    assert.equal(list[0]?.score, inOrder?.score);
    assert.equal(incidents.statistics().open, 1);
  }
});

function permutations(list: readonly number[]): number[][] {
  if (list.length < 2) return [[...list]];
  return list.flatMap((one) =>
    permutations(list.filter((other) => other !== one)).map((rest) => [one, ...rest]),
  );
}

test('an incident that turns out to be a part of another is told to be gone', () => {
  const incidents = new Incidents({ newId: counter() });
  const [first] = incidents.take(beacon(40));
  assert.equal(first?.change, 'new');
  const [second] = incidents.take(exploit(5));
  assert.equal(second?.change, 'new');
  assert.deepEqual(second?.absorbed, [first?.incident.id]);
  assert.equal(incidents.incident(first?.incident.id ?? ''), undefined);
  assert.equal(second?.incident.steps.length, 2);
});

test('one step is an incident as well, and stays one', () => {
  const { list } = taken([scan(0), scan(1), scan(2)]);
  assert.equal(list.length, 1);
  assert.equal(list[0]?.steps.length, 1);
  assert.equal(list[0]?.steps[0]?.count, 3);
  assert.equal(list[0]?.severity, 'low');
});

test('two attackers are two incidents, also against one busy victim', () => {
  const { list } = taken([
    scan(0),
    scan(0, OTHER),
    exploit(5),
    exploit(6, OTHER),
    exploit(7),
    exploit(8, OTHER),
  ]);
  assert.deepEqual(list.map(({ attackers }) => attackers).sort(), [[ATTACKER], [OTHER]].sort());
  const chained = taken([
    exploit(55),
    exploit(60, OTHER),
    download(61),
    beacon(70),
    exploit(71),
    beacon(72),
  ]).list;
  assert.equal(chained.length, 2);
  const other = chained.find(({ attackers }) => attackers[0] === OTHER);
  // The one who was there just before it; what the host does afterwards stays there.
  assert.equal(other?.steps.length, 3);
  assert.equal(other?.steps[2]?.count, 2);
  assert.equal(chained.find(({ attackers }) => attackers[0] === ATTACKER)?.steps.length, 1);
});

test('a victim of hundreds whose requests were all blocked is not chained to any of them', () => {
  const attackers = Array.from({ length: 300 }, (_, i) => `203.0.${i >> 8}.${i & 255}`);
  const { list } = taken([...attackers.map((one, i) => blocked(i / 10, one)), download(31)]);
  const [latest] = list;
  assert.deepEqual(
    latest?.steps.map(({ stage }) => stage),
    ['tool_transfer'],
  );
  assert.deepEqual(latest?.victims, [VICTIM]);
  assert.deepEqual(latest?.attackers, []);
  const alone = taken([blocked(0), download(1)]).list;
  assert.equal(alone.length, 1);
});

test('an exploit that nobody blocked is not forgotten for hundreds of blocked ones', () => {
  const attackers = Array.from({ length: 300 }, (_, i) => `203.0.${i >> 8}.${i & 255}`);
  const [latest] = taken([
    exploit(0, '198.18.0.1'),
    ...attackers.map((one, i) => blocked(1 + i / 10, one)),
    download(32),
  ]).list;
  assert.deepEqual(
    latest?.steps.map(({ stage }) => stage),
    ['initial_access', 'tool_transfer'],
  );
  assert.deepEqual(latest?.attackers, ['198.18.0.1']);
});

test('the victim of a scan that then reports to its attacker', () => {
  const { list } = taken([scan(0), beacon(10, VICTIM, ATTACKER)]);
  assert.equal(list.length, 1);
  const turned = taken([scan(0), download(10, ATTACKER, VICTIM)]).list;
  assert.equal(turned.length, 1);
});

test('a host that was got into and attacks others: the way on is in the same incident', () => {
  const next = '192.0.2.90';
  const { list } = taken([exploit(0), scan(10, VICTIM, next), exploit(12, VICTIM, next), beacon(20, next)]);
  assert.equal(list.length, 1);
  assert.deepEqual(
    list[0]?.steps.map(({ stage }) => stage),
    ['initial_access', 'discovery', 'lateral_movement', 'command_and_control'],
  );
  assert.deepEqual(list[0]?.victims, [VICTIM, next]);
});

test('a command that a request carries is an attack from outside', () => {
  const { list } = taken([evidence(0, ATTACKER, VICTIM, { type: 'waf_block', techniques: ['T1059'] })]);
  assert.deepEqual(list[0]?.attackers, [ATTACKER]);
  assert.equal(list[0]?.steps[0]?.stage, 'execution');
});

test('idle incidents are closed, opened again by what their victim does, and forgotten', () => {
  const incidents = new Incidents({ newId: counter() });
  incidents.take(exploit(0));
  const [closed] = incidents.advance(T0 + 62 * 60e6);
  assert.equal(closed?.change, 'closed');
  assert.equal(closed?.incident.status, 'closed');
  // Its attacker comes again after that: another incident, which is told to be related.
  const [again] = incidents.take(scan(90));
  assert.equal(again?.change, 'new');
  assert.deepEqual(again?.incident.related, [closed?.incident.id]);
  const [reopened] = incidents.take(beacon(120)).filter(({ change }) => change !== 'closed');
  assert.equal(reopened?.incident.id, closed?.incident.id);
  assert.equal(reopened?.incident.status, 'open');
  incidents.advance(T0 + 24 * 3600e6);
  assert.deepEqual(incidents.list(), []);
  assert.equal(incidents.statistics().total, 2);
});

test('what a victim does many hours later is its own', () => {
  const { list } = taken([exploit(0), beacon(7 * 60)]);
  // The attack is forgotten by then.
  assert.equal(list.length, 1);
  assert.deepEqual(list[0]?.attackers, []);
});

test('severity rises with the tactics', () => {
  const incidents = new Incidents({ newId: counter() });
  const scores = [scan(0), exploit(1), download(2), beacon(3)].map(
    (one) => incidents.take(one).at(-1)?.incident.score ?? -1,
  );
  assert.ok(
    scores.every((score, i) => i === 0 || score >= scores[i - 1]!),
    scores.join(),
  );
  assert.ok(scores[0]! < 40 && scores[3]! >= 90, scores.join());
});

test('what an overflow tells: when it began', () => {
  const incidents = new Incidents({ newId: counter() });
  const overflow = { firstUs: T0 - 30e6, description: 'port scan' } as Overflow;
  const [change] = incidents.take({ ...scan(0), reason: '' }, overflow);
  assert.equal(change?.incident.firstUs, T0 - 30e6);
  assert.equal(change?.incident.steps[0]?.reason, 'port scan');
});

test('incidents, their addresses and their evidence are bounded', () => {
  const incidents = new Incidents({ newId: counter(), incidents: 100 });
  for (let i = 0; i < 3000; i++) incidents.take(exploit(i / 100, ATTACKER, `10.0.${i >> 8}.${i & 255}`));
  const [swept] = incidents.list({ address: ATTACKER });
  assert.equal(swept?.victims.length, 64);
  assert.equal(swept?.steps[0]?.evidence.length, 16);
  assert.equal(swept?.steps[0]?.count, 3000);
  for (let i = 0; i < 3000; i++) incidents.take(exploit(31 + i / 1000, `172.16.${i >> 8}.${i & 255}`));
  const { open, closed, evicted, total } = incidents.statistics();
  assert.ok(open + closed <= 100);
  assert.equal(open + closed + evicted, total);
});

test('property: whatever comes, every piece of evidence is in exactly one incident', () => {
  const address = fc.constantFrom(ATTACKER, OTHER, VICTIM, STORE, CONTROL, '192.0.2.90', '');
  const one = fc.record({
    minutes: fc.integer({ min: 0, max: 600 }),
    by: address,
    of: address,
    type: fc.constantFrom(...EVIDENCE_TYPES),
    technique: fc.constantFrom('T1595', 'T1190', 'T1110', 'T1105', 'T1071', 'T1041', 'T1059', 'nothing'),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), (all) => {
      const incidents = new Incidents({ newId: counter(), chainMs: 1e9 });
      for (const { minutes, by, of, type, technique } of all) {
        incidents.take(evidence(minutes, by, of, { type, techniques: [technique] }));
      }
      const list = incidents.list({ limit: 1000 });
      const counted = list.reduce((sum, { count }) => sum + count, 0);
      assert.equal(counted, all.filter(({ by }) => by !== '').length);
      for (const incident of list) {
        const { steps, score, attackers, victims, infrastructure, firstUs, lastUs } = incident;
        assert.equal(
          steps.reduce((sum, { count }) => sum + count, 0),
          incident.count,
        );
        assert.ok(score >= 0 && score <= 100 && firstUs <= lastUs && attackers.length <= 1);
        const addresses = [...attackers, ...victims, ...infrastructure];
        assert.equal(new Set(addresses).size, addresses.length);
      }
    }),
    { numRuns: 300 },
  );
});

test('questions for incidents', () => {
  const { incidents } = taken([scan(0), exploit(1), exploit(2, OTHER, '192.0.2.1')]);
  assert.equal(incidents.list({ address: '192.0.2.1' })[0]?.attackers[0], OTHER);
  assert.equal(incidents.list({ leastScore: 65 }).length, 1);
  assert.equal(incidents.list({ limit: 1 }).length, 1);
  assert.equal(incidents.list({ status: 'closed' }).length, 0);
});

test('stages by technique, sub-technique and type', () => {
  assert.equal(stageOf('other', ['T1110.001']), 'credential_access');
  assert.equal(stageOf('other', ['T1595', 'T1190']), 'initial_access');
  assert.equal(stageOf('scanner', ['T1595', 'T1190']), 'reconnaissance');
  assert.equal(stageOf('scanner', ['T1046']), 'reconnaissance');
  assert.equal(stageOf('dpi_threat', ['T1071.999']), 'command_and_control');
  assert.equal(stageOf('dpi_threat', ['T9999', 'constructor']), 'unassigned');
  assert.equal(stageOf('brute_force', []), 'credential_access');
  assert.equal(techniqueName('T1110.001'), 'Password Guessing');
  assert.equal(techniqueName('T1071.777'), 'Application Layer Protocol');
  assert.equal(techniqueName('toString'), '');
  assert.deepEqual(tacticOf('exfiltration').tactic, 'TA0010');
});
