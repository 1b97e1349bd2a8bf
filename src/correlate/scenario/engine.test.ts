import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Observation, Overflow } from '../evidence.ts';
import {
  type EngineOptions,
  formatMistake,
  loadScenarios,
  runScenarioTest,
  ScenarioEngine,
} from './index.ts';

const START_US = Date.UTC(2026, 0, 1) * 1000;

function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-scenario-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

function engineOf(
  t: TestContext,
  text: string,
  options: Partial<EngineOptions> = {},
  data = {},
): ScenarioEngine {
  const path = folder(t, { 'scenarios/a.yaml': text, ...data });
  const { scenarios, mistakes } = loadScenarios([join(path, 'scenarios')], { dataFolder: path });
  assert.deepEqual(mistakes.map(formatMistake), []);
  return new ScenarioEngine(scenarios, options);
}

function at(seconds: number, kind: string, more: Partial<Observation> = {}): Observation {
  return {
    timeUs: START_US + Math.round(seconds * 1e6),
    kind,
    address: '192.0.2.1',
    target: '198.51.100.1',
    meta: {},
    parsed: {},
    record: { timestamp: '', event_type: kind },
    ...more,
  };
}

function feed(engine: ScenarioEngine, observations: readonly Observation[]): Overflow[] {
  return observations.flatMap((each) => engine.take(each));
}

function series(count: number, every: number, kind: string, more: Partial<Observation> = {}): Observation[] {
  return Array.from({ length: count }, (_, i) => at(i * every, kind, more));
}

const SSH = `
type: leaky
name: test/ssh-bf
description: "failures of ssh from one address"
filter: "evt.Meta.log_type == 'ssh_failed-auth'"
leakspeed: "10s"
capacity: 5
groupby: evt.Meta.source_ip
blackhole: 1m
reprocess: true
labels:
  service: ssh
  confidence: 3
  classification: [attack.T1110, cve.CVE-2024-1, attack.T1021.004]
  behavior: "ssh:bruteforce"
  remediation: true
  weir: {ban: 4h, threat: 90}
`;

test('a leaky bucket runs over with the event after its capacity, with all that is said of it', (t) => {
  const engine = engineOf(t, SSH);
  const failures = series(8, 1, 'ssh_failed-auth');
  const [overflow, ...more] = feed(engine, failures);
  assert.deepEqual(more, []);
  assert.ok(overflow !== undefined);
  assert.match(overflow.id, /^[0-9a-z]{20}$/);
  const { id, observations, labels, ...rest } = overflow;
  assert.deepEqual(rest, {
    scenario: 'test/ssh-bf',
    description: 'failures of ssh from one address',
    firstUs: START_US,
    timeUs: START_US + 5e6,
    scope: 'address',
    value: '192.0.2.1',
    target: '198.51.100.1',
    count: 6,
    remediation: true,
    banMs: 4 * 3600 * 1000,
    evidence: 'brute_force',
    threat: 90,
    techniques: ['T1110', 'T1021.004'],
    simulated: false,
  });
  assert.deepEqual(observations, failures.slice(0, 6));
  assert.equal(labels.service, 'ssh');
  assert.deepEqual(feed(engine, [at(0, 'connection'), at(0.5, 'http_request')]), []);
});

test('a blackhole is silent for its time and then no more', (t) => {
  const engine = engineOf(t, SSH);
  const times = feed(engine, series(100, 1, 'ssh_failed-auth')).map((each) => (each.timeUs - START_US) / 1e6);
  // Each bucket takes 6: they run over at 5, 11, 17 ... 65, which is the first at least 60 s after 5.
  assert.deepEqual(times, [5, 65]);
});

test('a bucket never runs over below the rate of its leak', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200 }),
      (capacity, gaps) => {
        const text = `name: a\ndescription: b\ntype: leaky\nfilter: 'true'\nleakspeed: 1s\ncapacity: ${capacity}`;
        const engine = engineOf(t, text);
        let time = 0;
        const observations = gaps.map((gap) => {
          time += 1000 + gap;
          return at(time / 1000, 'x');
        });
        assert.deepEqual(feed(engine, observations), []);
      },
    ),
    { numRuns: 30 },
  );
});

