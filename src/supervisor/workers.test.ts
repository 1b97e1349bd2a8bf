import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { ethernetFrame, ipv4Datagram, udpDatagram } from '../../test/support/frames.ts';
import type { Running } from '../../test/support/running.ts';
import { Wire, withoutWire } from '../../test/support/wire.ts';
import { defaultConfiguration } from '../config/index.ts';
import { askSupervisor, type SystemStatus } from '../control/index.ts';
import { packetAt, pcapOf } from '../tap/capture/testing.ts';
import { CAPTURES, folderFor, MAIN, PATIENCE_MS } from './testing.ts';
import { shareOf, spread } from './workers.ts';

const SEND = 'test/support/send-frames.ts';
const CAPTURE = join(CAPTURES, 'campus-1.pcap');
const UDP = 17;
/** Bytes of a fragment's content: a multiple of eight. */
const FRAGMENT = 1024;
const MORE_FRAGMENTS = 0x2000;
const CLIENT = [10, 1, 2, 3];
const SERVER = [10, 1, 9, 9];

type Json = Readonly<Record<string, unknown>>;
type SensorNumbers = { readonly packets: number; readonly flows: number };

/** Members that tell of the moment, not of the traffic; packets are numbered by the sensor that has them. */
const MOMENTARY = /^(timestamp|pcap_cnt|flow_id|start|end|age|ts|.*_us|.*_ms|first_.*|last_.*)$/;

test('one sensor is as it was; several have a name, a share and a folder each, and one group', () => {
  const sensor = { name: 'sensor', module: new URL(import.meta.url) };
  assert.deepEqual(spread(sensor, 1), [sensor]);
  const workers = spread(sensor, 3);
  assert.deepEqual(
    workers.map(({ name }) => name),
    ['sensor-1', 'sensor-2', 'sensor-3'],
  );
  assert.equal(new Set(workers.map(({ worker }) => worker?.group)).size, 1);
  const { capture, ...rest } = defaultConfiguration();
  const ring = { ...capture.ring, folder: '/ring', sizeBytes: 300 };
  const worker = workers[1]?.worker ?? assert.fail();
  const shared = shareOf({ ...rest, capture: { ...capture, flows: 100, buffer: 91, ring } }, worker);
  assert.equal(shared.capture.flows, 33);
  assert.equal(shared.capture.buffer, 30);
  assert.deepEqual(shared.capture.ring, { ...ring, folder: '/ring/sensor-2', sizeBytes: 100 });
  assert.equal(shareOf({ ...rest, capture }, worker).capture.ring.folder, '');
});

