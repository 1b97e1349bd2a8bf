import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { EPOCH_US, MemorySource, packetAt, pcapngOf, readAll } from './testing.ts';

/** Builds blocks in either byte order. */
class Builder {
  readonly #parts: number[] = [];
  readonly #little: boolean;

  constructor(little = true) {
    this.#little = little;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }

  #number(value: number, size: number): number[] {
    const bytes = Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
    return this.#little ? bytes : bytes.reverse();
  }

  u16(value: number): number[] {
    return this.#number(value, 2);
  }

  u32(value: number): number[] {
    return this.#number(value, 4);
  }

  option(code: number, value: readonly number[]): number[] {
    return [...this.u16(code), ...this.u16(value.length), ...padded(value)];
  }

  block(type: number, body: readonly number[]): this {
    const length = 12 + padded(body).length;
    return this.raw(this.u32(type)).raw(this.u32(length)).raw(padded(body)).raw(this.u32(length));
  }

  section(...options: number[][]): this {
    const unknown = [255, 255, 255, 255, 255, 255, 255, 255];
    return this.block(0x0a0d0d0a, [
      ...this.u32(0x1a2b3c4d),
      ...this.u16(1),
      ...this.u16(0),
      ...unknown,
      ...options.flat(),
    ]);
  }

  interface(linkType: number, snapLength: number, ...options: number[][]): this {
    return this.block(1, [...this.u16(linkType), 0, 0, ...this.u32(snapLength), ...options.flat()]);
  }

  packet(id: number, high: number, low: number, data: readonly number[], ...options: number[][]): this {
    return this.block(6, [
      ...this.u32(id),
      ...this.u32(high),
      ...this.u32(low),
      ...this.u32(data.length),
      ...this.u32(data.length + 10),
      ...padded(data),
      ...options.flat(),
    ]);
  }

  /** A packet at so many microseconds after the epoch of the tests, for interfaces that count them. */
  packetAt(id: number, afterUs: number, data: readonly number[], ...options: number[][]): this {
    const time = EPOCH_US + afterUs;
    return this.packet(id, Math.floor(time / 2 ** 32), time % 2 ** 32, data, ...options);
  }

  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#parts.push(byte);
    return this;
  }
}

function padded(bytes: readonly number[]): number[] {
  return [...bytes, ...new Array<number>(-bytes.length & 3).fill(0)];
}

const text = (value: string): number[] => [...new TextEncoder().encode(value)];

