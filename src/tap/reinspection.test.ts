import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ethernetFrame, framesOf, ipv4Datagram, tcpSegment, udpDatagram } from '../../test/support/frames.ts';
import type { Anomaly, FlowRecord, RecordSink } from '../event/index.ts';
import { type EveRecord, recordFaults } from '../event/schema/index.ts';
import { EveWriter } from '../output/index.ts';
import { Admission } from './admission.ts';
import { createEngine, DEFAULT_SETTINGS, type EngineSettings } from './create.ts';
import type { Engine } from './engine.ts';
import { TOP_LEVEL } from './load.ts';
import { Sensor } from './sensor.ts';

const SYN = 2;
const FIN_ACK = 0x11;
const ACK = 0x10;
const PSH_ACK = 0x18;
const START_US = 1_700_000_000_000_000;
const NOTHING = Buffer.alloc(0);

const CLIENT = [10, 0, 0, 1] as const;
const SERVER = [192, 0, 2, 9] as const;

type Side = 'client' | 'server';

/** What came out. */
class Records implements RecordSink {
  readonly transactions: string[] = [];
  readonly anomalies: Anomaly[] = [];
  readonly flows: { app: string | undefined; protocol: string; services: readonly string[] }[] = [];

  transaction(_flow: FlowRecord, { type }: { type: string }): void {
    this.transactions.push(type);
  }
  anomaly(anomaly: Anomaly): void {
    this.anomalies.push(anomaly);
  }
  flow({ appProto, app, services }: FlowRecord): void {
    this.flows.push({ app: appProto, protocol: app.protocol, services: [...services] });
  }
}

/** One conversation with an engine that looks at flows again. */
class Talk {
  readonly records = new Records();
  readonly engine: Engine;
  private readonly sensor: Sensor;
  private readonly port: number;
  private seconds = 0;
  private readonly next = { client: 1000, server: 5000 };

  private constructor(engine: Engine, port: number, records: Records) {
    this.engine = engine;
    this.port = port;
    this.records = records;
    this.sensor = new Sensor(engine, { decoder: { checksums: 'none' } });
  }

  static async begin(port: number, settings: Partial<EngineSettings> = {}): Promise<Talk> {
    const records = new Records();
    const engine = await createEngine({
      ...DEFAULT_SETTINGS,
      maxFlows: 16,
      sink: records,
      reinspectSeconds: 30,
      ...settings,
    });
    return new Talk(engine, port, records);
  }

  get counters() {
    return this.engine.counters;
  }

  wait(seconds: number): this {
    this.seconds += seconds;
    return this;
  }

  private frame(from: Side, protocol: number, content: Buffer): void {
    const up = from === 'client';
    const fields = { protocol, source: up ? CLIENT : SERVER, destination: up ? SERVER : CLIENT };
    const batch = framesOf([ethernetFrame(0x0800, ipv4Datagram(fields, content))]);
    this.seconds += 0.0001;
    batch.timeUs[0] = START_US + this.seconds * 1e6;
    this.sensor.batch(batch);
  }

  private ports(from: Side): [number, number] {
    return from === 'client' ? [40_000, this.port] : [this.port, 40_000];
  }

  /** A segment; `seq` where it is not the side's next one. */
  segment(
    from: Side,
    flags: number,
    content: string | Buffer = NOTHING,
    { seq = this.next[from], ack = this.next[from === 'client' ? 'server' : 'client'] } = {},
  ): this {
    const bytes = Buffer.from(content);
    const segment = tcpSegment(...this.ports(from), flags, bytes);
    segment.writeUInt32BE(seq, 4);
    segment.writeUInt32BE((flags & ACK) === 0 ? 0 : ack, 8);
    this.frame(from, 6, segment);
    const end = seq + bytes.length + ((flags & 3) === 0 ? 0 : 1);
    this.next[from] = Math.max(this.next[from], end);
    return this;
  }

  open(): this {
    return this.segment('client', SYN)
      .segment('server', SYN | ACK)
      .segment('client', ACK);
  }