/** What a leaky bucket is, from the times alone: some run of events is more than fits and has leaked meanwhile. */
function runsOver(times: readonly number[], capacity: number, leak: number): boolean {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted.some((first, i) => {
    return sorted.slice(i).some((last, n) => (n + 1) * leak - (last - first) > capacity * leak);
  });
}

test('the order within two seconds makes no difference', (t) => {
  const text = (capacity: number, leak: number) =>
    `name: a\ndescription: b\ntype: leaky\nfilter: 'true'\nleakspeed: ${leak}ms\ncapacity: ${capacity}`;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 20, max: 900 }),
      fc.array(fc.integer({ min: 0, max: 2000 }), { minLength: 1, maxLength: 40 }),
      (capacity, leak, times) => {
        const engine = engineOf(t, text(capacity, leak));
        const overflows = feed(
          engine,
          times.map((ms) => at(ms / 1000, 'x')),
        );
        assert.equal(overflows.length > 0, runsOver(times, capacity, leak));
      },
    ),
    { numRuns: 150 },
  );
});

test('distinct counts new values alone, and a group keeps to itself', (t) => {
  const engine = engineOf(
    t,
    `
type: leaky
name: test/http-probing
description: "many pages that are not there"
filter: "evt.Meta.service == 'http' && evt.Meta.http_status in ['404', '403']"
groupby: "evt.Meta.source_ip + '/' + evt.Parsed.target_fqdn"
distinct: "evt.Meta.http_path"
capacity: 3
leakspeed: 10s
labels: {service: http, behavior: "http:scan"}
`,
  );
  const request = (s: number, path: string, host = 'a') =>
    at(s, 'http_access-log', {
      meta: { service: 'http', http_status: '404', http_path: path },
      parsed: { target_fqdn: host },
    });
  assert.deepEqual(
    feed(
      engine,
      Array.from({ length: 50 }, (_, i) => request(i / 10, '/same')),
    ),
    [],
  );
  assert.deepEqual(
    feed(
      engine,
      ['/b', '/c'].map((path) => request(6, path)),
    ),
    [],
  );
  assert.deepEqual(
    feed(
      engine,
      ['/d', '/e', '/f'].map((path) => request(6, path, 'b')),
    ),
    [],
  );
  const [overflow] = feed(engine, [request(6.1, '/d')]);
  assert.equal(overflow?.count, 4);
  assert.equal(overflow?.evidence, 'scanner');
  assert.equal(overflow?.remediation, false);
});

test('a trigger runs over at once; data files of texts and patterns are asked', (t) => {
  const engine = engineOf(
    t,
    `
type: trigger
name: test/traversal
description: "a path that leaves the folder"
filter: "evt.Meta.log_type in ['http_access-log', 'http_error-log'] && any(File('traversal.txt'), {Lower(evt.Meta.http_path) contains Lower(#)})"
groupby: evt.Meta.source_ip
data:
  - source_url: https://example.org/traversal.txt
    dest_file: traversal.txt
    type: string
labels: {type: exploit, service: http, remediation: "true"}
---
type: leaky
format: 2.0
name: test/bad-agent
description: "clients that say they are tools"
filter: 'evt.Meta.log_type in ["http_access-log"] && RegexpInFile(evt.Parsed.http_user_agent, "agents.txt")'
data:
  - {dest_file: agents.txt, type: regexp}
capacity: 1
leakspeed: 1m
groupby: "evt.Meta.source_ip"
`,
    {},
    { 'traversal.txt': '# comment\n../\n\n%2E%2E/\n', 'agents.txt': '(?i)\\bsqlmap\\b\n^masscan/\\d+\n' },
  );
  const request = (s: number, path: string, agent: string) =>
    at(s, 'http_access-log', { meta: { http_path: path }, parsed: { http_user_agent: agent } });
  const names = (observation: Observation) =>
    engine.take(observation).map(({ scenario, evidence }) => scenario + evidence);
  assert.deepEqual(names(request(0, '/a/%2e%2e/b', 'Mozilla')), ['test/traversalwaf_alert']);
  assert.deepEqual(names(request(1, '/a', 'x SQLMap/1.0')), []);
  assert.deepEqual(names(request(2, '/a', 'notmasscan/1')), []);
  assert.deepEqual(names(request(3, '/a', 'masscan/1')), ['test/bad-agentother']);
});