describe('pcapng', () => {
  test('what is written is read, whatever the pieces', async () => {
    const packet = fc.record({
      data: fc.uint8Array({ maxLength: 200 }),
      original: fc.nat(70_000),
      timeUs: fc.integer({ min: 0, max: 4_000_000_000_000_000 }),
      nanos: fc.nat(999),
      linkType: fc.constantFrom(1, 101, 113, 127),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(packet, { maxLength: 30 }),
        fc.integer({ min: 64, max: 700 }),
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.nat(90), { minLength: 1, maxLength: 5 }),
        async (drawn, chunk, batch, pieces) => {
          const packets = drawn.map((entry) => ({ ...entry }));
          const result = await readAll(new MemorySource(pcapngOf(packets), pieces), { chunk, batch });
          assert.deepEqual(result.packets, packets);
          assert.deepEqual(result.findings, []);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('cut at every byte: the whole packets before the cut and one finding', async () => {
    const packets = [packetAt(0), packetAt(10, new Uint8Array(40).fill(7), 101), packetAt(20)];
    const bytes = pcapngOf(packets);
    const { offsets } = await readAll(bytes);
    for (let length = 0; length < bytes.length; length++) {
      const result = await readAll(bytes.subarray(0, length), { chunk: 64 });
      const whole = packets.filter((packet, i) => {
        const end = (offsets[i] as number) + packet.data.length;
        return end + (-packet.data.length & 3) + 4 <= length;
      });
      assert.deepEqual(result.packets, whole, `cut at ${length}`);
      assert.ok(result.findings.length <= 1);
      for (const { kind } of result.findings) {
        assert.equal(kind, length === 0 ? 'empty' : length < 4 ? 'not-a-capture' : 'cut');
      }
    }
  });

  test('sections of either byte order, each with its interfaces; those that repeat are one', async () => {
    const section = (little: boolean, data: number[]): Uint8Array => {
      const builder = new Builder(little);
      return builder
        .section()
        .interface(1, 0, builder.option(2, text('eth0')))
        .interface(101, 0)
        .packetAt(1, data[0] as number, data)
        .packetAt(0, (data[0] as number) + 1, data).bytes;
    };
    const other = new Builder().section().interface(113, 0).packetAt(0, 99, [9]).bytes;
    const bytes = new Uint8Array([...section(true, [1]), ...section(false, [2, 2]), ...other]);
    const result = await readAll(bytes, { chunk: 64 });
    assert.deepEqual(result.findings, []);
    assert.deepEqual(
      result.packets.map((packet) => [packet.timeUs - EPOCH_US, packet.linkType, packet.data.length]),
      [
        [1, 101, 1],
        [2, 1, 1],
        [2, 101, 2],
        [3, 1, 2],
        [99, 113, 1],
      ],
    );
    assert.deepEqual(result.interfaces, [1, 0, 1, 0, 2]);
    assert.deepEqual(
      result.metadata.interfaces.map((entry) => entry.name),
      ['eth0', '', ''],
    );
  });

  test('resolutions and offsets of time', async () => {
    const cases: [code: number, offset: number, units: bigint, timeUs: number, nanos: number][] = [
      [6, 0, 1_700_000_000_123_456n, 1_700_000_000_123_456, 0],
      [9, 0, 1_700_000_000_123_456_789n, 1_700_000_000_123_456, 789],
      [7, 0, 17_000_000_001_234_567n, 1_700_000_000_123_456, 700],
      [3, 0, 1_700_000_000_123n, 1_700_000_000_123_000, 0],
      [0, 0, 1_700_000_000n, 1_700_000_000_000_000, 0],
      [12, 0, 1_700_000_123_456_789_012n, 1_700_000_123_456, 789],
      [0x80 | 10, 0, 1_700_000_000n * 1024n + 512n, 1_700_000_000_500_000, 0],
      [0x80 | 32, 0, (1_700_000_000n << 32n) | (1n << 30n), 1_700_000_000_250_000, 0],
      [6, 100, 5n, 100_000_005, 0],
      [6, -1, 5_000_000n, 4_000_000, 0],
    ];
    for (const little of [true, false]) {
      for (const [code, offset, units, timeUs, nanos] of cases) {
        const builder = new Builder(little);
        const seconds = new Uint8Array(8);
        new DataView(seconds.buffer).setBigInt64(0, BigInt(offset), little);
        builder
          .section()
          .interface(1, 0, builder.option(9, [code]), builder.option(14, [...seconds]))
          .packet(0, Number(units >> 32n), Number(units & 0xffffffffn), [1]);
        const { packets } = await readAll(builder.bytes);
        assert.deepEqual([packets[0]?.timeUs, packets[0]?.nanos], [timeUs, nanos], `resolution ${code}`);
      }
    }
  });

  test('simple and obsolete packets, statistics, names, secrets, comments, unknown blocks', async () => {
    const builder = new Builder();
    const u32 = (value: number) => builder.u32(value);
    builder
      .section(builder.option(4, text('maker')), builder.option(1, text('about the file')))
      .interface(1, 4)
      .block(0x0bad, new Array<number>(3000).fill(0x5a))
      .packetAt(0, 5, [1, 2, 3], builder.option(1, text('look here')))
      .block(3, [...u32(9), 1, 2, 3, 4])
      .block(
        2,
        [0, 0, 0, 0, ...u32(Math.floor(EPOCH_US / 2 ** 32)), ...u32(EPOCH_US % 2 ** 32)].concat(
          u32(2),
          u32(60),
          [7, 8, 0, 0],
        ),
      )
      .block(4, [
        ...builder.option(1, [10, 0, 0, 1, ...text('host.example'), 0, ...text('alias'), 0]),
        ...builder.option(2, [0xfe, 0x80, ...new Array<number>(13).fill(0), 1, ...text('six'), 0]),
        0,
        0,
        0,
        0,
      ])
      .block(10, [...u32(0x544c534b), ...u32(5), ...text('KEYS!')])
      .block(5, [
        ...u32(0),
        ...u32(0),
        ...u32(0),
        ...builder.option(4, [...u32(1000), ...u32(0)]),
        ...builder.option(5, [...u32(7), ...u32(0)]),
      ]);
    for (const chunk of [64, 100, 65_536]) {
      const { packets, metadata, findings } = await readAll(builder.bytes, { chunk });
      assert.deepEqual(findings, []);
      assert.deepEqual(
        packets.map((packet) => [packet.timeUs - EPOCH_US, [...packet.data], packet.original]),
        [
          [5, [1, 2, 3], 13],
          [5, [1, 2, 3, 4], 9],
          [0, [7, 8], 60],
        ],
      );
      assert.equal(metadata.application, 'maker');
      assert.deepEqual(metadata.comments, [
        { packet: 0, text: 'about the file' },
        { packet: 1, text: 'look here' },
      ]);
      assert.deepEqual(metadata.names, [
        { address: '10.0.0.1', name: 'host.example' },
        { address: '10.0.0.1', name: 'alias' },
        { address: 'fe80::1', name: 'six' },
      ]);
      assert.equal(metadata.secrets.length, 1);
      assert.equal(new TextDecoder().decode(metadata.secrets[0]?.data), 'KEYS!');
      assert.equal(metadata.interfaces[0]?.received, 1000);
      assert.equal(metadata.interfaces[0]?.dropped, 7);
    }
  });

  test('secrets, names and comments are bounded', async () => {
    const builder = new Builder().section().interface(1, 0);
    const large = new Array<number>(200_000).fill(65);
    for (let i = 0; i < 7; i++) builder.block(10, [...builder.u32(1), ...builder.u32(200_000), ...large]);
    for (let i = 0; i < 1010; i++) builder.packetAt(0, i, [1], builder.option(1, text('x')));
    const { packets, metadata } = await readAll(builder.bytes);
    assert.equal(packets.length, 1010);
    assert.equal(metadata.secrets.length, 5);
    assert.equal(metadata.comments.length, 1000);
    assert.equal(metadata.turnedAway, 2);
  });

  test('a damaged block costs itself only', async () => {
    const damages: ((builder: Builder) => void)[] = [
      // An interface that was not described; a length that is too large; lengths that differ; less than a header.
      (builder) => builder.packetAt(5, 1, [1]),
      (builder) => builder.raw(builder.u32(6)).raw(builder.u32(0x7ffffff0)).raw(new Uint8Array(40)),
      (builder) => builder.raw(builder.u32(6)).raw(builder.u32(36)).raw(new Uint8Array(28)),
      (builder) => builder.raw(builder.u32(6)).raw(builder.u32(8)),
      (builder) => builder.block(6, [1, 2, 3, 4]),
      (builder) => builder.block(6, [...new Array<number>(12).fill(0), ...builder.u32(500), 0, 0, 0, 0]),
      (builder) => builder.block(3, []),
      (builder) => builder.block(1, []),
      (builder) => builder.block(0x0a0d0d0a, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
      (builder) => builder.raw(new Uint8Array(77).fill(0x33)),
    ];
    for (const [i, damage] of damages.entries()) {
      const builder = new Builder().section().interface(1, 0).packetAt(0, 1, [1]);
      const at = builder.bytes.length;
      damage(builder);
      builder.packetAt(0, 2, [2]).packetAt(0, 3, [3]);
      for (const chunk of [64, 4096]) {
        const { packets, findings } = await readAll(builder.bytes, { chunk });
        assert.deepEqual(
          packets.map((packet) => packet.timeUs - EPOCH_US),
          [1, 2, 3],
          `damage ${i}`,
        );
        assert.ok(findings.length >= 1, `damage ${i}`);
        assert.equal(findings[0]?.kind, 'damaged');
        assert.equal(findings[0]?.offset, at, `damage ${i}`);
        assert.equal(findings[0]?.packet, 2);
      }
    }
  });

  test('a file that only begins like pcapng gives no packets and does not throw', async () => {
    const bytes = new Uint8Array(5000).fill(0x41);
    bytes.set([0x0a, 0x0d, 0x0d, 0x0a]);
    const { packets, findings } = await readAll(bytes, { chunk: 64 });
    assert.equal(packets.length, 0);
    assert.equal(findings[0]?.kind, 'damaged');
  });
});
