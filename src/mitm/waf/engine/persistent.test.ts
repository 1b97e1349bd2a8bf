import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PersistentCollections, setValue } from './persistent.ts';

const TIMEOUT_MS = 1000;

test('a record is the same until it has not been used for its time', () => {
  const store = new PersistentCollections(TIMEOUT_MS);
  const record = store.open('IP', '192.0.2.7', 0);
  setValue(record, 'n', '1');
  assert.equal(store.open('IP', '192.0.2.7', 900).values.get('n'), '1');
  assert.equal(store.open('IP', '192.0.2.7', 1800).values.get('n'), '1');
  assert.equal(store.open('USER', '192.0.2.7', 1800).values.size, 0);
  assert.equal(store.open('IP', '192.0.2.7', 2800).values.size, 0);
});

test('values expire by themselves', () => {
  const store = new PersistentCollections(TIMEOUT_MS);
  const record = store.open('IP', 'a', 0);
  setValue(record, 'short', '1');
  setValue(record, 'long', '1');
  record.expiries.set('short', 100);
  assert.deepEqual([...store.open('IP', 'a', 99).values.keys()], ['short', 'long']);
  assert.deepEqual([...store.open('IP', 'a', 100).values.keys()], ['long']);
});

test('records are bounded in number: what was used longest ago goes', () => {
  const store = new PersistentCollections(1e9);
  for (let i = 0; i < 65_536; i++) store.open('IP', String(i), i);
  store.open('IP', '0', 70_000);
  store.open('IP', 'new', 70_001);
  assert.deepEqual([store.size, store.evicted], [65_536, 1]);
  setValue(store.open('IP', '0', 70_002), 'n', '1');
  assert.equal(store.evicted, 1);
});

test('values are bounded in number and length, keys in length', () => {
  const store = new PersistentCollections(TIMEOUT_MS);
  const record = store.open('IP', 'a', 0);
  for (let i = 0; i < 100; i++) setValue(record, String(i), 'x');
  assert.equal(record.values.size, 64);
  setValue(record, '0', 'y');
  assert.equal(record.values.get('0'), 'y');
  setValue(record, '0', 'z'.repeat(5000));
  assert.equal(record.values.get('0'), 'y');
  const long = 'k'.repeat(1 << 20);
  setValue(store.open('USER', long, 0), 'n', '1');
  assert.equal(store.open('USER', long, 1).values.get('n'), '1');
  assert.equal(store.open('USER', `${long}k`, 1).values.size, 0);
});

test('a value does not keep the text that it was cut from in memory', () => {
  const store = new PersistentCollections(1e9);
  const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
  for (let i = 0; i < 300; i++) {
    const body = Buffer.alloc(4 << 20, 97 + (i % 26)).toString('latin1');
    setValue(store.open('IP', body.slice(i, i + 100), i), 'v', body.slice(5, 1000));
  }
  const { heapUsed, external } = process.memoryUsage();
  // Kept whole they would take more than a gigabyte.
  assert.ok(heapUsed + external - before < 400 << 20, `${heapUsed + external - before} bytes`);
});
