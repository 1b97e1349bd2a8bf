import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { openSource } from './open.ts';
import { MemorySource, packetAt, pcapngOf, pcapOf, readAll } from './testing.ts';

const corpus = process.env.WEIR_CORPUS ?? join(import.meta.dirname, '../../../../shared/corpus');
const folder = join(corpus, 'pcaps');
const absent = existsSync(folder) ? false : `no captures at ${folder}`;
const capinfos = spawnSync('capinfos', ['-v']).status === 0;

/** Packets and bytes on the wire of each capture as capinfos counts them. */
function expectedCounts(paths: readonly string[]): Map<string, [packets: number, bytes: number]> {
  const counts = new Map<string, [number, number]>();
  for (let i = 0; i < paths.length; i += 200) {
    const { stdout } = spawnSync('capinfos', ['-T', '-r', '-c', '-d', ...paths.slice(i, i + 200)], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    for (const line of stdout.trim().split('\n')) {
      const [path, packets, bytes] = line.split('\t');
      if (path !== undefined) counts.set(path, [Number(packets), Number(bytes)]);
    }
  }
  return counts;
}

/** A small generator, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (state >>> 0) / 4294967296;
  };
}

/** Changes a few bytes, cuts, repeats or leaves out a piece. */
function mutate(bytes: Uint8Array, next: () => number): Uint8Array {
  const at = Math.floor(next() * bytes.length);
  const length = Math.floor(next() * 64);
  switch (Math.floor(next() * 5)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - length))]);
    case 2:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
    default: {
      const changed = bytes.slice();
      const values = [0, 0xff, 0x7f, 0x80, 1];
      for (let i = 0; i < 1 + length / 8; i++) {
        const place = Math.floor(next() * bytes.length);
        changed[place] = next() < 0.5 ? (values[i % 5] as number) : Math.floor(next() * 256);
      }
      return changed;
    }
  }
}

describe('captures of the corpus', { skip: absent }, () => {
  test('packets and bytes are those that capinfos counts', {
    skip: capinfos ? false : 'capinfos is not installed',
  }, async (context) => {
    const paths = readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
    const expected = expectedCounts(paths);
    let compared = 0;
    for (const path of paths) {
      const counts = expected.get(path);
      if (counts === undefined) continue;
      const { source } = await openSource(path);
      const result = await readAll(source, { chunk: 65_536, batch: 512, stopAtDamage: true });
      const bytes = result.packets.reduce((sum, packet) => sum + packet.original, 0);
      // Of a file with damage capinfos gives the counts up to there, or none at all.
      assert.deepEqual([result.packets.length, bytes], counts, path);
      compared++;
    }
    assert.ok(compared > 0.95 * paths.length);
    context.diagnostic(`${compared} of ${paths.length} captures compared`);
  });

  test('damaged at random, nothing throws, hangs or reads outside its bounds', async () => {
    const names = readdirSync(folder).sort();
    const next = random(20_240_229);
    for (let i = 0; i < 150; i++) {
      const name = names[Math.floor(next() * names.length)] as string;
      const whole = new Uint8Array(readFileSync(join(folder, name)).subarray(0, 20_000));
      for (let k = 0; k < 4; k++) await checkHostile(mutate(whole, next), `${name} ${i}.${k}`);
    }
  });
});

async function checkHostile(bytes: Uint8Array, name: string): Promise<void> {
  const began = performance.now();
  const pieces = bytes.length % 3 === 0 ? [1000, 0, 77] : [Number.MAX_SAFE_INTEGER];
  const result = await readAll(new MemorySource(bytes, pieces), { chunk: 512, batch: 16 });
  assert.ok(performance.now() - began < 2000, `${name} took too long`);
  assert.notEqual(result.ending, 'open', name);
  let previous = 0;
  for (const [i, packet] of result.packets.entries()) {
    const offset = result.offsets[i] as number;
    assert.ok(offset >= previous && offset + packet.data.length <= bytes.length, `${name}: packet ${i}`);
    assert.deepEqual(packet.data, bytes.slice(offset, offset + packet.data.length), `${name}: packet ${i}`);
    assert.ok(Number.isFinite(packet.timeUs), `${name}: packet ${i}`);
    previous = offset + packet.data.length;
  }
}

test('written captures damaged at random', async () => {
  const packets = Array.from({ length: 40 }, (_, i) => packetAt(i * 1000, new Uint8Array(i * 3).fill(i)));
  const forms = [pcapOf(packets), pcapOf(packets, { bigEndian: true, nanoseconds: true }), pcapngOf(packets)];
  const next = random(7);
  for (let i = 0; i < 1500; i++) {
    let bytes = forms[i % 3] as Uint8Array;
    for (let k = 0; k <= i % 4; k++) bytes = bytes.length === 0 ? bytes : mutate(bytes, next);
    await checkHostile(bytes, `form ${i % 3}, round ${i}`);
  }
});
