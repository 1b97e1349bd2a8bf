import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ethernetFrame,
  framesOf,
  fromHex,
  ipv4Datagram,
  tcpSegment,
  udpDatagram,
} from '../../test/support/frames.ts';
import { Wire, withoutWire } from '../../test/support/wire.ts';
import type { RecordSink } from '../event/index.ts';
import { openCaptures, PcapWriter } from '../tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../tap/create.ts';
import { Sensor } from '../tap/sensor.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = 'src/cli/main.ts';
const SEND = 'test/support/send-frames.ts';
const CAPTURES = join(ROOT, 'demo/captures');
const SYN = 2;
const PSH_ACK = 0x18;
const ACK = 0x10;

type Json = Record<string, unknown>;

/** Every frame of the bundled captures, as it would be on a wire that carries Ethernet. */
async function bundledFrames(): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  const sequence = await openCaptures([CAPTURES]);
  for await (const batch of sequence.batches()) {
    for (let i = batch.first; i < batch.end; i++) {
      if (batch.linkType[i] !== 1) continue;
      const start = batch.offset[i]!;
      frames.push(Buffer.from(batch.bytes.subarray(start, start + batch.captured[i]!)));
    }
  }
  sequence.close();
  return frames;
}

/** A frame with tags between its addresses and its type. */
function tagged(frame: Buffer, tags: string): Buffer {
  return Buffer.concat([frame.subarray(0, 12), fromHex(tags), frame.subarray(12)]);
}

