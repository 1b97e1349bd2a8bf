import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PassingMap, PassingSet } from './passing-map.ts';

setFlagsFromString('--expose-gc');
const collectAll = runInNewContext('gc') as () => void;

/** Bytes of objects that have become old. */
function oldBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'old_space');
  assert.ok(space !== undefined);
  return space.space_used_size;
}

test('a map has what was added until it is taken, the oldest first', () => {
  const map = new PassingMap<string, number>();
  map.add('a', 1);
  map.add('b', 2);
  map.add('c', 3);
  assert.equal(map.take('b'), 2);
  assert.equal(map.take('b'), undefined);
  assert.equal(map.get('b'), undefined);
  assert.equal(map.get('c'), 3);
  assert.ok(map.has('a') && !map.has('b'));
  assert.equal(map.size, 2);
  assert.deepEqual(
    [...map],
    [
      ['a', 1],
      ['c', 3],
    ],
  );
});

test('who leaves a set during a look at all is not looked at', () => {
  const set = new PassingSet<string>();
  set.enter('a');
  const second = set.enter('b');
  const seen: string[] = [];
  for (const one of set) {
    seen.push(one);
    assert.equal(set.leave(second), seen.length === 1);
  }
  assert.deepEqual(seen, ['a']);
  assert.equal(set.size, 1);
});

// A Map in its place keeps some 80 MB, which become old.
test('what has gone is not kept by what has become old', () => {
  const map = new PassingMap<number, unknown>();
  map.add(-1, undefined);
  collectAll();
  const first = oldBytes();
  let largest = 0;
  for (let i = 0; i < 20_000; i++) {
    map.add(
      i,
      Array.from({ length: 1000 }, () => ({ i })),
    );
    map.take(i - 3);
    if (i % 100 === 0) largest = Math.max(largest, oldBytes() - first);
  }
  assert.ok(largest < 20e6, `${largest} bytes have become old`);
});