test('a counter runs over at its end, with what its filter lets through', (t) => {
  const engine = engineOf(
    t,
    `
type: counter
name: test/many
description: "many in a minute"
filter: evt.Meta.log_type == 'x'
capacity: -1
duration: 60s
cache_size: 5
groupby: evt.Meta.source_ip
overflow_filter: "leaky.Total_count > 10 && len(queue.Queue) == 5 && signal.Alert.Source.IP == '192.0.2.1'"
`,
  );
  assert.deepEqual(feed(engine, series(20, 1, 'x')), []);
  assert.deepEqual(engine.advance(START_US + 61e6), []);
  const [overflow] = engine.advance(START_US + 63e6);
  assert.equal(overflow?.count, 20);
  assert.equal(overflow?.observations.length, 16);
  assert.deepEqual(feed(engine, [at(100, 'x')]), []);
  assert.deepEqual(engine.advance(START_US + 300e6), []);
  assert.equal(engine.statistics().swallowed, 1);
});

test('a conditional looks back; cancel_on empties the bucket', (t) => {
  const engine = engineOf(
    t,
    `
type: conditional
name: test/slow
description: "failures with long pauses"
filter: "evt.Meta.log_type in ['failed', 'success']"
groupby: evt.Meta.source_ip
capacity: -1
cancel_on: "evt.Meta.log_type == 'success'"
condition: |
  let failed = filter(queue.Queue, {#.Meta.log_type == 'failed'});
  len(failed) >= 3 &&
  MedianInterval(map(failed[-3:], {#.Time})) > duration("5m")
leakspeed: 2h
scope:
  type: account
  expression: evt.Meta.user
`,
  );
  const user = { meta: { user: 'root' } };
  const times = [0, 400, 800].map((s) => at(s, 'failed', user));
  const [overflow] = feed(engine, times);
  assert.deepEqual([overflow?.scope, overflow?.value], ['other', 'root']);
  assert.deepEqual(
    feed(engine, [at(1000, 'failed'), at(1400, 'failed'), at(1500, 'success'), at(1800, 'failed')]),
    [],
  );
});

test('a bayesian scenario believes what its conditions say', (t) => {
  const engine = engineOf(
    t,
    `
type: bayesian
name: test/belief
description: "several hints"
filter: "evt.Meta.log_type == 'x'"
groupby: evt.Meta.source_ip
bayesian_prior: 0.5
bayesian_threshold: 0.8
bayesian_conditions:
  - condition: any(queue.Queue, {.Meta.path == "/admin"})
    prob_given_evil: 0.8
    prob_given_benign: 0.2
  - condition: evt.Meta.once == "1"
    prob_given_evil: 0.9
    prob_given_benign: 0.3
    guillotine: true
leakspeed: 30s
capacity: -1
`,
  );
  assert.deepEqual(feed(engine, [at(0, 'x'), at(1, 'x', { meta: { once: '1' } })]), []);
  // 0.5 by the first condition to 0.8, by the second, which stays, to 0.92.
  assert.equal(feed(engine, [at(2, 'x', { meta: { path: '/admin' } })]).length, 1);
});

test('overflows are poured again where the scenario says so, and a range may be meant', (t) => {
  const engine = engineOf(
    t,
    `${SSH}
---
type: leaky
name: test/range
description: "several of one network"
filter: "evt.GetType() == 'overflow' && evt.Overflow.Alert.Remediation == true"
groupby: evt.Overflow.Alert.Source.Range
distinct: evt.Overflow.Alert.Source.IP
capacity: 2
leakspeed: 10m
scope: {type: Range}
labels: {remediation: true}
`,
  );
  const found = [1, 1, 2, 3].flatMap((host, i) => {
    const address = `192.0.2.${host}`;
    return feed(
      engine,
      Array.from({ length: 6 }, (_, n) => at(i * 20 + n / 10, 'ssh_failed-auth', { address })),
    );
  });
  assert.deepEqual(
    found.map(({ scenario, scope, value }) => [scenario, scope, value]),
    [
      ['test/ssh-bf', 'address', '192.0.2.1'],
      ['test/ssh-bf', 'address', '192.0.2.2'],
      ['test/ssh-bf', 'address', '192.0.2.3'],
      ['test/range', 'range', '192.0.2.0/24'],
    ],
  );
});

