import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../../../test/support/corpus.ts';
import { ipv4Datagram, readFrames, tcpSegment, udpDatagram } from '../../../../test/support/frames.ts';
import { NDPI_RESULT, ndpiAddon } from '../../../native/index.ts';
import * as R from '../../flow/record.ts';
import { Decoder, Packet, type PacketSink } from '../../packet/index.ts';
import { NdpiVoice } from './index.ts';

const addon = ndpiAddon();
const skip = addon === undefined ? 'build/weir-ndpi.node is not built (libndpi-dev, setup/addon.sh)' : false;
/** How long hostile input is tried. */
const SECONDS = Number(process.env.WEIR_FUZZ_SECONDS ?? 2);

/** Gives each conversation a record and shows its packets to a voice. */
class Records implements PacketSink {
  readonly words = new Int32Array(R.RECORD_WORDS * 4096);
  readonly voice = new NdpiVoice(this.words);
  private readonly known = new Map<string, number>();

  packet(p: Packet): void {
    if (p.carrier || p.payloadEnd <= p.payloadStart || (p.protocol !== 6 && p.protocol !== 17)) return;
    const sides = [`${p.src0} ${p.src3} ${p.srcPort}`, `${p.dst0} ${p.dst3} ${p.dstPort}`].sort();
    const key = `${p.protocol} ${sides.join(' ')}`;
    let w = this.known.get(key);
    if (w === undefined) {
      w = this.known.size * R.RECORD_WORDS;
      this.known.set(key, w);
    }
    this.voice.submit(w, p);
  }

  /** Ends all conversations; the names that were found, with how often. */
  names(): Record<string, number> {
    const names: Record<string, number> = {};
    for (const w of this.known.values()) {
      this.voice.ended(w);
      const verdict = this.voice.verdict(w);
      if (verdict === undefined) continue;
      const name =
        verdict.application === '' ? verdict.protocol : `${verdict.protocol}.${verdict.application}`;
      names[name] = (names[name] ?? 0) + 1;
    }
    return names;
  }
}

/** What the voice makes of each conversation of a capture. */
function namesIn(capture: string): Record<string, number> {
  const records = new Records();
  const decoder = new Decoder(records);
  for (const batch of readFrames(readFileSync(join(CORPUS, 'pcaps', capture)))) {
    for (let i = batch.first; i < batch.end; i++) decoder.decode(batch, i, i + 1);
    records.voice.flush();
  }
  const names = records.names();
  records.voice.flush();
  assert.equal(records.voice.live, 0, 'every flow is released');
  return names;
}

const REGISTER = Buffer.from(
  'REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1\r\nFrom: <sip:a@example.org>\r\n\r\n',
);

