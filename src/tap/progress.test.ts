import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ethernetFrame,
  framesOf,
  fromHex,
  ipv4Datagram,
  tcpSegment,
  udpDatagram,
} from '../../test/support/frames.ts';
import { type EveRecord, recordFaults } from '../event/schema/index.ts';
import { EveWriter } from '../output/index.ts';
import { createEngine, DEFAULT_SETTINGS, type EngineSettings } from './create.ts';
import type { Engine } from './engine.ts';
import { Sensor } from './sensor.ts';

const START_US = 1_700_000_000_000_000;
const SECOND = 1e6;
const SYN = 2;
const SYN_ACK = 0x12;
const ACK = 0x10;
const RST = 4;
const NOTHING = Buffer.alloc(0);
const CLIENT = [10, 0, 0, 1] as const;
const SERVER = [192, 0, 2, 9] as const;

type Progress = EveRecord<'flow_progress'>;

/** An engine that tells each ten seconds, its records, and a wire to it. */
class Wire {
  readonly engine: Engine;
  private readonly lines: string[];
  private readonly sensor: Sensor;

  private constructor(engine: Engine, lines: string[]) {
    this.engine = engine;
    this.lines = lines;
    this.sensor = new Sensor(engine, { decoder: { checksums: 'none' } });
  }

  static async begin(settings: Partial<EngineSettings> = {}): Promise<Wire> {
    const lines: string[] = [];
    const sink = new EveWriter({ write: (line) => lines.push(line), close: () => undefined });
    const engine = await createEngine({
      ...DEFAULT_SETTINGS,
      maxFlows: 4096,
      sink,
      progressUs: 10 * SECOND,
      ...settings,
    });
    return new Wire(engine, lines);
  }

  /** A frame at so many seconds. */
  frame(seconds: number, protocol: number, content: Buffer, up = true): void {
    const [source, destination] = up ? [CLIENT, SERVER] : [SERVER, CLIENT];
    const datagram = ipv4Datagram({ protocol, source, destination }, content);
    const batch = framesOf([ethernetFrame(0x0800, datagram)]);
    batch.timeUs[0] = START_US + seconds * SECOND;
    this.sensor.batch(batch);
  }

  udp(seconds: number, port: number, bytes: number, up = true): void {
    const [source, destination] = up ? [port, 9999] : [9999, port];
    this.frame(seconds, 17, udpDatagram(source!, destination!, Buffer.alloc(bytes)), up);
  }

  /** The clock goes on to so many seconds, in steps of a tenth. */
  clock(from: number, to: number): void {
    for (let step = Math.round(from * 10); step <= Math.round(to * 10); step++) {
      this.engine.progress?.turn(START_US + step * (SECOND / 10));
    }
  }

  /** All records so far, which are as their schema says. */
  records(): Record<string, unknown>[] {
    const records = this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const record of records) assert.deepEqual(recordFaults(record), []);
    return records;
  }

  told(): Progress[] {
    return this.records().filter(({ event_type: type }) => type === 'flow_progress') as unknown as Progress[];
  }
}

const bytesOf = ({ flow_progress: told }: Progress): [number, number, number, number] => [
  told.bytes_toserver,
  told.bytes_toclient,
  told.total.bytes_toserver,
  told.total.bytes_toclient,
];

test('a flow is told a second after it began, then in each interval in which it had packets; its end says all', async () => {
  const wire = await Wire.begin();
  wire.udp(0, 5000, 100);
  wire.clock(0, 0.9);
  assert.equal(wire.told().length, 0);
  wire.udp(0.95, 5000, 200, false);
  wire.clock(1, 1.1);
  const [first, ...others] = wire.told();
  assert.deepEqual(others, []);
  assert.deepEqual(bytesOf(first!), [142, 242, 142, 242]);
  assert.equal(first?.flow_progress.since, first?.flow_progress.start);
  // Nothing comes: nothing is told.
  wire.clock(1.2, 14);
  assert.equal(wire.told().length, 1);
  wire.udp(15, 5000, 300);
  wire.clock(15, 26);
  const second = wire.told()[1]!;
  assert.deepEqual(bytesOf(second), [342, 0, 484, 242]);
  assert.equal(second.flow_progress.since, first?.flow_progress.end);
  assert.equal(wire.told().length, 2);
  wire.engine.end();
  const end = wire.records().find(({ event_type: type }) => type === 'flow') as unknown as EveRecord<'flow'>;
  assert.deepEqual([end.flow.bytes_toserver, end.flow.bytes_toclient], [484, 242]);
  assert.equal(end.flow_id, second.flow_id);
  assert.equal(end.community_id, second.community_id);
});