test('without a group all addresses share a bucket, and each is told', (t) => {
  const engine = engineOf(
    t,
    "name: a\ndescription: b\ntype: leaky\nfilter: 'true'\nleakspeed: 1s\ncapacity: 1",
  );
  const found = feed(engine, [at(0, 'x'), at(0, 'x', { address: '192.0.2.9', target: '' })]);
  assert.deepEqual(
    found.map(({ value, target, count }) => [value, target, count]),
    [
      ['192.0.2.1', '', 2],
      ['192.0.2.9', '', 2],
    ],
  );
  assert.equal(new Set(found.map(({ id }) => id)).size, 2);
});

test('state is bounded, and what had to go is counted', (t) => {
  const text = `
type: leaky
name: a
description: b
filter: 'true'
groupby: evt.Meta.source_ip
distinct: evt.Meta.path
leakspeed: 1h
capacity: 1000
`;
  const engine = engineOf(t, text, { buckets: 100, entries: 400, distinct: 5 });
  for (let i = 0; i < 20_000; i++) {
    engine.take(at(i / 1000, 'x', { address: `10.0.${i % 50}.${i % 200}`, meta: { path: `/${i}` } }));
    const { buckets, entries } = engine.statistics();
    assert.ok(buckets <= 100 && entries <= 400 && entries >= buckets);
  }
  assert.ok(engine.statistics().evicted > 1000);
  engine.advance(START_US + 1e15);
  const { buckets, entries } = engine.statistics();
  assert.deepEqual([buckets, entries], [0, 0]);
});

test('idle buckets go, late observations are counted, failures make a filter false', (t) => {
  const engine = engineOf(
    t,
    "name: a\ndescription: b\ntype: leaky\nfilter: 'evt.Unmarshaled.record.nothing.more == 1 || true'\nleakspeed: 1s\ncapacity: 5\n---\n" +
      "name: b\ndescription: b\ntype: leaky\nfilter: evt.Meta.log_type == 'x'\nleakspeed: 1s\ncapacity: 5\ngroupby: evt.Meta.source_ip",
  );
  for (let i = 0; i < 100; i++) engine.take(at(i * 10, 'x', { address: `192.0.2.${i}` }));
  assert.ok(engine.statistics().buckets <= 2);
  assert.equal(engine.statistics().failures, 100);
  assert.match(engine.statistics().lastFailure, /^a: nil has no members/);
  engine.take(at(0, 'x'));
  engine.take(at(Number.NaN, 'x'));
  assert.equal(engine.statistics().late, 2);
});

test('mistakes of scenario files are told with file and line', (t) => {
  const wrong = `type: leeky
name: a
description: b
filtre: x
filter: |
  evt.Meta.log_type == 'x' and
  Uper(evt.Meta.y) == 'Z'
leakspeed: soon
capacity: 5
labels:
  weir: {bann: 4h, threat: 200}
---
type: leaky
name: b
description: c
filter: "evt.Meta.x == 5"
capacity: 0
---
type: trigger
name: c
filter: any(File('no.txt'), {# == evt.Meta.x})
data:
  - dest_file: no.txt
    type: strings
  - dest_file: bad.txt
    type: regexp
scope: {type: account}
format: 9.1
---
- 1
---
type: counter
name: d
description: e
filter: 'true'
capacity: 3
groupby: 5 + 5
---
name: [
`;
  const path = folder(t, { 'a.yaml': wrong, 'bad.txt': 'a\n# c\n(b\n' });
  const { scenarios, mistakes } = loadScenarios([join(path, 'a.yaml'), join(path, 'none.yaml')], {
    dataFolder: path,
  });
  assert.deepEqual(scenarios, []);
  const told = mistakes.map((each) => formatMistake(each).replaceAll(`${path}/`, ''));
  for (const expected of [
    'a.yaml:1:7: type is one of leaky, trigger, counter, conditional, bayesian, and not leeky; did you mean leaky?',
    'a.yaml:4:1: there is no key filtre; did you mean filter?',
    'a.yaml:7:3: filter: there is no function Uper; did you mean Upper?',
    'a.yaml:8:12: leakspeed is a duration, as 30s, 5m and 1h30m, and not soon',
    'a.yaml:10:1: labels.weir has no bann; did you mean ban?',
    'a.yaml:10:1: labels.weir.threat is a number from 0 to 100',
    'a.yaml:16:21: filter: == cannot stand between text and number',
    'a.yaml:17:1: capacity of a leaky scenario is above 0',
    'a.yaml:13:1: a leaky scenario needs a leakspeed above 0',
    'a.yaml:19: description is missing',
    'a.yaml:21:13: filter: the data file no.txt is missing: put it there, nothing is downloaded',
    'a.yaml:24:11: type of a data file is string or regexp, and not strings',
    'a.yaml:25:16: bad.txt:3: a group that is not closed (character 1)',
    'a.yaml:27:8: scope account needs an expression that says of whom',
    'a.yaml:28:9: format 9.1 is not known; 1.0 to 3.0 are',
    'a.yaml:30:1: a scenario has keys, as name, type and filter',
    'a.yaml:36:1: capacity of a counter scenario is -1',
    'a.yaml:37:10: groupby: it gives number; text is wanted',
    'a.yaml:32:1: a counter scenario needs a duration above 0',
    'none.yaml: there is no such file',
  ]) {
    assert.ok(told.includes(expected), `${expected}\nin\n${told.join('\n')}`);
  }
});