describe('nDPI itself', { skip }, () => {
  const { Inspector, riskName, version } = addon!;

  test('says which version it is, and names what it knows', () => {
    assert.match(version, /^\d+\.\d+/);
    assert.notEqual(riskName(7), '');
    assert.equal(riskName(63), '');
    const inspector = new Inspector(1);
    assert.equal(inspector.protocolName(5), 'DNS');
    assert.equal(inspector.protocolName(0), 'Unknown');
    assert.equal(inspector.categoryName(5), 'Web');
  });

  test('recognises a protocol by its content', () => {
    const inspector = new Inspector(4);
    const datagram = ipv4Datagram({ protocol: 17 }, udpDatagram(5060, 5060, REGISTER));
    const results = new Int32Array(NDPI_RESULT.length);
    const [offsets, lengths] = [Uint32Array.of(0), Uint32Array.of(datagram.length)];
    inspector.process(datagram, 1, offsets, lengths, Int32Array.of(3), Float64Array.of(1), results);
    const number = results[NDPI_RESULT.master]! || results[NDPI_RESULT.application]!;
    assert.equal(inspector.protocolName(number), 'SIP');
    assert.equal(results[NDPI_RESULT.confidence]! & 0xff, 3);
    assert.equal(inspector.live(), 1);
    inspector.release(Int32Array.of(3), 1);
    assert.equal(inspector.live(), 0);
  });

  test('refuses wrong arguments and passes over wrong numbers', () => {
    const inspector = new Inspector(2);
    const bytes = new Uint8Array(100);
    const one = Uint32Array.of(20);
    const none = Uint32Array.of(0);
    const times = Float64Array.of(1);
    const results = new Int32Array(NDPI_RESULT.length).fill(5);
    assert.throws(() => new Inspector(0), /capacity/);
    assert.throws(() => new Inspector(2 ** 31), /capacity/);
    const stranger = inspector.live as (this: unknown) => number;
    assert.throws(() => stranger.call({}), TypeError);
    // @ts-expect-error: flows are of the wrong type
    assert.throws(() => inspector.process(bytes, 1, none, one, one, times, results), /wrong type/);
    assert.throws(() => inspector.process(bytes, 2, none, one, Int32Array.of(0), times, results), /count/);
    assert.throws(() => inspector.process(bytes, -1, none, one, Int32Array.of(0), times, results), /count/);
    assert.throws(() => inspector.conclude(2, results), /flow/);
    assert.throws(() => inspector.conclude(0, new Int32Array(1)), /results/);
    assert.throws(() => inspector.protocolName(-1), /range/);
    assert.throws(() => inspector.categoryName(10000), /range/);
    for (const [offset, length, flow] of [
      [90, 20, 0],
      [101, 0, 0],
      [4294967295, 4294967295, 0],
      [0, 70000, 0],
      [0, 20, 2],
      [0, 20, -1],
    ] as const) {
      const where = [Uint32Array.of(offset), Uint32Array.of(length), Int32Array.of(flow)] as const;
      inspector.process(bytes, 1, ...where, times, results);
      assert.deepEqual([...results], new Array(NDPI_RESULT.length).fill(0));
    }
    inspector.process(bytes, 1, none, one, Int32Array.of(0), Float64Array.of(Number.NaN), results);
    inspector.release(Int32Array.of(-1, 7, 0), 3);
    assert.equal(inspector.live(), 0);
    inspector.conclude(1, results);
    assert.deepEqual([...results], new Array(NDPI_RESULT.length).fill(0));
  });

  test('keeps nothing of 100,000 flows that are over', () => {
    const words = new Int32Array(R.RECORD_WORDS * 64);
    const voice = new NdpiVoice(words);
    const packet = new Packet();
    packet.bytes = ipv4Datagram({ protocol: 17 }, udpDatagram(40000, 40001, Buffer.alloc(64, 0xa5)));
    packet.ipEnd = packet.bytes.length;
    for (let flow = 0; flow < 100_000; flow++) {
      const w = (flow & 63) * R.RECORD_WORDS;
      words.fill(0, w, w + R.RECORD_WORDS);
      packet.timeUs = flow;
      for (let i = 0; i < 1 + (flow & 1); i++) voice.submit(w, packet);
      if (flow % 3 === 0) voice.flush();
      voice.ended(w);
    }
    voice.flush();
    assert.deepEqual(voice.counters, { packets: 150_000, flows: 100_000, displaced: 0 });
    assert.equal(voice.live, 0);
  });

  test('stands hostile packets', () => {
    const inspector = new Inspector(64);
    let seed = 4711;
    const random = (limit: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % limit;
    };
    const payloads = [
      REGISTER,
      Buffer.from('GET / HTTP/1.1\r\nHost: example.org\r\nUser-Agent: x\r\n\r\n'),
      Buffer.from('160301008f0100008b0303', 'hex'),
      Buffer.from('c00000000108000102030405060708000041000000000000', 'hex'),
      Buffer.from('000100002112a4420102030405060708090a0b0c8022000400000000', 'hex'),
      Buffer.from('123401000001000000000000076578616d706c65036f72670000010001', 'hex'),
      Buffer.from('13426974546f7272656e742070726f746f636f6c0000000000000000', 'hex'),
      Buffer.from('fe534d4240000000000000000000000000000000', 'hex'),
      Buffer.alloc(1200, 0xff),
    ];
    const ports = [0, 53, 80, 443, 445, 137, 161, 500, 1900, 3478, 5060, 6881, 8333, 44818, 65535];
    const results = new Int32Array(NDPI_RESULT.length * 32);
    const [offsets, lengths] = [new Uint32Array(32), new Uint32Array(32)];
    const [flows, times] = [new Int32Array(32), new Float64Array(32)];
    const until = performance.now() + SECONDS * 1000;
    for (let round = 0; performance.now() < until; round++) {
      const packets: Buffer[] = [];
      for (let i = 0; i < 32; i++) {
        const payload = Buffer.from(payloads[random(payloads.length)]!);
        for (let n = random(6); n > 0; n--) payload[random(payload.length)] = random(256);
        const cut = payload.subarray(0, random(3) === 0 ? random(payload.length + 1) : payload.length);
        const [source, target] = [ports[random(ports.length)]!, ports[random(ports.length)]!];
        const udp = random(2) === 0;
        const segment = udp ? udpDatagram(source, target, cut) : tcpSegment(source, target, 0x18, cut);
        const packet = ipv4Datagram({ protocol: udp ? 17 : 6 }, segment);
        for (let n = random(8) === 0 ? 4 : 0; n > 0; n--)
          packet[random(Math.min(40, packet.length))] = random(256);
        packets.push(packet);
      }
      const bytes = Buffer.concat(packets);
      let offset = 0;
      for (const [i, packet] of packets.entries()) {
        offsets[i] = offset;
        lengths[i] = random(10) === 0 ? random(packet.length + 1) : packet.length;
        offset += packet.length;
        flows[i] = random(64);
        times[i] = round * 10 + i;
      }
      inspector.process(bytes, 32, offsets, lengths, flows, times, results);
      inspector.conclude(random(64), results);
      inspector.release(flows, random(33));
    }
    inspector.release(
      Int32Array.from({ length: 64 }, (_, i) => i),
      64,
    );
    assert.equal(inspector.live(), 0);
  });
});

describe('nDPI on captures', { skip: skip || withoutCorpus('pcaps') }, () => {
  const cases: readonly (readonly [capture: string, name: string, least: number])[] = [
    ['ffc791d9a5f82eda.pcap', 'MGCP', 1],
    ['a4a0bfa2a212dc46.pcap', 'Corba', 1],
    ['4675f9c4e6233fdf.pcapng', 'RTSP', 5],
  ];
  for (const [capture, name, least] of cases) {
    test(`finds ${name} in ${capture}`, () => {
      const names = namesIn(capture);
      assert.ok((names[name] ?? 0) >= least, JSON.stringify(names));
    });
  }
});