  /** Says something; the other side acknowledges it. */
  says(from: Side, content: string | Buffer): this {
    this.segment(from, PSH_ACK, content);
    return this.segment(from === 'client' ? 'server' : 'client', ACK);
  }

  datagram(from: Side, content: Buffer): this {
    this.frame(from, 17, udpDatagram(...this.ports(from), content));
    return this;
  }

  end(): Records {
    this.sensor.end();
    return this.records;
  }
}

/** Bytes that nothing recognises. */
const NOISE = Buffer.from(Array.from({ length: 64 }, (_, i) => 200 + (i % 50)));
const REQUEST = 'GET /secret HTTP/1.1\r\nHost: hidden.example\r\n\r\n';
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** SSH's packet of type 21, behind which everything is encrypted (RFC 4253 sections 6 and 7.3). */
const NEWKEYS = Buffer.from('0000000c0a1500000000000000000000', 'hex');

/** A conversation over SSH up to where nothing more is wanted of it. */
function ssh(talk: Talk): Talk {
  talk.open().says('server', 'SSH-2.0-OpenSSH_9.2\r\n').says('client', 'SSH-2.0-OpenSSH_9.2\r\n');
  talk.says('server', NEWKEYS).says('client', NEWKEYS);
  // As many encrypted packets as its parser counts.
  for (let i = 0; i < 260; i++) talk.says(i % 2 === 0 ? 'client' : 'server', NOISE);
  return talk;
}

/** A conversation that nobody can name. */
function nameless(talk: Talk): Talk {
  talk.open();
  for (let i = 0; i < 120; i++) talk.says(i % 2 === 0 ? 'client' : 'server', NOISE);
  return talk;
}

const changes = ({ anomalies }: Records): Anomaly[] =>
  anomalies.filter(({ event }) => event === 'APPLAYER_UNEXPECTED_PROTOCOL');

test('a flow that nobody could name gets another chance, and its name', async () => {
  const talk = nameless(await Talk.begin(5555));
  assert.equal(talk.counters.reinspected, 0);
  talk.wait(28).says('client', REQUEST).says('server', ANSWER);
  assert.equal(talk.counters.reinspected, 0);
  assert.equal(talk.records.transactions.length, 0);
  talk.wait(2).says('client', REQUEST).says('server', ANSWER);
  assert.equal(talk.counters.reinspected, 1);
  const { flows, transactions, anomalies } = talk.end();
  assert.deepEqual(transactions, ['fileinfo', 'http']);
  assert.deepEqual(flows, [{ app: 'http', protocol: 'HTTP', services: ['http'] }]);
  assert.deepEqual(anomalies, []);
});

test('without the option nothing is looked at again', async () => {
  const talk = nameless(await Talk.begin(5555, { reinspectSeconds: 0 }));
  talk.wait(60).says('client', REQUEST).says('server', ANSWER).wait(500);
  talk.says('client', REQUEST).segment('client', SYN, NOTHING, { seq: 77 }).says('server', ANSWER);
  const { flows, transactions } = talk.end();
  assert.deepEqual(transactions, []);
  assert.deepEqual([flows[0]!.app, talk.counters.reinspected, talk.counters.putBack], ['failed', 0, 0]);
});

test('a flow that speaks another protocol than it did keeps its name, and an anomaly tells of it once', async () => {
  const talk = ssh(await Talk.begin(22));
  talk.wait(31).says('client', REQUEST).says('server', ANSWER);
  const [told] = changes(talk.records);
  assert.deepEqual(told, {
    type: 'applayer',
    event: 'APPLAYER_UNEXPECTED_PROTOCOL',
    appProto: 'http',
    layer: 'proto_detect',
  });
  // As long as its parser wants the flow, it stays; an answer that is none ends that.
  talk.says('client', REQUEST).says('server', NOISE);
  talk.wait(61).says('client', REQUEST).says('server', ANSWER);
  const records = talk.end();
  assert.equal(changes(records).length, 1);
  assert.equal(talk.counters.protocolChanges, 1);
  assert.ok(records.transactions.includes('http'));
  assert.deepEqual(
    records.flows.map(({ app, protocol, services }) => [app, protocol, services]),
    [['ssh', 'SSH', ['ssh']]],
  );
});

