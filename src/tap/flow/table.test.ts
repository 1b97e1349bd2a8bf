import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Packet, TCP } from '../packet/packet.ts';
import * as R from './record.ts';
import { FlowTable } from './table.ts';

const KIND = (4 << 8) | TCP;

function packet(source: number, destination: number, sourcePort: number, destinationPort: number): Packet {
  const p = new Packet();
  p.ipVersion = 4;
  p.protocol = TCP;
  p.src0 = source;
  p.dst0 = destination;
  p.srcPort = sourcePort;
  p.dstPort = destinationPort;
  return p;
}

test('a flow is found from both sides, and only there', () => {
  const table = new FlowTable({ maxFlows: 100, seed: 7 });
  const p = packet(1, 2, 1000, 80);
  const hash = table.hash(p, KIND, 0);
  const w = table.insert(p, KIND, 0, hash);
  assert.equal(table.find(p, KIND, 0, hash), w);
  assert.equal(table.reversed, false);
  const back = packet(2, 1, 80, 1000);
  assert.equal(table.hash(back, KIND, 0), hash);
  assert.equal(table.find(back, KIND, 0, hash), w);
  assert.equal(table.reversed, true);
  for (const other of [packet(1, 2, 80, 1000), packet(2, 1, 1000, 80), packet(1, 2, 1000, 81)]) {
    assert.equal(table.find(other, KIND, 0, table.hash(other, KIND, 0)), -1);
  }
  assert.equal(table.find(p, KIND, 5, table.hash(p, KIND, 5)), -1);
});

test('IPv6 addresses that differ in one word are different flows', () => {
  const table = new FlowTable({ maxFlows: 100, seed: 1 });
  const kind = (6 << 8) | TCP;
  const words = ['src0', 'src1', 'src2', 'src3', 'dst0', 'dst1', 'dst2', 'dst3'] as const;
  const found = new Set<number>();
  for (const changed of [undefined, ...words]) {
    const p = packet(1, 2, 5, 6);
    p.ipVersion = 6;
    if (changed !== undefined) p[changed] ^= 0x40000000;
    const hash = table.hash(p, kind, 0);
    assert.equal(table.find(p, kind, 0, hash), -1);
    found.add(table.insert(p, kind, 0, hash));
  }
  assert.equal(found.size, words.length + 1);
});

test('any order of insertions and removals leaves what a map would hold', () => {
  // Few distinct tuples in a table that has to grow: places collide and holes are closed.
  const step = fc.tuple(fc.boolean(), fc.nat(400));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), fc.integer(), (steps, seed) => {
      const table = new FlowTable({ maxFlows: 500, seed });
      const model = new Map<number, number>();
      for (const [add, key] of steps) {
        const p = packet(key % 20, 100 + (key % 7), key, 80);
        const hash = table.hash(p, KIND, 0);
        const known = model.get(key);
        assert.equal(table.find(p, KIND, 0, hash), known ?? -1);
        if (add && known === undefined) {
          const w = table.insert(p, KIND, 0, hash);
          table.timers.add(w, key % 50);
          model.set(key, w);
        } else if (!add && known !== undefined) {
          table.remove(known);
          model.delete(key);
        }
      }
      assert.equal(table.live, model.size);
      const live = new Set<number>();
      table.each((w) => live.add(w));
      assert.deepEqual([...live].sort(), [...model.values()].sort());
    }),
    { numRuns: 60 },
  );
});

test('flows beyond the first hundred thousand are found after the table has grown', () => {
  const table = new FlowTable({ maxFlows: 200_000, seed: 3 });
  const places: number[] = [];
  for (let i = 0; i < 120_000; i++) {
    const p = packet(i, 99, i & 0xffff, 443);
    places.push(table.insert(p, KIND, 0, table.hash(p, KIND, 0)));
  }
  for (let i = 0; i < 120_000; i += 997) {
    const p = packet(i, 99, i & 0xffff, 443);
    assert.equal(table.find(p, KIND, 0, table.hash(p, KIND, 0)), places[i]);
  }
});

test('the hash spreads sequential tuples evenly', () => {
  const table = new FlowTable({ maxFlows: 10, seed: 12345 });
  const buckets = new Int32Array(256);
  const count = 25_600;
  for (let i = 0; i < count; i++) {
    const p = packet(0x0a000000 + (i >> 8), 0x0a010001, 1024 + (i & 255), 53);
    buckets[table.hash(p, KIND, 0) & 255]!++;
  }
  // Each bucket expects 100; chi square with 255 degrees of freedom stays below 400 but for one seed in millions.
  const chi = buckets.reduce((sum, n) => sum + (n - 100) ** 2 / 100, 0);
  assert(chi < 400, `chi square ${chi}`);
});

test('exchanging the sides of a flow exchanges what was counted', () => {
  const table = new FlowTable({ maxFlows: 10, seed: 0 });
  const p = packet(1, 2, 10, 20);
  const w = table.insert(p, KIND, 0, table.hash(p, KIND, 0));
  table.words[w + R.PACKETS] = 3;
  table.doubles[(w >> 1) + R.BYTES + 1] = 500;
  table.words[w + R.TCP_FLAGS] = 0x0212;
  table.flip(w);
  assert.equal(table.words[w], 2);
  assert.equal(table.words[w + R.PORTS], (20 << 16) | 10);
  assert.equal(table.words[w + R.PACKETS + 1], 3);
  assert.equal(table.doubles[(w >> 1) + R.BYTES], 500);
  assert.equal(table.words[w + R.TCP_FLAGS], 0x1202);
  assert.equal(table.find(p, KIND, 0, table.hash(p, KIND, 0)), w);
  assert.equal(table.reversed, true);
});
