import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ethernetFrame, framesOf, ipv4Datagram, udpDatagram } from '../../test/support/frames.ts';
import type { FlowRecord, RecordSink } from '../event/index.ts';
import { createEngine, DEFAULT_SETTINGS } from './create.ts';
import type { Engine } from './engine.ts';
import { FirstLook } from './first-look.ts';
import * as R from './flow/record.ts';
import { createRecogniser } from './protocol/signatures/index.ts';
import { Sensor } from './sensor.ts';

const START_US = 1_700_000_000_000_000;
const NOISE = Buffer.from('f7e1c0ffee00112233445566778899aabbccddee', 'hex');
const QUERY = Buffer.from('1234010000010000000000000377777707656e616d706c6503636f6d0000010001', 'hex');
/** Two packets of RTP: the second one follows the first. */
const RTP = ['8000000100000000deadbeef00', '80000002000000a0deadbeef00'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
const FLOWS = 200;
const FIRST_PORT = 40_000;

/** What each flow was named at its end, by its number. */
class Names implements RecordSink {
  readonly names: string[] = [];
  transaction(): void {}
  anomaly(): void {}
  flow({ clientPort, appProto, app }: FlowRecord): void {
    this.names[clientPort - FIRST_PORT] = `${app.protocol} ${appProto}`;
  }
}

/** Datagrams of many flows, one after the other. */
class Datagrams {
  private readonly sink: Names;
  private readonly engine: Engine;
  private readonly sensor: Sensor;
  private timeUs = START_US;

  private constructor(sink: Names, engine: Engine) {
    this.sink = sink;
    this.engine = engine;
    this.sensor = new Sensor(engine, { decoder: { checksums: 'none' } });
  }

  static async begin(): Promise<Datagrams> {
    const sink = new Names();
    const settings = { ...DEFAULT_SETTINGS, maxFlows: 1024, reinspectSeconds: 30 };
    return new Datagrams(sink, await createEngine({ ...settings, sink }));
  }

  /** A datagram of the flow of a number. */
  show(flow: number, content: Buffer): void {
    const datagram = udpDatagram(FIRST_PORT + flow, 50_000, content);
    const fields = { protocol: 17, source: [10, 0, 0, 1], destination: [192, 0, 2, 9] } as const;
    const batch = framesOf([ethernetFrame(0x0800, ipv4Datagram(fields, datagram))]);
    this.timeUs += 100;
    batch.timeUs[0] = this.timeUs;
    this.sensor.batch(batch);
  }

  /** Time passes without packets. */
  wait(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      this.timeUs += 1e6;
      this.engine.tick(this.timeUs);
    }
  }

  /** What the records of all live flows say of their inspection. */
  inspections(): number[] {
    const { flows } = this.engine;
    const all: number[] = [];
    flows.each((w) => all.push(flows.words[w + R.INSPECTION]!));
    return all;
  }

  end(): readonly string[] {
    this.engine.end();
    return this.sink.names;
  }
}

test('what is known of a flow comes back from its record as it was', () => {
  const recogniser = createRecogniser(() => '');
  const recognition = { name: 'RTP', application: '', suricata: undefined, service: undefined };
  const number = recogniser.number(recognition);
  const small = fc.integer({ min: 0, max: 255 });
  const look = fc.record({
    datagrams: small,
    payloads: small,
    matches: small,
    candidate: fc.integer({ min: 0, max: 65_535 }),
    memory: fc.integer({ min: 0, max: 2 ** 48 }),
    recognised: fc.boolean(),
  });
  const record = new ArrayBuffer(3 * R.RECORD_WORDS * 4);
  const words = new Int32Array(record);
  const doubles = new Float64Array(record);
  const w = R.RECORD_WORDS;
  const back = new FirstLook();
  fc.assert(
    fc.property(look, (known) => {
      const before = Object.assign(new FirstLook(), known);
      if (known.recognised) before.recognition = recognition;
      words.fill(-1);
      words[w + R.APPLICATION] = (number << 16) | 7;
      before.write(words, doubles, w);
      back.read(words, doubles, w, recogniser);
      assert.deepEqual(back, before);
      const changed = [...words.keys()].filter((at) => words[at] !== -1 && at !== w + R.APPLICATION);
      assert.ok(changed.every((at) => at >= w + R.LOOK && at < w + R.LOOK + 4));
    }),
  );
  back.clear();
  assert.deepEqual(back, new FirstLook());
});

test('flows of datagrams that take turns are named as if each were alone, and wait without an inspection', async () => {
  const datagrams = await Datagrams.begin();
  const speech = [RTP, [NOISE, NOISE, QUERY], [NOISE, NOISE, NOISE, NOISE, NOISE, NOISE], [NOISE]];
  for (let turn = 0; turn < 6; turn++) {
    for (let flow = 0; flow < FLOWS; flow++) {
      const content = speech[flow % speech.length]![turn];
      if (content !== undefined) datagrams.show(flow, content);
    }
    if (turn === 0) assert.deepEqual(new Set(datagrams.inspections()), new Set([R.LOOKING]));
  }
  // Of those that were recognised, or given up, nothing more is wanted; those of which more may come wait.
  const waiting = datagrams.inspections().filter((number) => number === R.LOOKING);
  assert.equal(waiting.length, FLOWS / speech.length);
  assert.equal(datagrams.inspections().length, FLOWS);
  const expected = ['RTP failed', 'DNS dns', 'Unknown failed', 'Unknown undefined'];
  assert.deepEqual(
    datagrams.end(),
    Array.from({ length: FLOWS }, (_, flow) => expected[flow % expected.length]),
  );
});

test('a flow of which nothing more comes goes to the fast path, and is looked at again when it speaks', async () => {
  const datagrams = await Datagrams.begin();
  datagrams.show(0, NOISE);
  assert.deepEqual(datagrams.inspections(), [R.LOOKING]);
  for (let second = 0; second < 80; second += 20) {
    datagrams.wait(20);
    // Without payload nothing is asked of an inspection, but the flow lives on.
    datagrams.show(0, Buffer.alloc(0));
  }
  assert.deepEqual(datagrams.inspections(), [0]);
  datagrams.show(0, QUERY);
  assert.deepEqual(datagrams.end(), ['DNS dns']);
});
