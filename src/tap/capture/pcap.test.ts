import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EPOCH_US, MemorySource, packetAt, pcapOf, readAll, type TestPacket } from './testing.ts';

const anyPackets = (nanoseconds: boolean) =>
  fc.array(
    fc.record({
      data: fc.uint8Array({ minLength: 1, maxLength: 200 }),
      extra: fc.nat(1000),
      after: fc.nat(2_000_000_000),
      nanos: fc.nat(nanoseconds ? 999 : 0),
    }),
    { maxLength: 30 },
  );

const asPackets = (
  raw: readonly { data: Uint8Array; extra: number; after: number; nanos: number }[],
  linkType = 1,
): TestPacket[] =>
  raw.map(({ data, extra, after, nanos }) => ({
    data,
    original: data.length + extra,
    timeUs: EPOCH_US + after,
    nanos,
    linkType,
  }));

describe('pcap', () => {
  test('what is written is read, in any order of bytes, resolution and pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean().chain((nanoseconds) => fc.tuple(fc.constant(nanoseconds), anyPackets(nanoseconds))),
        fc.boolean(),
        fc.integer({ min: 64, max: 700 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(90), { minLength: 1, maxLength: 5 }),
        async ([nanoseconds, raw], bigEndian, chunk, batch, pieces) => {
          const packets = asPackets(raw, 113);
          const bytes = pcapOf(packets, { nanoseconds, bigEndian, linkType: 113 });
          const result = await readAll(new MemorySource(bytes, pieces), { chunk, batch });
          assert.deepEqual(result.packets, packets);
          assert.deepEqual(result.findings, []);
          assert.equal(result.ending, 'whole');
          for (const [i, offset] of result.offsets.entries()) {
            const { data } = packets[i] as TestPacket;
            assert.deepEqual(bytes.slice(offset, offset + data.length), data);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('cut at every byte: the whole packets before the cut and one finding', async () => {
    const packets = [packetAt(0), packetAt(10, new Uint8Array(40).fill(7)), packetAt(20)];
    for (const bigEndian of [false, true]) {
      const bytes = pcapOf(packets, { bigEndian });
      const ends = [24, 43, 99, 118];
      for (let length = 0; length < bytes.length; length++) {
        const result = await readAll(bytes.subarray(0, length), { chunk: 64 });
        const whole = ends.filter((end) => end <= length).length - 1;
        assert.deepEqual(result.packets, packets.slice(0, Math.max(0, whole)), `cut at ${length}`);
        const kinds = result.findings.map((finding) => finding.kind);
        const expected = ends.includes(length)
          ? []
          : [length === 0 ? 'empty' : length < 4 ? 'not-a-capture' : 'cut'];
        assert.deepEqual(kinds, expected, `cut at ${length}`);
        if (kinds[0] === 'cut') assert.equal(result.findings[0]?.offset, length);
      }
    }
  });

  test('a packet larger than the chunk; one that is larger than can be is damage', async () => {
    const large = packetAt(0, new Uint8Array(300_000).fill(9));
    const result = await readAll(pcapOf([large, packetAt(1)]), { chunk: 1024 });
    assert.deepEqual(result.packets, [large, packetAt(1)]);

    const bytes = pcapOf([packetAt(0), packetAt(1), packetAt(2), packetAt(3)]);
    new DataView(bytes.buffer).setUint32(24 + 19 + 8, 0x7fffffff, true);
    const damaged = await readAll(bytes, { chunk: 64 });
    assert.deepEqual(damaged.packets, [packetAt(0), packetAt(2), packetAt(3)]);
    assert.equal(damaged.findings.length, 1);
    assert.equal(damaged.findings[0]?.kind, 'damaged');
    assert.equal(damaged.findings[0]?.offset, 43);
    assert.equal(damaged.findings[0]?.packet, 2);

    const stopped = await readAll(bytes, { stopAtDamage: true });
    assert.deepEqual(stopped.packets, [packetAt(0)]);
    assert.equal(stopped.ending, 'cut');
  });

  test('bytes that were put between packets are passed over', async () => {
    const packets = Array.from({ length: 20 }, (_, i) => packetAt(i, new Uint8Array(60).fill(i + 1)));
    const bytes = pcapOf(packets);
    const at = 24 + 5 * 76;
    const noise = new Uint8Array(1000).map((_, i) => (i * 37) & 255);
    const broken = new Uint8Array([...bytes.subarray(0, at), ...noise, ...bytes.subarray(at)]);
    for (const chunk of [64, 333, 4096]) {
      const result = await readAll(broken, { chunk });
      assert.deepEqual(result.packets, packets, `chunk ${chunk}`);
      assert.deepEqual(
        result.findings.map((finding) => finding.kind),
        ['damaged'],
      );
    }
  });

  test('a length that points beyond the file does not hide what follows', async () => {
    const packets = Array.from({ length: 6 }, (_, i) => packetAt(i, new Uint8Array(60).fill(i + 1)));
    const bytes = pcapOf(packets);
    new DataView(bytes.buffer).setUint32(24 + 2 * 76 + 8, 5000, true);
    const result = await readAll(bytes);
    assert.deepEqual(result.packets, [...packets.slice(0, 2), ...packets.slice(3)]);
  });

  test('a tail of zeros is no endless row of empty packets', async () => {
    const result = await readAll(new Uint8Array([...pcapOf([packetAt(0)]), ...new Uint8Array(5000)]), {
      chunk: 256,
    });
    assert.equal(result.packets.length, 1);
    assert.deepEqual(
      result.findings.map((finding) => finding.kind),
      ['damaged'],
    );
  });

  test('files put together with cat are read on, with the link type of each', async () => {
    const joined = new Uint8Array([
      ...pcapOf([packetAt(0), packetAt(1)]),
      ...pcapOf([packetAt(2, Uint8Array.of(5), 101)], { bigEndian: true, nanoseconds: true }),
      ...pcapOf([packetAt(3)]),
    ]);
    for (const pieces of [[1000], [1], [7, 0]]) {
      const result = await readAll(new MemorySource(joined, pieces), { chunk: 64 });
      assert.deepEqual(result.packets, [
        packetAt(0),
        packetAt(1),
        packetAt(2, Uint8Array.of(5), 101),
        packetAt(3),
      ]);
      assert.deepEqual(result.interfaces, [0, 0, 1, 0]);
      assert.deepEqual(
        result.findings.map((finding) => finding.kind),
        ['concatenated', 'concatenated'],
      );
    }
  });

  test("Kuznetzov's variant has 24-byte record headers", async () => {
    for (const little of [true, false]) {
      const bytes = new Uint8Array(24 + 2 * 26);
      const view = new DataView(bytes.buffer);
      view.setUint32(0, 0xa1b2cd34, little);
      view.setUint16(4, 2, little);
      view.setUint16(6, 4, little);
      view.setUint32(16, 65_535, little);
      view.setUint32(20, 1, little);
      for (const [i, at] of [24, 50].entries()) {
        view.setUint32(at, 1_700_000_000, little);
        view.setUint32(at + 4, i, little);
        view.setUint32(at + 8, 2, little);
        view.setUint32(at + 12, 60, little);
        view.setUint32(at + 16, 3, little);
        bytes.set([i, 0xab], at + 24);
      }
      const { packets, findings } = await readAll(bytes);
      assert.deepEqual(findings, []);
      assert.deepEqual(
        packets.map((packet) => [packet.timeUs - EPOCH_US, [...packet.data], packet.original]),
        [
          [0, [0, 0xab], 60],
          [1, [1, 0xab], 60],
        ],
      );
    }
  });

  test('the length of the check sequence is taken out of the link type', async () => {
    const { packets, metadata } = await readAll(pcapOf([packetAt(0)], { linkType: 0x24000001 }));
    assert.equal(packets[0]?.linkType, 1);
    assert.equal(metadata.interfaces[0]?.fcsLength, 4);
  });

  test('the other numbers of raw IP become the registered one', async () => {
    for (const linkType of [12, 14]) {
      assert.equal((await readAll(pcapOf([packetAt(0)], { linkType }))).packets[0]?.linkType, 101);
    }
  });
});
