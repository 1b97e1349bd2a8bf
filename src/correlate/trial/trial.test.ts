import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkScenarios, runScenarios, TrialError } from './index.ts';
import { TrialRuling } from './ruling.ts';

const SCENARIO = `type: leaky
name: test/refused
description: "Two requests that were not allowed"
filter: "evt.Meta.log_type == 'http_access-log' && evt.Meta.http_status == '403'"
groupby: evt.Meta.source_ip
capacity: 1
leakspeed: 10s
labels: {service: http, type: scan, remediation: true, weir: {ban: 1h, evidence: scanner, threat: 70}}
`;

function line(seconds: number, address: string): string {
  const timestamp = `2026-03-01T12:00:${String(seconds).padStart(2, '0')}.000000+0000`;
  const http = { hostname: 'a.example', url: `/${seconds}`, http_method: 'GET', status: 403, length: 10 };
  const ends = { src_ip: address, src_port: 4000 + seconds, dest_ip: '192.0.2.80', dest_port: 80 };
  return JSON.stringify({ timestamp, event_type: 'http', ...ends, proto: 'TCP', http });
}

async function* pages(...all: (readonly string[])[]): AsyncGenerator<readonly string[]> {
  yield* all;
}

test('a scenario runs over records: who would have been banned, and who would have been spared', async () => {
  const settings = { networks: ['192.0.2.0/24'], neverBan: ['198.51.100.0/24'] };
  const records = pages(
    [line(1, '203.0.113.9'), line(2, '198.51.100.9'), line(3, '203.0.113.7')],
    [line(4, '203.0.113.9'), line(5, '198.51.100.9')],
  );
  const result = await runScenarios(SCENARIO, settings, records);
  assert.equal(result.records, 5);
  assert.equal(result.overflows, 2);
  assert.deepEqual(
    result.decisions.items.map(({ value, durationMs }) => [value, durationMs]),
    [['203.0.113.9', 3_600_000]],
  );
  assert.deepEqual(
    result.refusals.items.map(({ value, guard }) => [value, guard]),
    [['198.51.100.9', 'never-ban']],
  );
});

test('what reading the records fails with is told, and the thread ends', async () => {
  async function* failing(): AsyncGenerator<readonly string[]> {
    yield [line(1, '203.0.113.9')];
    throw new Error('the store is gone');
  }
  await assert.rejects(
    runScenarios(SCENARIO, { networks: [], neverBan: [] }, failing()),
    /the store is gone/,
  );
  await assert.rejects(
    runScenarios(SCENARIO, { networks: [], neverBan: [] }, pages(['no JSON'])),
    (error) => error instanceof SyntaxError || error instanceof TrialError,
  );
});

test('mistakes have their places', async () => {
  const { mistakes, scenarios } = await checkScenarios(SCENARIO.replace("== '403'", '=='));
  assert.deepEqual(scenarios, []);
  assert.equal(mistakes[0]?.line, 4);
});

test('a ban is taken, kept and extended', () => {
  const ruling = new TrialRuling([]);
  const wish = {
    type: 'ban',
    scope: 'address',
    value: '203.0.113.9',
    origin: 'scenario',
    reason: '',
    scenario: 'a/b',
    durationMs: 1000,
    simulated: false,
    evidence: [],
    askedMs: 0,
    author: '',
  } as const;
  assert.deepEqual(ruling.rule(wish, 0), {
    kind: 'taken',
    durationMs: 1000,
    untilMs: 1000,
    simulated: false,
  });
  assert.deepEqual(ruling.rule({ ...wish, durationMs: 10 }, 500), { kind: 'kept', untilMs: 1000 });
  assert.deepEqual(ruling.rule(wish, 500), { kind: 'extended', untilMs: 1500 });
  assert.equal(ruling.rule(wish, 2000).kind, 'taken');
});
