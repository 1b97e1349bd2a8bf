import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { recordBatches } from './record-lines.ts';
import { scenarios } from './scenarios.ts';
import { simulate } from './simulate.ts';
import { UsageError } from './usage.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = mkdtempSync(join(tmpdir(), 'weir-scenarios-'));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

/** The same everywhere, whatever configuration the machine has. */
const CONFIG = file('weir.yaml', 'lan: {networks: [10.0.0.0/8, 192.0.2.0/24]}\n');
const SCANNER = '198.51.100.66';
const SCENARIO = `type: leaky
name: own/scan
description: "Five ports are closed"
filter: "evt.Meta.log_type == 'refused'"
groupby: evt.Meta.source_ip
distinct: evt.Meta.dst_port
capacity: 4
leakspeed: 10s
blackhole: 5m
labels:
  classification: [attack.T1046]
  remediation: true
`;

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((done) => {
    const options = { cwd: ROOT, timeout: 60_000, maxBuffer: 1 << 26 };
    const child = execFile('./weir', [...args], options, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

function file(name: string, text: string): string {
  const path = join(FOLDER, name);
  writeFileSync(path, text);
  return path;
}

/** A connection to a closed port, as a record. */
function refused(second: number, port: number, from = SCANNER): string {
  const at = new Date(Date.UTC(2026, 0, 1, 12) + 1000 * second).toISOString().replace('Z', '000+0000');
  return JSON.stringify({
    timestamp: at,
    flow_id: second,
    event_type: 'flow',
    src_ip: from,
    src_port: 40_000 + second,
    dest_ip: '192.0.2.80',
    dest_port: port,
    proto: 'TCP',
    community_id: `1:${from} ${second}`,
    app: { protocol: '', risks: [] },
    flow: {
      pkts_toserver: 1,
      pkts_toclient: 1,
      bytes_toserver: 60,
      bytes_toclient: 54,
      start: at,
      end: at,
      state: 'closed',
    },
    tcp: { tcp_flags_ts: '02', tcp_flags_tc: '14' },
  });
}

const lines = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${make(i)}\n`).join('');

interface SimulationJson {
  readonly records: number;
  readonly overflows: number;
  readonly first: string | null;
  readonly scenarios: readonly { readonly scenario: string; readonly about: readonly string[] }[];
  readonly incidents: {
    readonly count: number;
    readonly items: readonly {
      readonly attackers: readonly string[];
      readonly steps: readonly { readonly stage: string }[];
    }[];
  };
  readonly decisions: {
    readonly count: number;
    readonly items: readonly {
      readonly value: string;
      readonly scenario: string;
      readonly origin: string;
      readonly at: string;
      readonly duration_ms: number;
      readonly after_first_packet_ms: number | null;
      readonly connections_kept_out: number;
    }[];
  };
  readonly refusals: {
    readonly items: readonly { readonly value: string; readonly guard: string; readonly count: number }[];
  };
  readonly reputations: { readonly items: readonly { readonly address: string; readonly peak: number }[] };
  readonly difference?: {
    readonly decisions_gone: readonly { readonly value: string }[];
    readonly decisions_new: readonly { readonly value: string }[];
    readonly decisions_changed: readonly object[];
    readonly scenarios: readonly {
      readonly scenario: string;
      readonly before: number;
      readonly after: number;
    }[];
  };
}

async function simulated(args: readonly string[], input = ''): Promise<SimulationJson> {
  const { status, stdout, stderr } = await run(['simulate', ...args, '-c', CONFIG, '--json'], input);
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as SimulationJson;
}

test('scenarios list: ours and those of the configuration, as a table and as JSON', async () => {
  const own = file('own.yaml', SCENARIO);
  const config = file('list.yaml', `correlation: {scenarios: {files: [${own}]}}\n`);
  const [table, json] = await Promise.all([
    run(['scenarios', 'list', '-c', config]),
    run(['scenarios', 'list', '-c', config, '--json']),
  ]);
  assert.equal(table.status, 0, table.stderr);
  assert.match(table.stdout, /^ {2}weir\/ssh-bruteforce +leaky +4 h +T1110 +SSH: five logins failed/m);
  assert.match(table.stdout, /^ {2}weir\/beacon +trigger +no +T1071 T1573 /m);
  assert.match(table.stdout, /^ {2}own\/scan +leaky +default +T1046 +Five ports are closed$/m);
  const list = JSON.parse(json.stdout) as readonly { readonly name: string; readonly ban_seconds?: number }[];
  assert.equal(list.find(({ name }) => name === 'weir/port-scan')?.ban_seconds, 86_400);
  assert.ok(list.some(({ name }) => name === 'own/scan'));
});

test('scenarios check: each mistake with its place, and exit code 1', async () => {
  const bad = file(
    'bad.yaml',
    SCENARIO.replace('evt.Meta.log_type ==', 'Frob(evt) ==').replace('leaky', 'leeky'),
  );
  const [good, wrong, missing, json] = await Promise.all([
    run(['scenarios', 'check', 'src/correlate/scenarios', '-c', CONFIG]),
    run(['scenarios', 'check', bad, '-c', CONFIG]),
    run(['scenarios', 'check', join(FOLDER, 'none.yaml'), '-c', CONFIG]),
    run(['scenarios', 'check', bad, '--json', '-c', CONFIG]),
  ]);
  assert.equal(good.status, 0, good.stderr);
  assert.match(good.stdout, /^\d+ scenarios in \d+ files: good$/m);
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /bad\.yaml:1:7: .*leeky/);
  assert.match(wrong.stderr, /bad\.yaml:4:\d+: .*Frob/);
  assert.deepEqual([missing.status, missing.stdout], [1, '']);
  assert.match(missing.stderr, /none\.yaml: there is no such file/);
  const { mistakes } = JSON.parse(json.stdout) as { readonly mistakes: readonly { readonly line: number }[] };
  const places = mistakes.map(({ line }) => line);
  assert.deepEqual([json.status, places.includes(1), places.includes(4)], [1, true, true]);
});

test('scenarios test: the example passes, and a difference is told', async () => {
  const scenario = file('tested.yaml', SCENARIO);
  const records = file(
    'records.jsonl',
    lines(6, (i) => refused(i, 1 + i)),
  );
  const passing = file(
    'case-good.yaml',
    `scenarios: [${scenario}]\nrecords: ${records}\nexpect: [{scenario: own/scan, value: ${SCANNER}, count: 5}]\n`,
  );
  const failing = file(
    'case-bad.yaml',
    `name: wrong\nscenarios: [${scenario}]\nrecords: ${records}\nexpect: [{scenario: own/scan, value: 192.0.2.9}]\n`,
  );
  const [example, failed, json] = await Promise.all([
    run(['scenarios', 'test', 'examples/scenario-test.yaml', passing, '-c', CONFIG]),
    run(['scenarios', 'test', passing, failing, join(FOLDER, 'no-case.yaml'), '-c', CONFIG]),
    run(['scenarios', 'test', failing, '--json', '-c', CONFIG]),
  ]);
  assert.deepEqual([example.status, example.stderr], [0, '']);
  assert.match(example.stdout, /^passed {2}guessing at passwords of SSH .*: 18 observations, 2 overflows$/m);
  assert.match(example.stdout, /^2 passed, 0 failed$/m);
  assert.equal(failed.status, 1);
  assert.match(failed.stdout, /^FAILED {2}wrong /m);
  assert.match(failed.stdout, /expected, and did not come: own\/scan, value 192\.0\.2\.9/);
  assert.match(failed.stdout, /came, and was not expected: own\/scan, value 198\.51\.100\.66/);
  assert.match(failed.stdout, /there is no file .*no-case\.yaml/);
  assert.match(failed.stdout, /^1 passed, 2 failed$/m);
  const { results } = JSON.parse(json.stdout) as {
    readonly results: readonly { readonly passed: boolean }[];
  };
  assert.deepEqual([json.status, results.map(({ passed }) => passed)], [1, [false]]);
});

test('simulate: the captures hold a scan, guesses at passwords and a download', async () => {
  const result = await simulated(['demo/captures']);
  const names = result.scenarios.map(({ scenario }) => scenario);
  for (const name of ['weir/port-scan', 'weir/ssh-bruteforce', 'weir/malware-download', 'weir/beacon']) {
    assert.ok(names.includes(name), `${name} is among ${names.join(', ')}`);
  }
  const incident = result.incidents.items.find(({ attackers }) => attackers.includes(SCANNER));
  assert.deepEqual(
    incident?.steps.map(({ stage }) => stage),
    ['reconnaissance', 'credential_access'],
  );
  assert.deepEqual(
    result.decisions.items.map(({ value }) => value),
    [SCANNER],
  );
  const [ban] = result.decisions.items;
  assert.equal(ban?.scenario, 'weir/port-scan');
  assert.equal(ban?.duration_ms, 86_400_000);
  assert.ok((ban?.after_first_packet_ms ?? 0) > 0);
  assert.ok((ban?.connections_kept_out ?? 0) > 0);
});

test('simulate: records of files and of standard input give the same', async () => {
  const text = lines(40, (i) => refused(i, 1 + (i % 30)));
  // Rotated files: the later part is named first.
  const all = text.trimEnd().split('\n');
  const late = file('b.json', `${all.slice(20).join('\n')}\n`);
  const early = file('a.json', all.slice(0, 20).join('\n'));
  const [files, piped] = await Promise.all([simulated([late, early]), simulated(['-'], text)]);
  assert.equal(files.records, 40);
  assert.equal(files.first, '2026-01-01T12:00:00.000000+0000');
  const shown = ({ overflows, decisions }: SimulationJson) => ({
    overflows,
    decisions: decisions.items.map(({ value, at, after_first_packet_ms: ms }) => `${value} ${at} ${ms}`),
  });
  assert.deepEqual(shown(files), shown(piped));
});

test('simulate: guards refuse, thresholds and weights count, other scenarios make a difference', async () => {
  const text = lines(30, (i) => refused(i, 1 + i)) + lines(30, (i) => refused(40 + i, 1 + i, '203.0.113.5'));
  const own = file('other.yaml', SCENARIO);
  const quiet = file(
    'quiet.yaml',
    SCENARIO.replace('own/', 'quiet/').replace('capacity: 4', 'capacity: 400'),
  );
  const [guarded, strict, none, both, table] = await Promise.all([
    simulated(['-', '--no-builtin', '--scenarios', own, '--never-ban', '203.0.113.0/24'], text),
    simulated(['-', '--auto-ban', '5', '--sensitivity', 'high'], text),
    simulated(['-', '--no-builtin'], text),
    simulated(['-', '--no-builtin', '--scenarios', own, '--compare', quiet], text),
    run(['simulate', '-', '--compare', own, '--top', '1', '-c', CONFIG], text),
  ]);
  assert.deepEqual(
    guarded.decisions.items.map(({ value }) => value),
    [SCANNER],
  );
  assert.deepEqual(
    guarded.refusals.items.map(({ value, guard }) => `${value} ${guard}`),
    ['203.0.113.5 never_ban'],
  );
  assert.deepEqual(
    new Set(strict.decisions.items.map(({ value, origin }) => `${value} ${origin}`)),
    new Set([`${SCANNER} reputation`, '203.0.113.5 reputation']),
  );
  assert.deepEqual([none.overflows, none.decisions.count, none.reputations.items], [0, 0, []]);
  const { difference } = both;
  assert.deepEqual(
    difference?.decisions_gone.map(({ value }) => value),
    [SCANNER, '203.0.113.5'],
  );
  assert.deepEqual(difference?.decisions_new, []);
  assert.deepEqual(difference?.scenarios, [{ scenario: 'own/scan', before: 2, after: 0 }]);
  assert.equal(table.status, 0, table.stderr);
  assert.match(table.stdout, /^60 records, 2026-01-01 12:00:00 to 2026-01-01 12:01:09 \(1m 9s\)$/m);
  assert.match(table.stdout, /^Decisions that would have been taken$/m);
  assert.match(table.stdout, / 198\.51\.100\.66 +ban +1d +\d+s +weir\/port-scan /);
  assert.match(table.stdout, /^With the other scenarios\n {2}2 decisions would be different\n {4}ban 198\./m);
});

test('mistakes of usage say what is right', async () => {
  const wrong: readonly (readonly [Promise<number>, RegExp])[] = [
    [simulate([]), /needs captures or EVE files/],
    [simulate(['demo/captures', '-']), /captures and EVE files cannot be read together/],
    [simulate(['-', '--never-ban', 'home', '-c', CONFIG]), /--never-ban takes a network .*'home'/],
    [simulate(['-', '--auto-ban', '101']), /--auto-ban takes a number from 0 to 100/],
    [simulate(['-', '--sensitivity', 'custom']), /--sensitivity takes low, medium, high/],
    [scenarios(['find']), /list, check or test/],
    [scenarios(['test']), /files of test cases/],
    [scenarios(['check']), /files of scenarios/],
    [scenarios(['list', 'x']), /takes no operand/],
  ];
  for (const [call, message] of wrong) {
    await assert.rejects(call, (error) => error instanceof UsageError && message.test(error.message));
  }
});

test('inputs and scenarios that cannot be used are named with their place', async () => {
  const bad = file('broken.yaml', SCENARIO.replace('capacity: 4', 'capacity: many'));
  const noRecords = file('no-records.json', 'x\n{"a":1}\n');
  const outcomes = await Promise.all([
    run(['simulate', join(FOLDER, 'none.pcap'), '-c', CONFIG]),
    run(['simulate', join(FOLDER, 'none.json'), '-c', CONFIG]),
    run(['simulate', noRecords, '-c', CONFIG]),
    run(['simulate', '-', '--scenarios', bad, '-c', CONFIG]),
  ]);
  const said = [
    /none\.pcap: .*there is no such file/,
    /ENOENT.*none\.json/,
    /no-records\.json:2: it is no record: timestamp or event_type is missing/,
    /broken\.yaml:7:\d+: .*number/,
  ];
  for (const [i, pattern] of said.entries()) {
    assert.equal(outcomes[i]?.status, 1);
    assert.match(outcomes[i]?.stderr ?? '', pattern);
  }
});

test('a line that is too long, or torn, costs no more than itself', async () => {
  const text = `${refused(0, 1)}\n{"x":"${'x'.repeat(5 << 20)}"}\n${refused(1, 2)}\n{"timestamp":"2026`;
  const wrong: number[] = [];
  let records = 0;
  for await (const batch of recordBatches(file('long.json', text), ({ line }) => wrong.push(line))) {
    records += batch.length;
  }
  assert.deepEqual([records, wrong], [2, [2, 4]]);
});
