import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import {
  ethernetFrame,
  fromHex,
  ipv4Datagram,
  ipv6Datagram,
  udpDatagram,
} from '../../../../test/support/frames.ts';
import type { ReadInterface } from '../../../../test/support/read-interface.ts';
import { Wire, withoutWire } from '../../../../test/support/wire.ts';
import { packetAt, pcapOf } from '../testing.ts';
import type { LiveStatistics } from './index.ts';

const READ = 'test/support/read-interface.ts';
const SEND = 'test/support/send-frames.ts';

/** What the reading program prints at its end. */
interface Result {
  readonly packets: number;
  readonly mapped: boolean;
  readonly statistics: LiveStatistics;
  readonly frames: readonly string[];
}

/** A frame the other way round. */
function back(frame: Buffer): Buffer {
  const turned = Buffer.from(frame);
  const at = frame.readUInt16BE(12) === 0x8100 ? 18 : 14;
  const [from, bytes] = frame[at]! >> 4 === 4 ? [at + 12, 4] : [at + 8, 16];
  frame.copy(turned, from, from + bytes, from + 2 * bytes);
  frame.copy(turned, from + bytes, from, from + bytes);
  const ports = at + (bytes === 4 ? 20 : 40);
  turned.writeUInt16BE(frame.readUInt16BE(ports + 2), ports);
  turned.writeUInt16BE(frame.readUInt16BE(ports), ports + 2);
  return turned;
}

/** Packets of 40 flows of each of three kinds: two over IPv4, three with a tag, four over IPv6, with fragments. */
function sharedFlows(): Buffer[][] {
  const flows: Buffer[][] = [];
  for (let i = 0; i < 40; i++) {
    const udp = (length: number): Buffer => udpDatagram(40_000 + i, 53, Buffer.alloc(length, i));
    const plain = ethernetFrame(0x0800, ipv4Datagram({ protocol: 17 }, udp(20)));
    flows.push([plain, back(plain)]);
    const tag = (frame: Buffer): Buffer =>
      Buffer.concat([frame.subarray(0, 12), fromHex('8100002a'), frame.subarray(12)]);
    const tagged = tag(ethernetFrame(0x0800, ipv4Datagram({ protocol: 17 }, udp(21))));
    flows.push([tagged, back(tagged), tag(ethernetFrame(0x0800, ipv4Datagram({ protocol: 17 }, udp(22))))]);
    const over6 = (next: number, content: Buffer): Buffer => {
      const datagram = ipv6Datagram(next, content);
      datagram[23] = i;
      return ethernetFrame(0x86dd, datagram);
    };
    const whole = over6(17, udp(30));
    const datagram = udp(1000);
    // RFC 8200, section 4.5: next header, offset in eights with "more follow", identification.
    const fragment = (header: string, part: Buffer): Buffer =>
      over6(44, Buffer.concat([fromHex(header), part]));
    flows.push([
      whole,
      back(whole),
      fragment('1100000100000007', datagram.subarray(0, 504)),
      fragment('110001f800000007', datagram.subarray(504)),
    ]);
  }
  return flows;
}