/** An answer of 180,000 bytes in three segments, as a machine hands them to its network card. */
function superFrames(): Buffer[] {
  const body = Buffer.alloc(180_000, 'weir');
  const head = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nContent-Type: text/plain\r\n\r\n`;
  const request = Buffer.from('GET /large HTTP/1.1\r\nHost: large.example\r\n\r\n');
  const answer = Buffer.concat([Buffer.from(head), body]);
  const frames: Buffer[] = [];
  const next = { client: 1000, server: 5000 };
  const send = (from: 'client' | 'server', flags: number, content: Buffer): void => {
    const to = from === 'client' ? 'server' : 'client';
    const [source, destination] = from === 'client' ? [40_000, 80] : [80, 40_000];
    const segment = tcpSegment(source!, destination!, flags, content);
    segment.writeUInt32BE(next[from], 4);
    segment.writeUInt32BE(flags === SYN ? 0 : next[to], 8);
    next[from] += content.length + ((flags & SYN) === 0 ? 0 : 1);
    const datagram = ipv4Datagram({ protocol: 6 }, segment);
    if (from === 'server') {
      // The addresses the other way round; the sum stays.
      const address = Buffer.from(datagram.subarray(12, 16));
      datagram.copy(datagram, 12, 16, 20);
      address.copy(datagram, 16);
    }
    frames.push(ethernetFrame(0x0800, datagram));
  };
  const nothing = Buffer.alloc(0);
  send('client', SYN, nothing);
  send('server', SYN | ACK, nothing);
  send('client', ACK, nothing);
  send('client', PSH_ACK, request);
  for (let at = 0; at < answer.length; at += 64_000) {
    send('server', PSH_ACK, answer.subarray(at, at + 64_000));
    send('client', ACK, nothing);
  }
  return frames;
}

/** Members that tell of the moment, not of the traffic. */
const MOMENTARY = /^(timestamp|flow_id|start|end|age|ts|.*_us|.*_ms|first_.*|last_.*)$/;

/** Records without what differs from one run to the next, in an order of their own. */
function comparable(lines: string): string[] {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(strip);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !MOMENTARY.test(name))
        .map(([name, inner]) => [name, strip(inner)]),
    );
  };
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.stringify(strip(JSON.parse(line))))
    .sort();
}

/** Fails with the first few records that only one of two readings has. */
function same(actual: readonly string[], expected: readonly string[]): void {
  const beyond = (a: readonly string[], b: readonly string[]): string[] => {
    const left = new Map<string, number>();
    for (const line of b) left.set(line, (left.get(line) ?? 0) + 1);
    return a.filter((line) => {
      const count = left.get(line) ?? 0;
      left.set(line, count - 1);
      return count <= 0;
    });
  };
  assert.deepEqual(beyond(actual, expected).slice(0, 3), beyond(expected, actual).slice(0, 3));
  assert.equal(actual.length, expected.length);
}

describe('weir read --interface', { skip: withoutWire() }, () => {
  let wire: Wire;
  const folder = mkdtempSync(join(tmpdir(), 'weir-read-live-'));
  before(() => {
    wire = new Wire();
  });
  after(() => {
    wire?.remove();
    rmSync(folder, { recursive: true });
  });

  /** A second wire, from `near` to `far`. */
  const addLink = (): void => {
    const mtu = ['mtu', '65535'];
    wire.ip('link', 'add', 'near', ...mtu, 'type', 'veth', 'peer', 'name', 'far', ...mtu);
    for (const link of ['near', 'far']) wire.ip('link', 'set', link, 'up', 'arp', 'off');
  };

  test('gives the records that reading the capture gives', async () => {
    const bundled = await bundledFrames();
    assert.ok(bundled.length > 2000);
    const frames = [
      ...bundled,
      ...superFrames(),
      ...bundled.slice(0, 600).map((frame) => tagged(frame, '8100002a')),
      ...bundled.slice(600, 1200).map((frame) => tagged(frame, '88a80064810000c8')),
    ].filter((frame) => frame.length >= 14);
    const path = join(folder, 'wire.pcap');
    const writer = new PcapWriter(path, { linkType: 1 });
    // Whether a certificate has run out depends on the time.
    const startUs = Date.now() * 1000;
    frames.forEach((frame, index) => {
      const length = frame.length;
      writer.write({
        bytes: frame,
        offset: 0,
        captured: length,
        original: length,
        timeUs: startUs + index * 100,
        nanos: 0,
      });
    });
    writer.close();

    const live = join(folder, 'live.json');
    const kept = join(folder, 'kept.pcapng');
    // However slowly it is read here, all of it is inspected.
    const outputs = [
      '--no-sampling',
      '--eve',
      live,
      '--write',
      kept,
      '--zeek',
      join(folder, 'zeek'),
      '--json',
    ];
    const reader = wire.start(MAIN, 'read', '-i', 'right', ...outputs);
    await reader.says('capturing on right');
    const sender = await wire.start(SEND, 'left', path, '64').ended;
    assert.equal(sender.stdout, `${frames.length}\n`, sender.stderr);
    reader.child.kill('SIGINT');
    const { code, stdout, stderr } = await reader.ended;
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      new RegExp(`right: ${frames.length.toLocaleString('en')} packets in .* none dropped`),
    );
    const summary = JSON.parse(stdout) as { packets: number; live: Json };
    assert.equal(summary.packets, frames.length);
    assert.equal(summary.live.packets, frames.length);
    assert.equal(summary.live.dropped, 0);

    const read = (capture: string): string => {
      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        [MAIN, 'read', capture, '--eve', '-', '-q'],
        {
          cwd: ROOT,
          maxBuffer: 1 << 28,
        },
      );
      assert.equal(status, 0, stderr.toString());
      return stdout.toString();
    };
    const expected = comparable(read(path));
    assert.ok(expected.length > 500);
    for (const word of ['"vlan":[42]', '"vlan":[100,200]', '"hostname":"large.example"']) {
      assert.ok(
        expected.some((line) => line.includes(word)),
        word,
      );
    }
    same(comparable(readFileSync(live, 'utf8')), expected);
    // What was kept is what was on the wire.
    same(comparable(read(kept)), expected);
  });

  test('writes records as they come', async () => {
    const path = join(folder, 'large.pcap');
    const writer = new PcapWriter(path, { linkType: 1 });
    for (const frame of superFrames()) {
      writer.write({
        bytes: frame,
        offset: 0,
        captured: frame.length,
        original: frame.length,
        timeUs: 0,
        nanos: 0,
      });
    }
    writer.close();
    const reader = wire.start(MAIN, 'read', '-i', 'right', '--eve', '-', '-q', '--duration', '20');
    // Without a word at the beginning, the packets are sent until they are seen.
    const deadline = performance.now() + 10_000;
    while (!reader.stdout.includes('large.example') && performance.now() < deadline) {
      await wire.start(SEND, 'left', path).ended;
    }
    assert.match(reader.stdout, /"event_type":"http"/);
    assert.equal(reader.child.exitCode, null);
    reader.child.kill('SIGTERM');
    assert.equal((await reader.ended).code, 0);
  });

  test('ends cleanly when the interface goes', async () => {
    addLink();
    const capture = join(folder, 'large.pcap');
    const reader = wire.start(MAIN, 'read', '-i', 'far', '--eve', '-');
    await reader.says('capturing on far');
    assert.notEqual((await wire.start(SEND, 'near', capture).ended).stdout, '');
    wire.ip('link', 'del', 'near');
    const { code, stdout, stderr } = await reader.ended;
    assert.equal(code, 1);
    assert.match(stderr, /weir: far was removed while it was captured: what came until then is complete/);
    assert.match(stdout, /"event_type":"flow"/);
  });

  test('ends cleanly when the interface goes down', async () => {
    addLink();
    const reader = wire.start(MAIN, 'read', '-i', 'far');
    await reader.says('capturing on far');
    wire.ip('link', 'set', 'far', 'down');
    const { code, stderr } = await reader.ended;
    wire.ip('link', 'del', 'near');
    assert.equal(code, 1);
    assert.match(stderr, /weir: far went down while it was captured/);
  });

  test('sees each packet of loopback once, and forgives unfinished checksums', async () => {
    const served = `'use strict';
      const { createServer, get } = require('node:http');
      const server = createServer((request, response) => response.end(Buffer.alloc(300000))).listen(8099, '127.0.0.1', () =>
        get('http://127.0.0.1:8099/once', (answer) => answer.resume().on('end', () => server.close())));`;
    const program = join(folder, 'served.cjs');
    writeFileSync(program, served);
    const reader = wire.start(MAIN, 'read', '-i', 'lo', '-k', 'all', '--eve', '-', '-f', 'tcp port 8099');
    await reader.says('capturing on lo');
    const client = await wire.start(program).ended;
    assert.equal(client.code, 0, client.stderr);
    reader.child.kill('SIGINT');
    const { stdout } = await reader.ended;
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Json);
    const http = records.filter((record) => record.event_type === 'http');
    assert.equal(http.length, 1);
    assert.equal((http[0]!.http as Json).length, 300_000);
    const flow = records.find((record) => record.event_type === 'flow')!.flow as Json;
    assert.ok(Number(flow.bytes_toclient) > 300_000 && Number(flow.bytes_toclient) < 320_000);
    assert.ok(!stdout.includes('retransmission'), stdout);
  });

  test('needs rights, and says so', () => {
    const { status, stderr } = spawnSync(
      'setpriv',
      ['--reuid', '65534', '--clear-groups', process.execPath, MAIN, 'read', '-i', 'lo'],
      { cwd: ROOT },
    );
    assert.equal(status, 1);
    assert.match(stderr.toString(), /^weir: live capture needs root or CAP_NET_RAW: .*\n$/);
  });
});

test('a flow ends when the clock says so, though no packet comes', async () => {
  const reasons: string[] = [];
  const sink: RecordSink = {
    transaction: () => {},
    anomaly: () => {},
    flow: (flow) => reasons.push(flow.reason),
  };
  const engine = await createEngine({ ...DEFAULT_SETTINGS, sink });
  const sensor = new Sensor(engine, { decoder: {} });
  const batch = framesOf([
    ethernetFrame(0x0800, ipv4Datagram({ protocol: 17 }, udpDatagram(5000, 53, Buffer.alloc(8)))),
  ]);
  // Before the first packet too.
  engine.tick(batch.timeUs[0]! - 5e6);
  sensor.batch(batch);
  engine.tick(batch.timeUs[0]! + 20e6);
  assert.deepEqual(reasons, []);
  engine.tick(batch.timeUs[0]! + 40e6);
  assert.deepEqual(reasons, ['timeout']);
  // The clock does not go back, and a later packet begins a flow of its own.
  engine.tick(0);
  sensor.batch(batch);
  sensor.end();
  assert.deepEqual(reasons, ['timeout', 'shutdown']);
});

describe('the options of a live capture', () => {
  const refused: readonly (readonly [args: readonly string[], words: RegExp])[] = [
    [['-i', 'lo', 'file.pcap'], /captures or an interface, not both/],
    [['-i', ''], /--interface takes the name/],
    [['-i', 'lo', '--follow'], /--follow is for captures/],
    [['-i', 'lo', '--since', '2026-01-01'], /--since is for captures/],
    [['-i', 'lo', '--index', 'x'], /--index tells where payload lies in captures/],
    [['--duration', '3', 'file.pcap'], /--duration goes with --interface/],
    [['--critical', '10.0.0.0/8', 'file.pcap'], /--critical goes with --interface/],
    [['--no-sampling', 'file.pcap'], /--no-sampling goes with --interface/],
    [['-i', 'lo', '--critical', '10.0.0.0/8,x'], /--critical takes networks, not 'x'; examples: /],
    [['-i', 'lo', '--duration', '0'], /--duration takes a number from 1/],
  ];
  for (const [args, words] of refused) {
    test(args.join(' '), () => {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, 'read', ...args], { cwd: ROOT });
      assert.equal(status, 2);
      assert.match(stderr.toString(), words);
    });
  }
});
