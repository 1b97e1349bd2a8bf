import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Wire, withoutWire } from '../../../test/support/wire.ts';
import { writeZoneFlows } from '../../../test/support/zone-flows.ts';
import type { SystemStatus } from '../../control/index.ts';
import { type EveRecord, recordFaults } from '../../event/schema/index.ts';

const MAIN = 'src/cli/main.ts';
const SEND = 'test/support/send-frames.ts';
const FLOWS = 3000;
/** One flow in so many belongs to the critical zone. */
const CRITICAL = 5;
/** At this level one flow in 16 is inspected. */
const LEVEL = 4;

type Load = { readonly level: number; readonly changes: number; readonly sampledOut: number };

test('a sensor that cannot keep up inspects fewer flows, but all of critical zones, and says so', {
  skip: withoutWire(),
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-load-'));
  const wire = new Wire();
  const eve = join(folder, 'eve.json');
  const configuration = join(folder, 'weir.yaml');
  const capture = join(folder, 'flows.pcap');
  writeZoneFlows(capture, FLOWS, CRITICAL);
  writeFileSync(
    configuration,
    `capture: {interface: right, buffer: 8MiB, critical: [10.9.0.0/16], ndpi: false}
outputs: {eve: {file: ${eve}}}
store: {enabled: false}
lan: {enabled: false}
privileges: {user: root}
control: {folder: ${folder}/run}
`,
  );
  const up = wire.start(MAIN, 'up', '--config', configuration);
  const status = async (...options: readonly string[]): Promise<string> =>
    (await wire.start(MAIN, 'status', '--config', configuration, ...options).ended).stdout;
  const asked = async (): Promise<{ load: Load; pid: number } | undefined> => {
    const text = await status('--json');
    if (text === '') return undefined;
    const { statistics, processes } = JSON.parse(text) as SystemStatus;
    const load = (statistics.sensor as { readonly load?: Load } | undefined)?.load;
    const pid = processes.find(({ name }) => name === 'sensor')?.pid;
    return load === undefined || pid === undefined ? undefined : { load, pid };
  };
  try {
    let now = await asked();
    for (const end = Date.now() + 15_000; now === undefined; now = await asked()) {
      assert.ok(Date.now() < end, `it did not start: ${up.stderr}`);
      await sleep(50);
    }
    assert.deepEqual([now.load.level, now.load.sampledOut], [0, 0]);
    assert.doesNotMatch(await status(), /^ {2}load /m);
    // Stalls of the sensor, each of which costs packets of one flow: more than its ring has room for.
    const { pid } = now;
    for (let stall = 0; stall < LEVEL / 2; stall++) {
      process.kill(pid, 'SIGSTOP');
      await wire.start(SEND, 'left', 'flood', '1400', '0.15').ended;
      process.kill(pid, 'SIGCONT');
      await sleep(250);
    }
    const sent = await wire.start(SEND, 'left', capture, '4').ended;
    assert.equal(sent.stdout, `${FLOWS}\n`, sent.stderr);
    await sleep(100);
    now = await asked();
    const table = await status();
    up.child.kill('SIGTERM');
    const { code, stderr } = await up.ended;
    assert.equal(code, 0, stderr);
    assert.ok(now !== undefined && now.load.level >= LEVEL - 1, JSON.stringify(now));
    assert.match(table, /^ {2}load {7}level \d: .* inspected, and all of capture\.critical; highest \d, /m);
    assert.match(table, /the load is too high for every flow to be inspected/);

    assert.ok(existsSync(eve));
    const records = readFileSync(eve, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as EveRecord<'flow'> | EveRecord<'stats'>);
    for (const record of records) assert.deepEqual(recordFaults(record), []);
    const every = records.filter((record) => record.event_type === 'flow');
    const flows = every.filter(({ dest_port }) => dest_port === 53);
    // Flows are counted exactly, whatever is inspected of them.
    assert.equal(flows.length, FLOWS);
    const [critical, others] = [true, false].map((zone) =>
      flows.filter(({ src_ip }) => src_ip.startsWith('10.9.') === zone),
    );
    assert.equal(critical!.length, FLOWS / CRITICAL);
    assert.ok(
      critical!.every(({ app_proto, flow }) => app_proto === 'dns' && flow.sampled_out === undefined),
    );
    const left = others!.filter(({ flow }) => flow.sampled_out === true);
    const share = left.length / others!.length;
    assert.ok(share > 0.75 && share < 1, `${share} of the others were left out`);
    for (const { app_proto, flow } of others!) assert.equal(app_proto, flow.sampled_out ? undefined : 'dns');
    // The records of statistics tell of the level and of what was left out.
    const stats = records.flatMap((record) => (record.event_type === 'stats' ? [record.stats] : []));
    assert.ok(stats.some(({ load }) => load !== undefined && load.level >= LEVEL));
    assert.equal(now.load.sampledOut, every.filter(({ flow }) => flow.sampled_out).length);
  } finally {
    wire.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