describe('sensors that share an interface', { skip: withoutWire() }, () => {
  let wire: Wire;
  before(() => {
    wire = new Wire();
  });
  after(() => wire?.remove());

  /** A weir on the wire, once it runs. */
  async function begin(context: TestContext, workers: number): Promise<LiveWeir> {
    const folder = folderFor(context);
    writeFileSync(
      join(folder, 'weir.yaml'),
      `capture: {interface: right, workers: ${workers}, ring: {folder: ${folder}/ring}}
outputs: {eve: {file: ${folder}/eve.json}, zeek: {folder: ${folder}/zeek}}
store: {enabled: false}
lan: {enabled: false}
control: {folder: ${folder}/run}
processes: {restart: {first: 100ms, longest: 300ms, healthy: 60s}}
`,
    );
    const running = wire.start('src/cli/main.ts', 'up', '--config', join(folder, 'weir.yaml'));
    context.after(() => running.end('SIGKILL'));
    await running.says('weir: running');
    return new LiveWeir(folder, running);
  }

  /** Sends a capture and waits until the sensors have all of it. */
  async function send(weir: LiveWeir, path: string): Promise<void> {
    const earlier = weir.packets(await weir.status());
    const { stdout, stderr } = await wire.start(SEND, 'left', path).ended;
    const sent = Number(stdout);
    assert.ok(sent > 0, stderr);
    await weir.until('packets', (status) => weir.packets(status) >= earlier + sent);
  }

  test('two give the records and the logs that one gives, and each has a part', async (context) => {
    const one = await begin(context, 1);
    // What DNS answers tell of addresses is known to the sensor that has seen them.
    const capture = one.path('without-dns.pcap');
    const filter = ['--filter', 'not port 53', '--write', capture, '--quiet'];
    execFileSync(process.execPath, [MAIN, 'read', CAPTURE, ...filter]);
    await send(one, capture);
    await one.end();
    const two = await begin(context, 2);
    await send(two, capture);
    const { statistics } = await two.status();
    const [first, second] = ['sensor-1', 'sensor-2'].map((name) => statistics[name] as SensorNumbers);
    assert.ok((first?.packets ?? 0) > 0 && (second?.packets ?? 0) > 0, JSON.stringify([first, second]));
    await two.end();
    const records = two.records();
    assert.ok(records.length > 50);
    const expected = one.records();
    assert.deepEqual(
      records.filter((record) => !expected.includes(record)),
      [],
    );
    assert.deepEqual(
      expected.filter((record) => !records.includes(record)),
      [],
    );
    assert.equal(records.length, expected.length);
    for (const log of ['conn', 'http', 'files']) {
      const text = readFileSync(two.path(`zeek/${log}.log`), 'utf8');
      assert.equal(text.match(/^#fields\t/gm)?.length, 1, text);
      assert.match(text, /^#separator /);
      assert.deepEqual(two.rows(log), one.rows(log));
    }
    const kept = ['sensor-1', 'sensor-2'].map((name) => statSync(two.path(`ring/${name}`)));
    assert.ok(kept.every((folder) => folder.isDirectory() && folder.uid !== 0));
  });

  test('both directions of a flow come to the same one, fragments of IPv4 too', async (context) => {
    const weir = await begin(context, 4);
    const flows = 24;
    const path = weir.path('fragments.pcap');
    const frames = Array.from({ length: flows }, (_, index) => conversation(4000 + index)).flat();
    writeFileSync(path, pcapOf(frames.map((frame, index) => packetAt(index, frame))));
    const { stdout } = await wire.start(SEND, 'left', path).ended;
    assert.equal(Number(stdout), frames.length);
    // The kernel puts fragments together before it shares them out: each datagram counts as one.
    await weir.until('datagrams', (status) => weir.packets(status) >= flows * 4);
    const { statistics } = await weir.status();
    const shares = [1, 2, 3, 4].map((n) => (statistics[`sensor-${n}`] as SensorNumbers).flows);
    assert.equal(
      shares.reduce((sum, share) => sum + share, 0),
      flows,
      `${shares}`,
    );
    assert.ok(shares.filter((share) => share > 0).length > 1, `${shares}`);
    await weir.end();
    const found = weir.lines().filter(({ event_type }) => event_type === 'flow');
    assert.equal(found.length, flows);
    for (const { flow } of found) {
      const { pkts_toserver, pkts_toclient } = flow as Json;
      assert.deepEqual([pkts_toserver, pkts_toclient], [2, 2]);
    }
  });

  test('one that is killed comes back while the other goes on, and has its part again', async (context) => {
    const weir = await begin(context, 2);
    const before = await weir.status();
    process.kill(weir.pid('sensor-2', before), 'SIGKILL');
    const after = await weir.until(
      'a new sensor-2',
      (status) =>
        status.processes.every(({ state }) => state === 'running') &&
        weir.pid('sensor-2', status) !== weir.pid('sensor-2', before),
    );
    for (const name of ['sensor-1', 'hub']) assert.equal(weir.pid(name, after), weir.pid(name, before));
    assert.deepEqual(
      after.processes.map(({ name, restarts }) => [name, restarts]),
      [
        ['sensor-1', 0],
        ['sensor-2', 1],
        ['hub', 0],
        ['api', 0],
        ['responder', 0],
      ],
    );
    await send(weir, CAPTURE);
    const { statistics } = await weir.status();
    for (const name of ['sensor-1', 'sensor-2']) {
      assert.ok((statistics[name] as SensorNumbers).packets > 0, name);
    }
    await weir.end();
    assert.ok(weir.records().length > 50);
  });
});

/** A weir that runs in its folder, in the namespace of a wire. */
class LiveWeir {
  private readonly folder: string;
  private readonly running: Running;

  constructor(folder: string, running: Running) {
    this.folder = folder;
    this.running = running;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async status(): Promise<SystemStatus> {
    return (await askSupervisor(join(this.folder, 'run'), { ask: 'status' })) as SystemStatus;
  }

  async until(what: string, look: (status: SystemStatus) => boolean): Promise<SystemStatus> {
    for (const end = Date.now() + PATIENCE_MS; ; ) {
      const status = await this.status();
      if (look(status)) return status;
      assert.ok(Date.now() < end, `no ${what}: ${this.running.stderr}${JSON.stringify(status.statistics)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  packets({ statistics }: SystemStatus): number {
    return (statistics.sensor as SensorNumbers | undefined)?.packets ?? 0;
  }

  pid(name: string, status: SystemStatus): number {
    return status.processes.find((one) => one.name === name)?.pid ?? assert.fail(`no ${name}`);
  }

  /** Ends it with the main process's own signal, as Ctrl-C does. */
  async end(): Promise<void> {
    const { code, stderr } = await this.running.end('SIGINT');
    assert.equal(code, 0, stderr);
  }

  lines(): Json[] {
    const text = readFileSync(this.path('eve.json'), 'utf8').trim();
    return text.split('\n').map((line) => JSON.parse(line) as Json);
  }

  /** What the records tell of the traffic, in an order of its own. */
  records(): string[] {
    return this.lines()
      .filter(({ event_type }) => event_type !== 'stats')
      .map((record) => JSON.stringify(lasting(record)))
      .sort();
  }

  /** The connections or transactions of a log: their addresses and ports. */
  rows(log: string): string[] {
    return readFileSync(this.path(`zeek/${log}.log`), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split('\t').slice(2, 6).join(' '))
      .sort();
  }
}

function lasting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lasting);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !MOMENTARY.test(name))
      .map(([name, inner]) => [name, lasting(inner)]),
  );
}

/** From each side a datagram that is whole and one in two fragments, the second fragment first. */
function conversation(port: number): Buffer[] {
  const small = Buffer.alloc(20, 1);
  const large = Buffer.alloc(FRAGMENT + 200, 2);
  const there = (content: Buffer): Buffer => udpDatagram(port, 9000, content);
  const back = (content: Buffer): Buffer => udpDatagram(9000, port, content);
  const ways = [
    { source: CLIENT, destination: SERVER, make: there },
    { source: SERVER, destination: CLIENT, make: back },
  ];
  return ways.flatMap(({ source, destination, make }, index) => {
    const whole = ipv4Datagram({ protocol: UDP, source, destination, id: port }, make(small));
    const content = make(large);
    const id = port + (index + 1) * 1000;
    const common = { protocol: UDP, source, destination, id };
    const fragments = [
      ipv4Datagram({ ...common, fragment: FRAGMENT / 8 }, content.subarray(FRAGMENT)),
      ipv4Datagram({ ...common, fragment: MORE_FRAGMENTS }, content.subarray(0, FRAGMENT)),
    ];
    return [whole, ...fragments].map((datagram) => ethernetFrame(0x0800, datagram));
  });
}
