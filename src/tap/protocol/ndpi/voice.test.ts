import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NDPI_FINAL, NDPI_RESULT, type NdpiAddon, type NdpiInspector } from '../../../native/index.ts';
import * as R from '../../flow/record.ts';
import { Packet } from '../../packet/packet.ts';
import { NdpiVoice } from './index.ts';

/** What the library was called with. */
interface Calls {
  /** Flow numbers of each call of `process`; negative ones were passed over. */
  readonly shown: number[][];
  readonly concluded: number[];
  readonly released: number[];
  readonly live: Set<number>;
}

const NAMES: Readonly<Record<number, string>> = { 40: 'IPsec', 87: 'RTP' };

/** A library that says `answer(first payload byte)` of every packet. */
function fakeAddon(
  answer: (byte: number) => {
    readonly application?: number;
    readonly final?: boolean;
    readonly risks?: number;
  },
): { readonly addon: NdpiAddon; readonly calls: Calls } {
  const calls: Calls = { shown: [], concluded: [], released: [], live: new Set() };
  class Inspector implements NdpiInspector {
    process(
      bytes: Uint8Array,
      count: number,
      offsets: Uint32Array,
      lengths: Uint32Array,
      flows: Int32Array,
      _times: Float64Array,
      results: Int32Array,
    ): void {
      calls.shown.push([...flows.subarray(0, count)]);
      results.fill(0, 0, count * NDPI_RESULT.length);
      for (let i = 0; i < count; i++) {
        if (flows[i]! < 0) continue;
        calls.live.add(flows[i]!);
        const { application = 0, final = false, risks = 0 } = answer(bytes[offsets[i]! + lengths[i]! - 1]!);
        const at = i * NDPI_RESULT.length;
        results[at + NDPI_RESULT.application] = application;
        results[at + NDPI_RESULT.confidence] = (application > 0 ? 3 : 0) | (final ? NDPI_FINAL : 0);
        results[at + NDPI_RESULT.risksLow] = risks;
      }
    }
    conclude(flow: number, results: Int32Array): void {
      calls.concluded.push(flow);
      results.fill(0);
      results[NDPI_RESULT.master] = 7;
      results[NDPI_RESULT.application] = 99;
      results[NDPI_RESULT.confidence] = 1 | NDPI_FINAL;
    }
    release(flows: Int32Array, count: number): void {
      for (const flow of flows.subarray(0, count)) {
        calls.released.push(flow);
        assert.ok(calls.live.delete(flow), `flow ${flow} is released twice, or was never shown`);
      }
    }
    live(): number {
      return calls.live.size;
    }
    protocolName(number: number): string {
      return NAMES[number] ?? `P${number}`;
    }
    categoryName(number: number): string {
      return `C${number}`;
    }
  }
  const riskName = (bit: number): string => (bit === 4 ? 'Binary Application Transfer' : `risk ${bit}`);
  return { addon: { version: 'fake', Inspector, riskName }, calls };
}

/** A packet of one byte in a buffer of its own or in `bytes`. */
function packetOf(byte: number, bytes: Uint8Array = new Uint8Array(1)): Packet {
  const packet = new Packet();
  packet.bytes = bytes;
  packet.bytes[0] = byte;
  packet.ipEnd = 1;
  return packet;
}

/** The record of flow `n`. */
const at = (n: number): number => n * R.RECORD_WORDS;

