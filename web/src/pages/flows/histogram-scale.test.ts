import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisTimes, histogramOf } from './histogram-scale.ts';

test('intervals are joined until a screen tells them apart', () => {
  const items = Array.from({ length: 3600 }, (_, second) => ({ timeUs: second * 1e6, flows: 1, bytes: 10 }));
  const { bars, intervalMs, most } = histogramOf(items, 1, 0, 3_600_000);
  assert.equal(intervalMs, 20_000);
  assert.equal(bars.length, 180);
  assert.equal(most, 20);
  assert.deepEqual(bars[1], { fromMs: 20_000, flows: 20, bytes: 200 });
});

test('no traffic, no bars', () => {
  assert.deepEqual(histogramOf([], 10, 0, 60_000), { bars: [], intervalMs: 10_000, most: 1 });
});

test('the axis names round times', () => {
  const at = new Date(2026, 2, 1, 14, 3, 7).getTime();
  const times = axisTimes(at, at + 3_600_000, 6).map((time) => new Date(time).getMinutes() % 10);
  assert.deepEqual([...new Set(times)], [0]);
  assert.ok(axisTimes(0, 1e13, 6).length <= 24);
});
