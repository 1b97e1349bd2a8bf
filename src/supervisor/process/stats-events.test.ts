import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Wire, withoutWire } from '../../../test/support/wire.ts';
import { type EveRecord, recordFaults } from '../../event/schema/index.ts';
import { type SensorFigures, StatsEvents } from '../../output/index.ts';
import { DecoderCounters } from '../../tap/packet/index.ts';

type Stats = EveRecord<'stats'>['stats'];

const START_MS = Date.UTC(2026, 0, 2);

function figures(changed: Partial<SensorFigures> = {}): SensorFigures {
  return {
    packets: 0,
    dropped: 0,
    counters: new DecoderCounters(),
    flows: { total: 2, active: 1 },
    inspection: { inspected: 2, reinspected: 1, putBack: 0, protocolChanges: 0 },
    records: { written: 5, dropped: 0 },
    ring: undefined,
    ...changed,
  };
}

const ring = {
  folder: '/ring',
  files: 2,
  bytes: 100,
  packets: 7,
  unwritten: 0,
  removed: 0,
  pauses: 0,
  problem: undefined,
};

/** The process of the sensor among the children of another. */
function sensorOf(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  const sensor = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/sensor.ts'));
  assert.ok(sensor !== undefined, `no sensor among ${children}`);
  return sensor;
}

function parse(line: string | undefined): Stats | undefined {
  if (line === undefined) return undefined;
  const record = JSON.parse(line) as EveRecord<'stats'>;
  assert.deepEqual(recordFaults(record), []);
  return record.stats;
}

test('one record a minute without losses, one a second with them', () => {
  const events = new StatsEvents(START_MS);
  const at = (second: number, changed: Partial<SensorFigures>): Stats | undefined =>
    parse(events.take(START_MS + second * 1000, figures(changed)));
  for (let second = 1; second < 60; second++) assert.equal(at(second, { packets: second }), undefined);
  assert.deepEqual(at(60, { packets: 60 })?.capture, {
    kernel_packets: 60,
    kernel_packets_delta: 60,
    kernel_drops: 0,
    kernel_drops_delta: 0,
  });
  assert.equal(at(61, { packets: 100 }), undefined);
  const lossy = at(62, { packets: 200, dropped: 30 });
  assert.equal(lossy?.uptime, 62);
  assert.deepEqual(lossy?.capture, {
    kernel_packets: 200,
    kernel_packets_delta: 140,
    kernel_drops: 30,
    kernel_drops_delta: 30,
  });
  assert.equal(at(63, { packets: 200, dropped: 31 })?.capture.kernel_drops_delta, 1);
  assert.equal(at(64, { packets: 200, dropped: 31 }), undefined);
  assert.ok(at(123, { packets: 200, dropped: 31 }));
});

test('records that were dropped, and a packet ring that pauses, are losses too', () => {
  const events = new StatsEvents(START_MS);
  const at = (second: number, changed: Partial<SensorFigures>): Stats | undefined =>
    parse(events.take(START_MS + second * 1000, figures(changed)));
  assert.deepEqual(at(1, { records: { written: 9, dropped: 4 } })?.records, {
    written: 9,
    dropped: 4,
    dropped_delta: 4,
  });
  const records = { written: 9, dropped: 4 };
  assert.equal(at(2, { records, ring }), undefined);
  const problem = 'the disk is full';
  const paused = at(3, { records, ring: { ...ring, unwritten: 12, problem } })?.packet_ring;
  assert.deepEqual([paused?.unwritten_delta, paused?.paused, paused?.problem], [12, true, problem]);
  assert.equal(at(4, { records, ring: { ...ring, unwritten: 12, problem } }), undefined);
  assert.equal(
    at(5, { records, ring: { ...ring, unwritten: 20, problem } })?.packet_ring?.unwritten_delta,
    8,
  );
  assert.equal(at(6, { records, ring: { ...ring, unwritten: 20 } })?.packet_ring?.paused, false);
});

test('a change of the level of load is told, with the flows that were left out since', () => {
  const events = new StatsEvents(START_MS);
  const at = (second: number, load: SensorFigures['load']): Stats | undefined =>
    parse(events.take(START_MS + second * 1000, figures({ load })));
  assert.equal(at(1, { level: 0, peak: 0, changes: 0, sampledOut: 0 }), undefined);
  assert.deepEqual(at(2, { level: 3, peak: 3, changes: 2, sampledOut: 40 })?.load, {
    level: 3,
    peak: 3,
    changes: 2,
    sampled_out: 40,
    sampled_out_delta: 40,
  });
  assert.equal(at(3, { level: 3, peak: 3, changes: 2, sampledOut: 90 }), undefined);
  const calm = at(9, { level: 2, peak: 3, changes: 3, sampledOut: 95 });
  assert.deepEqual([calm?.load?.level, calm?.load?.sampled_out_delta], [2, 55]);
  assert.deepEqual(calm?.inspection, { flows: 2, again: 1, put_back: 0, protocol_changes: 0 });
});

test('weir up: drops become a record; the packets are in the ring', {
  skip: withoutWire(),
  timeout: 30_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-stats-'));
  const wire = new Wire();
  const until = async <T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> => {
    for (const end = Date.now() + 10_000; ; ) {
      const found = await look();
      if (found !== undefined) return found;
      assert.ok(Date.now() < end, `no ${what}: ${up.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const eve = join(folder, 'eve.json');

  writeFileSync(
    join(folder, 'weir.yaml'),
    `capture: {interface: right, buffer: 1MiB, ring: {folder: ${folder}/ring, size: 16MiB, file: 1MiB}}
outputs: {eve: {file: ${eve}}}
store: {enabled: false}
lan: {enabled: false}
privileges: {user: root}
control: {folder: ${folder}/run}
`,
  );
  const up = wire.start('src/cli/main.ts', 'up', '--config', join(folder, 'weir.yaml'));
  try {
    // The ring is the last that it opens.
    await until('packet ring', () =>
      lstatSync(join(folder, 'ring/.weir-ring.lock'), { throwIfNoEntry: false }),
    );
    const pid = sensorOf(up.child.pid!);
    process.kill(pid, 'SIGSTOP');
    const sent = Number(
      (await wire.start('test/support/send-frames.ts', 'left', 'flood', '1000', '0.3').ended).stdout,
    );
    process.kill(pid, 'SIGCONT');
    const lossy = await until('record of the drops', () => {
      const lines = existsSync(eve) ? readFileSync(eve, 'utf8').trim().split('\n') : [];
      const records = lines.filter((line) => line.includes('"event_type":"stats"')).map(parse);
      return records.find((stats) => stats !== undefined && stats.capture.kernel_drops_delta > 0);
    });
    assert.equal(lossy.capture.kernel_packets, sent);
    assert.equal(lossy.capture.kernel_drops, lossy.capture.kernel_drops_delta);
    up.child.kill('SIGTERM');
    const { code, stderr } = await up.ended;
    assert.equal(code, 0, stderr);
    const reader = await wire.start('src/cli/main.ts', 'read', join(folder, 'ring'), '--json').ended;
    const { packets } = JSON.parse(reader.stdout) as { packets: number };
    assert.equal(packets, sent - lossy.capture.kernel_drops);
    assert.ok(packets > 300, String(packets));
  } finally {
    wire.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
