import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Wire, withoutWire } from '../../test/support/wire.ts';
import { writeZoneFlows } from '../../test/support/zone-flows.ts';
import { type EveRecord, recordFaults } from '../event/schema/index.ts';

const MAIN = 'src/cli/main.ts';
const SEND = 'test/support/send-frames.ts';
const FLOWS = 3000;
/** One flow in so many belongs to the critical zone. */
const CRITICAL = 5;
/** Packets of a flood that no ring of `weir read` has room for: 32 MiB. */
const FLOOD = ['1400', '0.4'] as const;

interface Summary {
  readonly findings: readonly string[];
  readonly load?: { readonly level: number; readonly peak: number; readonly sampledOut: number };
}

describe('weir read --interface that cannot keep up', { skip: withoutWire(), timeout: 60_000 }, () => {
  let wire: Wire;
  const folder = mkdtempSync(join(tmpdir(), 'weir-read-load-'));
  const capture = join(folder, 'flows.pcap');
  before(() => {
    wire = new Wire();
    writeZoneFlows(capture, FLOWS, CRITICAL);
  });
  after(() => {
    wire?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Lets the reader stand still while more comes than its ring holds, then sends it flows. */
  async function underLoad(eve: string, ...options: readonly string[]) {
    const line = ['read', '-i', 'right', '--no-ndpi', '--eve', eve, '--json', ...options];
    const reader = wire.start(MAIN, ...line);
    await reader.says('capturing on right');
    for (let stall = 0; stall < 2; stall++) {
      process.kill(reader.child.pid!, 'SIGSTOP');
      await wire.start(SEND, 'left', 'flood', ...FLOOD).ended;
      process.kill(reader.child.pid!, 'SIGCONT');
      await sleep(250);
    }
    const sent = await wire.start(SEND, 'left', capture, '4').ended;
    assert.equal(sent.stdout, `${FLOWS}\n`, sent.stderr);
    // The clock that tells of load looks each second.
    await sleep(1000);
    const { code, stdout, stderr } = await reader.end('SIGTERM');
    assert.equal(code, 0, stderr);
    const records = readFileSync(eve, 'utf8')
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as EveRecord<'flow'> | EveRecord<'stats'>);
    for (const record of records) assert.deepEqual(recordFaults(record), []);
    return { summary: JSON.parse(stdout) as Summary, stderr, records };
  }

  test('inspects fewer flows, but all of critical zones, and its summary says so', async () => {
    const eve = join(folder, 'sampled.json');
    const { summary, stderr, records } = await underLoad(eve, '--critical', '10.9.0.0/16');
    assert.match(stderr, /right: the ring fills faster than it is read: some new flows are counted and not/);
    const every = records.filter((record) => record.event_type === 'flow');
    const flows = every.filter(({ dest_port }) => dest_port === 53);
    assert.equal(flows.length, FLOWS);
    const critical = flows.filter(({ src_ip }) => src_ip.startsWith('10.9.'));
    assert.equal(critical.length, FLOWS / CRITICAL);
    assert.ok(critical.every(({ app_proto, flow }) => app_proto === 'dns' && flow.sampled_out === undefined));
    const left = every.filter(({ flow }) => flow.sampled_out === true).length;
    assert.ok(left > FLOWS / 4, `${left} flows were left out`);
    assert.equal(summary.load?.sampledOut, left);
    assert.ok(summary.load.peak >= 2, JSON.stringify(summary.load));
    const words = `right: ${left.toLocaleString('en')} flows of ${every.length.toLocaleString('en')} not inspected because of load`;
    assert.ok(summary.findings.includes(words), summary.findings.join('\n'));
    const stats = records.flatMap((record) => (record.event_type === 'stats' ? [record.stats] : []));
    assert.ok(stats.some(({ load }) => load !== undefined && load.level > 0));
  });

  test('inspects every flow that it gets with --no-sampling', async () => {
    const { summary, stderr, records } = await underLoad(join(folder, 'whole.json'), '--no-sampling');
    assert.doesNotMatch(stderr, /some new flows are counted/);
    assert.equal(summary.load, undefined);
    const every = records.filter((record) => record.event_type === 'flow');
    const flows = every.filter((record) => record.dest_port === 53);
    assert.equal(flows.length, FLOWS);
    assert.ok(flows.every((record) => record.app_proto === 'dns'));
    assert.ok(!summary.findings.some((finding) => finding.includes('not inspected')));
  });
});
