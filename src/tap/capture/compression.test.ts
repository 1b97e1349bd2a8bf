import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { openSource } from './open.ts';
import { packetAt, pcapngOf, pcapOf, readAll, temporaryFolder } from './testing.ts';

const packets = Array.from({ length: 5000 }, (_, i) =>
  packetAt(
    i,
    Uint8Array.from({ length: 60 + (i % 50) }, (_, k) => (i * 31 + k * k) & 255),
  ),
);

describe('compressed captures', () => {
  const plain = pcapOf(packets);
  const half = plain.length >> 1;
  const forms: [name: string, bytes: Uint8Array][] = [
    ['gzip', gzipSync(plain)],
    ['zstd', zstdCompressSync(plain)],
    [
      'two gzip members that meet within a packet',
      Buffer.concat([gzipSync(plain.subarray(0, half)), gzipSync(plain.subarray(half))]),
    ],
    [
      'two zstd frames behind a skippable one',
      Buffer.concat([
        Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2),
        zstdCompressSync(plain.subarray(0, half)),
        zstdCompressSync(plain.subarray(half)),
      ]),
    ],
    ['pcapng in gzip', gzipSync(pcapngOf(packets))],
  ];
  for (const [name, bytes] of forms) {
    test(name, async (context) => {
      // The name says nothing: the content decides.
      const path = temporaryFolder(context)('capture.dat');
      writeFileSync(path, bytes);
      const { source, compression } = await openSource(path);
      const result = await readAll(source, { chunk: 10_000 });
      assert.ok(compression !== '');
      assert.deepEqual(result.packets, packets);
      assert.deepEqual(result.findings, []);
      assert.equal(source.consumed, bytes.length);
    });
  }

  for (const [name, bytes] of forms.slice(0, 2)) {
    test(`${name} that was cut gives what is before the cut`, async (context) => {
      const path = temporaryFolder(context)('cut');
      writeFileSync(path, bytes.subarray(0, bytes.length - 9));
      const { source } = await openSource(path);
      const result = await readAll(source);
      assert.ok(result.packets.length > 1000, `${result.packets.length} packets`);
      assert.deepEqual(result.packets, packets.slice(0, result.packets.length));
      assert.equal(result.ending, 'cut');
      assert.equal(result.findings[0]?.kind, 'damaged');
      assert.match(result.findings[0]?.message ?? '', /decompression failed/);
    });

    test(`${name} with damage within does not throw`, async (context) => {
      const path = temporaryFolder(context)('damaged');
      for (let i = 0; i < 20; i++) {
        const damaged = Uint8Array.from(bytes);
        const at = 10 + Math.floor((bytes.length - 20) * (i / 20));
        damaged[at] = (damaged[at] as number) ^ 0x55;
        writeFileSync(path, damaged);
        const { source } = await openSource(path);
        const result = await readAll(source);
        assert.ok(result.packets.length <= packets.length + 1);
      }
    });
  }

  test('what swells is not held in memory', { timeout: 60_000 }, async (context) => {
    const path = temporaryFolder(context)('bomb');
    // 256 MB of zeros in a few kilobytes.
    writeFileSync(path, zstdCompressSync(new Uint8Array(256 << 20)));
    const { source } = await openSource(path);
    const before = process.memoryUsage().arrayBuffers;
    assert.ok((await source.read(new Uint8Array(1000), 0)) > 0);
    // No one reads on: decompression has to wait.
    await delay(300);
    const held = process.memoryUsage().arrayBuffers - before;
    source.close();
    assert.ok(held < 16 << 20, `${held} bytes were held`);
  });

  test('a file of one byte and an empty file', async (context) => {
    const folder = temporaryFolder(context);
    for (const length of [0, 1]) {
      writeFileSync(folder('short'), new Uint8Array(length).fill(0x1f));
      const { source } = await openSource(folder('short'));
      const result = await readAll(source);
      assert.equal(result.findings[0]?.kind, length === 0 ? 'empty' : 'not-a-capture');
      assert.equal(result.ending, 'failed');
    }
  });
});