test('a name is of one file', (t) => {
  const text = "name: a\ndescription: b\ntype: trigger\nfilter: 'true'\n";
  const path = folder(t, {
    'a.yaml': `${text}---\n${text}`,
    'b.yml': text,
    '.hidden/c.yaml': 'x',
    'd.txt': 'x',
  });
  const { scenarios, mistakes } = loadScenarios([path]);
  assert.equal(scenarios.length, 2);
  assert.deepEqual(mistakes.map(formatMistake), [`${path}/b.yml:1: a is there already, in ${path}/a.yaml:1`]);
});

test('tests of scenarios are files', (t) => {
  const path = folder(t, {
    'ssh.yaml': SSH,
    'records.jsonl': `${JSON.stringify({ timestamp: '2026-01-01T00:00:00Z', event_type: 'ssh' })}\n`,
    'good.yaml': `
name: six failures
scenarios: [ssh.yaml]
observations:
  - {at: 0s, kind: ssh_failed-auth, address: 192.0.2.1, repeat: 6, every: 1s}
  - {at: 9s, kind: ssh_failed-auth, address: "192.0.2.10{n}", repeat: 6}
expect:
  - {scenario: test/ssh-bf, value: 192.0.2.1, count: 6, threat: 90}
`,
    'bad.yaml': `
scenarios: [ssh.yaml]
observations:
  - {at: 0s, kind: ssh_failed-auth, address: 192.0.2.1, repeat: 6, every: 1s}
expect:
  - {scenario: test/ssh-bf, value: 192.0.2.2, count: 6}
`,
    'records.yaml': 'scenarios: [ssh.yaml]\nrecords: records.jsonl\nexpect: []\n',
    'typo.yaml': 'scenarios: [ssh.yaml]\nexpected: []\n',
    'missing.yaml': 'scenarios: [none.yaml]\n',
  });
  const run = (name: string) => runScenarioTest(join(path, name));
  const good = run('good.yaml');
  assert.deepEqual(
    [good.passed, good.name, good.observations, good.differences],
    [true, 'six failures', 12, []],
  );
  assert.deepEqual(run('bad.yaml').differences, [
    'expected, and did not come: test/ssh-bf, value 192.0.2.2, count 6 (there is one with value 192.0.2.1)',
    'came, and was not expected: test/ssh-bf, value 192.0.2.1, count 6, at 2026-01-01T00:00:05.000Z',
  ]);
  assert.match(run('records.yaml').differences[0] ?? '', /records cannot be read here/);
  assert.match(run('typo.yaml').differences[0] ?? '', /a test has no expected; did you mean expect\?/);
  assert.match(run('missing.yaml').differences[0] ?? '', /none\.yaml: there is no such file/);
  assert.match(run('none').differences[0] ?? '', /there is no file/);
  const observe = () => series(6, 1, 'ssh_failed-auth');
  const records = runScenarioTest(join(path, 'records.yaml'), { observe });
  assert.deepEqual(
    records.overflows.map(({ count }) => count),
    [6],
  );
});
