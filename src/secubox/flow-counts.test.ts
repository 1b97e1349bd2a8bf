import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flowRecord, progressRecord, START_MS, stamp } from '../lan/testing.ts';
import { FlowCounts } from './flow-counts.ts';

const ENDS = { from: '192.168.1.5', to: '198.51.100.7' };
const open = (id: number, seconds: number, protocol = 'TLS') =>
  progressRecord({
    ...ENDS,
    id,
    endMs: START_MS + seconds * 1000,
    protocol,
    newPackets: [1, 1],
    newBytes: [1, 1],
  });
const ended = (id: number, seconds: number, protocol = 'TLS') =>
  flowRecord({ ...ENDS, id, endMs: START_MS + seconds * 1000, protocol });
const countsOf = (...records: readonly ReturnType<typeof open>[]): FlowCounts => {
  const counts = new FlowCounts(300);
  for (const record of records) counts.take(record);
  return counts;
};

test('a flow that is open counts while it is, and once', () => {
  const counts = countsOf(open(1, 1), open(1, 11), open(1, 21), open(2, 21, 'SSH'));
  assert.equal(counts.lastMinute(), 2);
  assert.deepEqual(counts.protocols(), { SSH: 1, TLS: 1 });
  counts.take(ended(1, 25));
  assert.equal(counts.lastMinute(), 2);
  assert.deepEqual(counts.protocols(), { SSH: 1, TLS: 1 });
});

test('it counts in the minute of its last packets', () => {
  const counts = countsOf(open(1, 1), open(2, 1), open(1, 100));
  assert.equal(counts.lastMinute(), 1);
  assert.deepEqual(counts.protocols(), { TLS: 2 });
  counts.take({ timestamp: stamp(START_MS + 200_000), event_type: 'stats' });
  assert.equal(counts.lastMinute(), 0);
});

test('it counts under the protocol that it is known by at last', () => {
  const counts = countsOf(open(1, 1, 'Unknown'), open(1, 11, 'QUIC'), ended(1, 12, 'HTTP3'));
  assert.deepEqual(counts.protocols(), { HTTP3: 1 });
  assert.equal(counts.lastMinute(), 1);
});

test('a number that comes again after its step is over is a flow of now', () => {
  const counts = countsOf(open(1, 1), open(2, 400), ended(1, 401));
  assert.deepEqual(counts.protocols(), { TLS: 2 });
  assert.equal(counts.lastMinute(), 2);
});