describe('a live source', { skip: withoutWire() }, () => {
  let wire: Wire;
  const folder = mkdtempSync(join(tmpdir(), 'weir-live-'));
  const path = join(folder, 'frames.pcap');
  before(() => {
    wire = new Wire();
  });
  after(() => {
    wire?.remove();
    rmSync(folder, { recursive: true });
  });

  const datagram = (port: number, length = 30): Buffer =>
    ethernetFrame(
      0x0800,
      ipv4Datagram({ protocol: 17 }, udpDatagram(5000, port, Buffer.alloc(length, port))),
    );
  const tagged = (frame: Buffer, tag: string): Buffer =>
    Buffer.concat([frame.subarray(0, 12), fromHex(tag), frame.subarray(12)]);
  const plain = datagram(1);
  const vlan = tagged(datagram(2), '8100a02a');
  const doubled = tagged(tagged(datagram(3), '810000c8'), '88a80064');
  const large = datagram(4, 65_000);
  const FRAMES = [plain, vlan, doubled, large];

  async function readBack(options: Partial<ReadInterface>, frames = FRAMES): Promise<Result> {
    writeFileSync(path, pcapOf(frames.map((frame, index) => packetAt(index, frame))));
    const reading = { interface: 'right', frames: true, seconds: 10, packets: frames.length, ...options };
    const reader = wire.start(READ, JSON.stringify(reading));
    await reader.says('ready');
    const sender = await wire.start(SEND, 'left', path).ended;
    assert.equal(sender.stdout, `${frames.length}\n`, sender.stderr);
    const { stdout, stderr, code } = await reader.ended;
    assert.equal(code, 0, stderr + stdout);
    return JSON.parse(stdout.slice(stdout.indexOf('{'))) as Result;
  }

  /** What arrives at `right` is sent out of an interface of this name, by a bridge. */
  const forwardTo = (name: string): void => {
    wire.ip('link', 'add', name, 'mtu', '65535', 'type', 'veth', 'peer', 'name', 'beyond', 'mtu', '65535');
    wire.ip('link', 'add', 'joined', 'type', 'bridge', 'mcast_snooping', '0');
    for (const link of [name, 'right']) wire.ip('link', 'set', link, 'master', 'joined');
    for (const link of ['beyond', name, 'joined']) wire.ip('link', 'set', link, 'up', 'arp', 'off');
  };

  const hex = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('hex'));

  test('gives frames as they were sent: plain, tagged once and twice, of 64 KB', async () => {
    const { frames, mapped, statistics } = await readBack({});
    assert.equal(mapped, true);
    assert.deepEqual(frames, hex(FRAMES));
    assert.equal(statistics.packets, 4);
    assert.equal(statistics.handed, 4);
    assert.equal(statistics.dropped, 0);
    assert.equal(statistics.truncated, 0);
    assert.equal(
      statistics.bytes,
      FRAMES.reduce((sum, frame) => sum + frame.length, 0),
    );
  });

  test('gives the same where blocks are copied', async () => {
    const { frames, mapped } = await readBack({ copying: true });
    assert.equal(mapped, false);
    assert.deepEqual(frames, hex(FRAMES));
  });

  test('splits a block of many small frames', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => datagram(index % 60_000, 4));
    const { frames } = await readBack({}, many);
    assert.deepEqual(frames, hex(many));
  });

  test('filters in the kernel, and what has a tag behind it', async () => {
    // To the end of its time: the frames may come in several blocks.
    const kernel = await readBack({ filter: 'udp dst port 1', seconds: 1, packets: 1e9 });
    assert.deepEqual(kernel.frames, hex([plain]));
    // The large frame never came to the ring; the tagged ones did.
    assert.equal(kernel.statistics.packets, 3);
    assert.deepEqual((await readBack({ filter: 'vlan 42', packets: 1 })).frames, hex([vlan]));
    assert.deepEqual(
      (await readBack({ filter: 'vlan 100 and vlan 200 and udp', packets: 1 })).frames,
      hex([doubled]),
    );
    assert.deepEqual((await readBack({ filter: 'greater 60000', packets: 1 })).frames, hex([large]));
  });

  test('cuts packets to the snap length, and counts them', async () => {
    const { frames, statistics } = await readBack({ snapLength: 50 }, [plain, large]);
    assert.deepEqual(frames, hex([plain.subarray(0, 50), large.subarray(0, 50)]));
    assert.equal(statistics.truncated, 2);
  });

  test('shares packets with the others of its group', async () => {
    const group = { group: 4711 };
    const other = wire.start(READ, JSON.stringify({ interface: 'right', fanout: group, seconds: 2 }));
    await other.says('ready');
    const many = Array.from({ length: 400 }, (_, index) => datagram(1000 + index));
    const first = await readBack({ fanout: group, seconds: 1, packets: 1e9 }, many);
    const { stdout } = await other.ended;
    const second = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Result;
    assert.equal(first.packets + second.packets, many.length);
    assert.ok(first.packets > 0 && second.packets > 0, `${first.packets} and ${second.packets}`);
  });

  // A frame that is sent begins elsewhere than one that arrives.
  for (const end of ['right', 'out'])
    test(`gives all packets of a flow to one of the group at ${end}: both ways, tagged, all fragments`, async () => {
      if (end === 'out') forwardTo(end);
      const flows = sharedFlows();
      const frames = flows.flat();
      const options = { interface: end, fanout: { group: 4712 }, frames: true, seconds: 2, packets: 1e9 };
      const other = wire.start(READ, JSON.stringify(options));
      await other.says('ready');
      const first = await readBack({ ...options, seconds: 1 }, frames);
      const { stdout } = await other.ended;
      const second = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Result;
      const here = new Set(first.frames);
      const there = new Set(second.frames);
      assert.equal(here.size + there.size, frames.length);
      const split = flows.filter(
        (flow) => new Set(flow.map((frame) => here.has(frame.toString('hex')))).size > 1,
      );
      assert.deepEqual(
        split.map((flow) => flow.map((frame) => frame.toString('hex'))),
        [],
      );
      // Each kind of flow is shared out, and so it was no accident.
      for (const [kind, part] of Object.entries(Object.groupBy(flows, (flow) => flow.length))) {
        const came = part!.filter((flow) => here.has(flow[0]!.toString('hex'))).length;
        assert.ok(came > 0 && came < part!.length, `${came} of ${part!.length} flows with ${kind} packets`);
      }
    });

  test('counts what a reader that is busy has lost', async () => {
    const reader = wire.start(
      READ,
      JSON.stringify({ interface: 'right', blocks: 4, stallMs: 1500, seconds: 1.5 }),
    );
    await reader.says('ready');
    const sent = Number((await wire.start(SEND, 'left', 'flood', '1000', '0.3').ended).stdout);
    const { stdout } = await reader.ended;
    const { packets, statistics } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as Result;
    assert.ok(sent > (4 * 262144) / 1000, `${sent} sent`);
    assert.equal(statistics.packets, sent);
    assert.ok(statistics.dropped > 0);
    assert.equal(packets, sent - statistics.dropped);
    assert.equal(statistics.handed, packets);
    assert.ok(statistics.frozen >= 1);
    assert.ok(statistics.lossyIntervals >= 1);
    assert.equal(
      statistics.intervals.reduce((sum, interval) => sum + interval.dropped, 0),
      statistics.dropped,
    );
  });

  test('ends with its thread', async () => {
    const { code, signal, stdout, stderr } = await wire.start(
      READ,
      JSON.stringify({ interface: 'right', worker: true, seconds: 20 }),
    ).ended;
    assert.equal(signal, null, stderr);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /ended with 1/);
  });

  test('says what is wrong with an interface', async () => {
    const say = async (name: string): Promise<string> =>
      (await wire.start(READ, JSON.stringify({ interface: name })).ended).stdout;
    assert.match(await say('nowhere'), /^error interface: there is no interface 'nowhere'/);
    assert.match(await say('a-name-that-is-too-long'), /^error interface: /);
    wire.ip('link', 'add', 'sleeping', 'type', 'bridge');
    assert.match(await say('sleeping'), /^error down: sleeping is down: 'ip link set sleeping up'/);
  });
});