test('no port makes a change: noise to the port of a protocol, and the protocol that it was, are none', async () => {
  const noisy = ssh(await Talk.begin(80));
  for (let i = 0; i < 30; i++) noisy.wait(45).says(i % 2 === 0 ? 'client' : 'server', NOISE);
  assert.ok(noisy.counters.reinspected > 2);
  const same = ssh(await Talk.begin(22));
  same.wait(45).says('server', 'SSH-2.0-OpenSSH_9.2\r\n').says('client', 'SSH-2.0-OpenSSH_9.2\r\n');
  same.wait(70).says('server', 'SSH-2.0-OpenSSH_9.2\r\n');
  // It speaks what it spoke: nothing is wanted of it, until the next look.
  assert.equal(same.counters.reinspected, 2);
  for (const talk of [noisy, same]) {
    const records = talk.end();
    assert.deepEqual(changes(records), []);
    assert.equal(records.flows[0]!.app, 'ssh');
  }
});

test('looks become rarer: after 30 s, 60 s, 120 s ... of payload, at most 10 minutes', async () => {
  const talk = nameless(await Talk.begin(5555));
  const looks: number[] = [];
  let before = 0;
  for (let second = 1; second <= 2400; second += 1) {
    talk.wait(1).says(second % 2 === 0 ? 'client' : 'server', NOISE);
    if (talk.counters.reinspected > before) looks.push(second);
    before = talk.counters.reinspected;
  }
  const gaps = looks.map((second, index) => second - (looks[index - 1] ?? 0));
  // Each look takes the time of some segments.
  const expected = [30, 60, 120, 240, 480, 600, 600];
  assert.equal(gaps.length, expected.length, String(gaps));
  for (const [i, gap] of gaps.entries())
    assert.ok(gap >= expected[i]! - 1 && gap <= expected[i]! + 3, String(gaps));
});

test('a stream is picked up where a message begins, and what was sent before is no hole', async () => {
  const talk = nameless(await Talk.begin(5555));
  talk.wait(31).segment('server', PSH_ACK, NOISE);
  assert.equal(talk.counters.reinspected, 1);
  const other = nameless(await Talk.begin(5555)).wait(29);
  // A sender that has something under way all the time.
  for (let i = 0; i < 80; i++) other.wait(0.05).segment('server', PSH_ACK, NOISE);
  assert.equal(other.counters.reinspected, 0);
  other.segment('client', ACK).says('client', REQUEST);
  assert.equal(other.counters.reinspected, 1);
  other.says('server', ANSWER);
  const { transactions, flows } = other.end();
  assert.deepEqual([transactions, flows[0]!.app], [['fileinfo', 'http'], 'http']);
  // It is not waited for without end.
  const busy = nameless(await Talk.begin(5555));
  for (let i = 0; i < 70; i++) busy.wait(1).segment('server', PSH_ACK, NOISE);
  assert.equal(busy.counters.reinspected, 1);
});

test('over UDP too: named late, or changed', async () => {
  const query = Buffer.from('1234010000010000000000000377777707656e616d706c6503636f6d0000010001', 'hex');
  const talk = await Talk.begin(5555);
  for (let i = 0; i < 40; i++) talk.datagram(i % 2 === 0 ? 'client' : 'server', NOISE);
  talk.wait(31).datagram('client', query);
  assert.equal(talk.counters.reinspected, 1);
  assert.equal(talk.end().flows[0]!.app, 'dns');
});