describe('the second voice', () => {
  test('shows the packets of a batch in one call and keeps what was said', () => {
    const { addon, calls } = fakeAddon((byte) =>
      byte === 1 ? { application: 40, final: true, risks: 16 } : {},
    );
    const words = new Int32Array(at(3));
    const voice = new NdpiVoice(words, { load: () => addon });
    const batch = new Uint8Array([1]);
    voice.submit(at(0), packetOf(1, batch));
    voice.submit(at(1), packetOf(1, batch));
    assert.deepEqual(calls.shown, []);
    voice.flush();
    assert.deepEqual(calls.shown, [[0, 1]]);
    assert.deepEqual(voice.verdict(at(0)), {
      protocol: 'IPSec',
      application: '',
      category: 'C0',
      confidence: 'ndpi',
    });
    assert.deepEqual(voice.risks(at(0)), ['Binary App Transfer']);
    assert.equal(voice.verdict(at(2)), undefined);
    assert.deepEqual(voice.risks(at(2)), []);
    assert.deepEqual(calls.released, [0, 1]);
    voice.submit(at(0), packetOf(1, batch));
    voice.flush();
    assert.equal(calls.shown.length, 1, 'a flow that is decided is shown no more');
  });

  test('does not believe what an early version names too easily', () => {
    const seen = (version: string): unknown => {
      const { addon } = fakeAddon(() => ({ application: 87, final: true, risks: 16 }));
      const voice = new NdpiVoice(new Int32Array(at(1)), { load: () => ({ ...addon, version }) });
      voice.submit(0, packetOf(0));
      voice.flush();
      return [voice.verdict(0)?.protocol, voice.risks(0).length];
    };
    assert.deepEqual(seen('4.2.0'), [undefined, 1]);
    assert.deepEqual(seen('4.10.0'), ['RTP', 1]);
    assert.deepEqual(seen('5.0.0-5000-abc'), ['RTP', 1]);
  });

  test('concludes a flow after eight packets', () => {
    const { addon, calls } = fakeAddon(() => ({}));
    const words = new Int32Array(at(1));
    const voice = new NdpiVoice(words, { load: () => addon });
    for (let i = 0; i < 20; i++) {
      voice.submit(0, packetOf(i));
      if (i % 3 === 0) voice.flush();
    }
    voice.flush();
    assert.equal(calls.shown.flat().length, 8);
    assert.deepEqual(calls.concluded, [0]);
    assert.deepEqual(calls.released, [0]);
    assert.deepEqual(voice.verdict(0), {
      protocol: 'P7',
      application: 'P99',
      category: 'C0',
      confidence: 'port',
    });
  });

  test('concludes a flow at its end, with the packets that still wait', () => {
    const { addon, calls } = fakeAddon(() => ({}));
    const voice = new NdpiVoice(new Int32Array(at(1)), { load: () => addon });
    voice.submit(0, packetOf(0));
    voice.ended(0);
    assert.deepEqual(calls.shown, [[0]]);
    assert.deepEqual(calls.concluded, [0]);
    voice.ended(0);
    assert.deepEqual(calls.concluded, [0]);
    voice.flush();
    assert.equal(voice.live, 0);
  });

  test('passes over packets of a flow that was recognised meanwhile', () => {
    const { addon, calls } = fakeAddon(() => ({}));
    const words = new Int32Array(at(2));
    const voice = new NdpiVoice(words, { load: () => addon });
    const batch = new Uint8Array(1);
    voice.submit(at(0), packetOf(0, batch));
    voice.flush();
    voice.submit(at(0), packetOf(0, batch));
    voice.forget(at(0));
    // The record goes to another flow before the queue is empty: it must not get the number that waits.
    words.fill(0, 0, R.RECORD_WORDS);
    voice.submit(at(0), packetOf(0, batch));
    voice.flush();
    assert.deepEqual(calls.shown, [[0], [-1, 1]]);
    assert.deepEqual(calls.released, [0]);
  });

  test('decides on the oldest flows when the slab is full, and counts them', () => {
    const { addon, calls } = fakeAddon(() => ({}));
    const voice = new NdpiVoice(new Int32Array(at(4)), { load: () => addon, capacity: 2 });
    const batch = new Uint8Array(1);
    for (const flow of [0, 1, 2, 3]) voice.submit(at(flow), packetOf(0, batch));
    voice.flush();
    assert.equal(voice.live, 2);
    assert.deepEqual(calls.released, [0, 1]);
    assert.deepEqual(voice.counters, { packets: 4, flows: 4, displaced: 2 });
    voice.ended(at(0));
    voice.flush();
    assert.equal(voice.live, 2, 'the first is decided already');
    voice.ended(at(3));
    voice.flush();
    assert.equal(voice.live, 1);
  });

  test('shows a packet that was put together from fragments at once', () => {
    const { addon, calls } = fakeAddon(() => ({}));
    const voice = new NdpiVoice(new Int32Array(at(2)), { load: () => addon });
    voice.submit(at(0), packetOf(0));
    const whole = packetOf(1);
    whole.base = -1;
    voice.submit(at(1), whole);
    assert.deepEqual(calls.shown, [[0], [1]]);
  });

  test('shows a long queue in pieces', () => {
    const { addon, calls } = fakeAddon(() => ({}));
    const voice = new NdpiVoice(new Int32Array(at(3000)), { load: () => addon });
    const batch = new Uint8Array(1);
    for (let flow = 0; flow < 3000; flow++) voice.submit(at(flow), packetOf(0, batch));
    voice.flush();
    assert.equal(calls.shown.flat().length, 3000);
    for (let flow = 0; flow < 3000; flow++) voice.ended(at(flow));
    voice.flush();
    assert.equal(voice.live, 0);
  });

  test('is silent without the library, and asks for it once', () => {
    let asked = 0;
    const voice = new NdpiVoice(new Int32Array(at(1)), {
      load: () => {
        asked++;
        return undefined;
      },
    });
    for (let i = 0; i < 3; i++) voice.submit(0, packetOf(0));
    voice.ended(0);
    voice.flush();
    assert.equal(asked, 1);
    assert.equal(voice.verdict(0), undefined);
    assert.equal(voice.live, 0);
  });

  test('takes an owner of an address for an application', () => {
    const { addon } = fakeAddon(() => ({}));
    const guess = (flow: number, results: Int32Array): void => {
      results.fill(0);
      results[NDPI_RESULT.application] = 126 + flow;
      results[NDPI_RESULT.confidence] = 2;
    };
    addon.Inspector.prototype.conclude = guess;
    const voice = new NdpiVoice(new Int32Array(at(1)), { load: () => addon });
    voice.submit(0, packetOf(0));
    voice.ended(0);
    const verdict = voice.verdict(0);
    assert.deepEqual([verdict?.protocol, verdict?.application, verdict?.confidence], ['', 'P126', 'address']);
  });
});
