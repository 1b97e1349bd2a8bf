import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSpopInput, spopSeeds } from './fuzz-input.ts';

/** Numbers that a seed repeats. */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

test('good streams give their messages, however they are cut', () => {
  const expected = [2, 0, 2, 2];
  for (const [i, seed] of spopSeeds().entries()) {
    for (const piece of [1, 7, 1000, seed.length]) {
      assert.deepEqual(runSpopInput(seed, piece), { messages: expected[i], faults: [] });
    }
  }
});

test('what stands behind the goodbye is neither read nor refused', () => {
  const [seed = Buffer.alloc(0)] = spopSeeds();
  const stream = Buffer.concat([seed, Buffer.alloc(100, 0xff)]);
  for (const piece of [1, stream.length]) {
    assert.deepEqual(runSpopInput(stream, piece), { messages: 2, faults: [] });
  }
});

test('mutated streams are read or refused', (t) => {
  const below = numbers(1);
  const seeds = spopSeeds();
  const edges = [0, 1, 2, 8, 9, 15, 16, 127, 128, 239, 240, 241, 254, 255];
  const seen = new Set<number>();
  let messages = 0;
  for (let round = 0; round < 20_000; round++) {
    const seed = seeds[round % seeds.length] as Buffer;
    let bytes = Buffer.from(seed);
    for (let changes = 1 + below(4); changes > 0; changes--) {
      const at = below(bytes.length);
      const kind = below(4);
      if (kind === 0) bytes[at] = edges[below(edges.length)] as number;
      else if (kind === 1) bytes[at] = below(256);
      else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(8))]);
      else
        bytes = Buffer.concat([
          bytes.subarray(0, at),
          seed.subarray(0, below(seed.length)),
          bytes.subarray(at),
        ]);
      if (bytes.length === 0) bytes = Buffer.from([0]);
    }
    const outcome = runSpopInput(bytes, round % 5 === 0 ? 1 + below(64) : bytes.length);
    messages += outcome.messages;
    for (const status of outcome.faults) seen.add(status);
  }
  t.diagnostic(`${messages} messages, status codes ${[...seen].sort((a, b) => a - b).join(' ')}`);
  assert.ok(messages > 0 && seen.size > 3);
});

test('time grows with the length, not faster', () => {
  // Many header fields, many arguments, many fragments: twice as much may not take four times as long.
  const time = (count: number): number => {
    const started = performance.now();
    const one = spopSeeds()[0] as Buffer;
    const stream = Buffer.concat([
      one.subarray(0, -41),
      ...new Array<Buffer>(count).fill(one.subarray(133, 133 + 335)),
    ]);
    runSpopInput(stream, 64);
    return performance.now() - started;
  };
  time(1000);
  const short = Math.min(time(2000), time(2000), time(2000));
  const long = Math.min(time(8000), time(8000), time(8000));
  assert.ok(long < 12 * short + 20, `${long} ms where ${short} ms were for a quarter`);
});