test('an anomaly puts a flow back, three times at most', async () => {
  const odd: readonly ((talk: Talk) => void)[] = [
    // A SYN with other numbers on an open connection; an acknowledgement of what was never sent; a RST from afar.
    (talk) => talk.segment('server', SYN | ACK, NOTHING, { seq: 900_000 }),
    (talk) => talk.segment('server', ACK, NOTHING, { ack: 90_000_000 }),
    (talk) => talk.segment('server', 0x14, NOTHING, { seq: 900_000_000 }),
  ];
  for (const [index, make] of odd.entries()) {
    const talk = nameless(await Talk.begin(5555));
    talk.says('client', NOISE);
    assert.equal(talk.counters.putBack, 0);
    make(talk);
    assert.equal(talk.counters.putBack, 1, `case ${index}`);
    talk.segment('client', PSH_ACK, REQUEST);
    assert.equal(talk.counters.reinspected, 1, `case ${index}`);
    assert.equal(talk.end().flows[0]!.app, 'http');
  }
  const talk = nameless(await Talk.begin(5555));
  for (let i = 0; i < 10; i++) {
    talk.segment('server', ACK, NOTHING, { ack: 90_000_000 + i * 9_000_000 });
    for (let k = 0; k < 20; k++) talk.segment('client', PSH_ACK, NOISE);
  }
  assert.equal(talk.counters.putBack, 3);
});

test('what an anomaly has put back is parsed again, though it speaks what it spoke', async () => {
  const talk = ssh(await Talk.begin(22));
  const before = talk.records.transactions.length;
  talk.segment('server', ACK, NOTHING, { ack: 90_000_000 });
  talk.segment('client', PSH_ACK, 'SSH-2.0-Other_1\r\n').says('server', 'SSH-2.0-Other_1\r\n');
  assert.deepEqual([talk.counters.putBack, talk.counters.reinspected], [1, 1]);
  const records = talk.end();
  assert.deepEqual(changes(records), []);
  assert.ok(records.transactions.length > before && records.transactions.at(-1) === 'ssh');
  assert.deepEqual(records.flows[0], { app: 'ssh', protocol: 'SSH', services: ['ssh'] });
});

test('data behind the end of the data puts a flow back', async () => {
  const talk = nameless(await Talk.begin(5555));
  talk.segment('client', FIN_ACK).segment('server', ACK).says('server', NOISE);
  assert.equal(talk.counters.putBack, 0);
  talk.segment('client', PSH_ACK, NOISE);
  assert.equal(talk.counters.putBack, 1);
});

test('under load a flow is left out and says so; what is critical is not, and calm gives it another chance', async () => {
  const lines: string[] = [];
  const eve = new EveWriter(
    { write: (line) => lines.push(line), close: () => {} },
    { types: new Set(['flow']) },
  );
  const admission = new Admission(['10.0.0.0/24']);
  admission.level = TOP_LEVEL;
  const critical = (await Talk.begin(80, { admission }))
    .open()
    .says('client', REQUEST)
    .says('server', ANSWER);
  assert.equal(critical.counters.sampledOut, 0);
  assert.deepEqual(critical.end().transactions, ['fileinfo', 'http']);

  admission.protect([]);
  const talk = (await Talk.begin(80, { admission, sink: eve })).open().says('client', REQUEST);
  talk.says('server', ANSWER).wait(31).says('client', REQUEST).says('server', ANSWER);
  assert.deepEqual([talk.counters.sampledOut, talk.counters.inspected, talk.counters.reinspected], [1, 0, 0]);
  admission.level = 0;
  talk.wait(61).says('client', REQUEST).says('server', ANSWER).end();
  assert.equal(talk.counters.reinspected, 1);
  const [flow] = lines.map((line) => JSON.parse(line) as EveRecord<'flow'>);
  assert.deepEqual(recordFaults(flow ?? {}), []);
  assert.deepEqual([flow?.flow.sampled_out, flow?.app_proto, flow?.flow.pkts_toserver], [true, 'http', 8]);
});

test('flows under inspection and those without payload are left alone by anomalies', async () => {
  const talk = (await Talk.begin(5555)).open();
  talk.segment('server', SYN | ACK, NOTHING, { seq: 900_000 });
  talk.segment('client', PSH_ACK, REQUEST).segment('server', SYN | ACK, NOTHING, { seq: 990_000 });
  assert.equal(talk.counters.putBack, 0);
  assert.equal(talk.counters.reinspected, 0);
});
