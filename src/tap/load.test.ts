import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission } from './admission.ts';
import * as R from './flow/record.ts';
import { LoadController, TOP_LEVEL } from './load.ts';

const BLOCKS = 64;

function levels(controller: LoadController, waiting: readonly number[], dropped = 0): number[] {
  return waiting.map((each) => controller.observe({ waiting: each, blocks: BLOCKS, dropped }));
}

test('the level rises with each look at a ring that is more than half full, up to the top', () => {
  const controller = new LoadController();
  assert.deepEqual(levels(controller, [0, 1, 32, 31]), [0, 0, 0, 0]);
  assert.deepEqual(levels(controller, [33, 64, 40]), [1, 2, 3]);
  assert.deepEqual(levels(controller, Array(9).fill(64)).slice(-6), Array(6).fill(TOP_LEVEL));
  assert.equal(controller.changes, TOP_LEVEL);
  assert.equal(controller.peak, TOP_LEVEL);
});

test('dropped packets raise it by two, even where the ring is empty by now; once for each loss', () => {
  const controller = new LoadController();
  assert.deepEqual(levels(controller, [0, 0, 0], 7), [2, 2, 2]);
  assert.deepEqual(levels(controller, [0, 0], 8), [4, 4]);
});

test('it goes down slowly: by one after fifty calm looks in a row', () => {
  const controller = new LoadController();
  levels(controller, [64, 64]);
  assert.deepEqual(levels(controller, Array(49).fill(7)).at(-1), 2);
  assert.deepEqual(levels(controller, [8]), [2]);
  assert.deepEqual(levels(controller, Array(49).fill(0)).at(-1), 2);
  assert.deepEqual(levels(controller, [0]), [1]);
  assert.deepEqual(levels(controller, Array(49).fill(0)).at(-1), 1);
  assert.deepEqual(levels(controller, [0]), [0]);
  assert.deepEqual(levels(controller, Array(200).fill(0)).at(-1), 0);
  assert.equal(controller.changes, 4);
  assert.equal(controller.peak, 2);
});

test('a ring between the marks keeps the level', () => {
  const controller = new LoadController();
  levels(controller, [64, 64, 64]);
  assert.deepEqual(new Set(levels(controller, Array(500).fill(20))), new Set([3]));
});

const FLOWS = 20_000;

/** Records of flows between 10.0.n.n and 192.0.2.1, with hashes that are spread. */
function records(): Int32Array {
  const words = new Int32Array(FLOWS * R.RECORD_WORDS);
  for (let i = 0; i < FLOWS; i++) {
    const w = i * R.RECORD_WORDS;
    words[w + R.CLIENT] = (10 << 24) | i;
    words[w + R.SERVER] = (192 << 24) | (2 << 8) | 1;
    words[w + R.KIND] = (4 << 8) | 17;
    words[w + R.HASH] = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(i, 0x85ebca6b);
  }
  return words;
}

function admitted(admission: Admission, words: Int32Array): Set<number> {
  const found = new Set<number>();
  for (let i = 0; i < FLOWS; i++) if (admission.admits(words, i * R.RECORD_WORDS)) found.add(i);
  return found;
}

test('one flow in 2^n is let in at level n, none at the top; who is in at a level is in at all below', () => {
  const admission = new Admission([]);
  const words = records();
  let before = admitted(admission, words);
  assert.equal(before.size, FLOWS);
  for (let level = 1; level < TOP_LEVEL; level++) {
    admission.level = level;
    const now = admitted(admission, words);
    const expected = FLOWS / 2 ** level;
    assert.ok(Math.abs(now.size - expected) < expected / 3, `${now.size} at level ${level}`);
    assert.ok([...now].every((flow) => before.has(flow)));
    assert.deepEqual(admitted(admission, words), now);
    before = now;
  }
  admission.level = TOP_LEVEL;
  assert.equal(admitted(admission, words).size, 0);
});

test('a flow of a critical zone is always let in, on whichever side the zone is', () => {
  const words = records();
  const client = new Admission(['10.0.1.0/24']);
  client.level = TOP_LEVEL;
  assert.deepEqual(admitted(client, words), new Set(Array.from({ length: 256 }, (_, i) => 256 + i)));
  const server = new Admission(['192.0.2.1', '2001:db8::/32']);
  server.level = TOP_LEVEL;
  assert.equal(admitted(server, words).size, FLOWS);
});