test('what is told of a flow adds up to what its end says, whatever its sides turn out to be', async () => {
  const wire = await Wire.begin();
  // Both ports are those of servers, and the first datagram is empty: only the answer tells who is who.
  wire.frame(0, 17, udpDatagram(53, 53, NOTHING));
  wire.clock(0, 2);
  const answer = '1234818000010001000000000161000001000101610000010001000000010004c0000201';
  wire.frame(3, 17, udpDatagram(53, 53, fromHex(answer)));
  wire.frame(4, 17, udpDatagram(53, 53, fromHex('12350100000100000000000001620000010001')), false);
  wire.clock(2.1, 13);
  wire.engine.end();
  const told = wire.told();
  assert.equal(told.length, 2);
  const end = wire.records().find(({ event_type: type }) => type === 'flow') as unknown as EveRecord<'flow'>;
  assert.notEqual(told[0]?.src_ip, end.src_ip);
  assert.equal(told[1]?.src_ip, end.src_ip);
  assert.deepEqual(bytesOf(told[1]!).slice(2), [end.flow.bytes_toserver, end.flow.bytes_toclient]);
  const sum = told.reduce((all, one) => all + bytesOf(one)[0] + bytesOf(one)[1], 0);
  assert.equal(sum, end.flow.bytes_toserver + end.flow.bytes_toclient);
  assert.equal(told[1]?.app.protocol, 'DNS');
});

test('a record that another flow has taken over begins anew', async () => {
  const wire = await Wire.begin({ maxFlows: 1 });
  wire.udp(0, 5000, 1000);
  wire.clock(0, 1.5);
  wire.udp(2, 6000, 10);
  // The first flow had to go; the second has its place, and was not told yet.
  wire.clock(2, 4);
  const told = wire.told();
  assert.deepEqual(
    told.map(({ src_port: port }) => port),
    [5000, 6000],
  );
  assert.deepEqual(bytesOf(told[1]!), [52, 0, 52, 0]);
});

test('a flow that ends within a second is told at its end only', async () => {
  const wire = await Wire.begin({ maxFlows: 1 });
  wire.udp(0, 5000, 1);
  wire.udp(0.5, 6000, 1);
  wire.clock(0, 1.4);
  assert.deepEqual(wire.told(), []);
  const ends = wire.records();
  assert.deepEqual(
    ends.map(({ event_type: type, src_port: port }) => [type, port]),
    [['flow', 5000]],
  );
});

test('a connection that was reset is told as closed', async () => {
  const wire = await Wire.begin();
  wire.frame(0, 6, tcpSegment(5001, 80, SYN, NOTHING));
  wire.frame(0.1, 6, tcpSegment(80, 5001, SYN_ACK, NOTHING), false);
  wire.frame(0.2, 6, tcpSegment(80, 5001, RST | ACK, NOTHING), false);
  wire.clock(0, 1.2);
  assert.deepEqual(
    wire.told().map(({ flow_progress: { state } }) => state),
    ['closed'],
  );
});

test('a connection that closes is told at once, and only what trails behind is told later', async () => {
  const wire = await Wire.begin();
  wire.frame(0, 6, tcpSegment(5001, 80, SYN, NOTHING));
  wire.frame(0.01, 6, tcpSegment(80, 5001, RST | ACK, NOTHING), false);
  wire.clock(0, 0.1);
  const packets = (): readonly number[] =>
    wire.told().map(({ flow_progress: told }) => told.pkts_toserver + told.pkts_toclient);
  assert.deepEqual(packets(), [2]);
  wire.clock(0.1, 12);
  assert.deepEqual(packets(), [2]);
});

test('of many flows each is told in its turn, and no turn does more than its share', async () => {
  const flows = 3000;
  const wire = await Wire.begin();
  for (let i = 0; i < flows; i++) wire.udp(i / 10_000, 1 + i, 10);
  const { progress } = wire.engine;
  const counts: number[] = [];
  let before = 0;
  const turn = (seconds: number): void => {
    progress?.turn(START_US + seconds * SECOND);
    counts.push(progress!.counters.told - before);
    before = progress!.counters.told;
  };
  for (let step = 0; step <= 30; step++) turn(step / 10);
  assert.equal(progress?.counters.told, flows);
  assert.ok(Math.max(...counts) <= 500, `${Math.max(...counts)} in one turn`);
  // All had packets: in the interval each is told once.
  for (let i = 0; i < flows; i++) wire.udp(3.5, 1 + i, 10);
  turn(3.4);
  counts.length = 0;
  for (let step = 35; step < 135; step++) turn(step / 10);
  assert.equal(progress?.counters.told, 2 * flows);
  assert.ok(Math.max(...counts) <= 40, `${Math.max(...counts)} in one turn`);
  assert.equal(new Set(wire.told().map(({ flow_id: id }) => id)).size, flows);
});

test('new flows that come too fast are left to the round', async () => {
  const wire = await Wire.begin();
  wire.clock(0, 0);
  for (let i = 0; i < 600; i++) wire.udp(0.01, 1 + i, 10);
  const { progress } = wire.engine;
  // The clock stood still for a while.
  progress?.turn(START_US + 4 * SECOND);
  assert.equal(progress?.counters.late, 600);
  wire.clock(4.1, 15);
  assert.equal(progress?.counters.told, 600);
});

test('a clock that goes back harms nothing', async () => {
  const wire = await Wire.begin();
  wire.udp(0, 5000, 10);
  wire.clock(0, 2);
  wire.udp(2.5, 5000, 10);
  wire.clock(-3600, -3599);
  wire.clock(3, 14);
  assert.equal(wire.told().length, 2);
});

test('without an interval nothing is told and nothing kept for it', async () => {
  const wire = await Wire.begin({ progressUs: undefined });
  wire.udp(0, 5000, 10);
  wire.engine.tick(START_US + 5 * SECOND);
  assert.equal(wire.engine.progress, undefined);
  assert.deepEqual(wire.records(), []);
});
