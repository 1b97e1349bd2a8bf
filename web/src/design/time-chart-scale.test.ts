import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisEnd, largest, nearestPoint, seriesPath } from './time-chart-scale.ts';

const points = (...values: readonly (number | undefined)[]) =>
  values.map((value, index) => ({ atMs: 1_000_000 + index * 1000, value }));

test('the axis ends at 1, 2 or 5 times a power of ten', () => {
  for (const [most, end] of [
    [0, 1],
    [-3, 1],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [0.003, 0.005],
    [1, 1],
    [1.01, 2],
    [20, 20],
    [21, 50],
    [99, 100],
    [1000, 1000],
    [5.1e9, 1e10],
  ] as const) {
    assert.ok(Math.abs(axisEnd(most) - end) <= end * 1e-9, `${most}: ${axisEnd(most)}`);
  }
});

test('the largest value of what is seen', () => {
  assert.equal(largest([points(9, 2, undefined), points(1, 3, 4)], 1_001_000), 4);
  assert.equal(largest([points(9, 2), []], 1_000_000), 9);
  assert.equal(largest([], 0), 0);
});

const view = { untilMs: 1_004_000, spanMs: 4000, end: 10 };
const size = { width: 100, height: 50 };

test('a path goes from left to right, zero at the bottom', () => {
  assert.equal(
    seriesPath(points(0, 5, 10, 20, 2), view, size),
    'M0.0,50.0L25.0,25.0L50.0,0.0L75.0,0.0L100.0,40.0',
  );
  assert.equal(seriesPath([], view, size), '');
});

test('what is older than the span is left out', () => {
  assert.equal(
    seriesPath(points(1, 2, 0, 10, 5), { ...view, spanMs: 2000 }, size),
    'M0.0,50.0L50.0,0.0L100.0,25.0',
  );
});

test('a path breaks where values are missing, and where nobody measured for long', () => {
  assert.equal(seriesPath(points(0, undefined, 0, 0), view, size), 'M0.0,50.0M50.0,50.0L75.0,50.0');
  const far = [
    { atMs: 0, value: 0 },
    { atMs: 20_000, value: 0 },
  ];
  assert.equal(seriesPath(far, { untilMs: 20_000, spanMs: 20_000, end: 1 }, size), 'M0.0,50.0M100.0,50.0');
});

test('the area below it is closed piece by piece', () => {
  assert.equal(
    seriesPath(points(10, 10, undefined, 0, 0), view, size, true),
    'M0.0,50L0.0,0.0L25.0,0.0L25.0,50ZM75.0,50L75.0,50.0L100.0,50.0L100.0,50Z',
  );
});

test('the point that is nearest to a time', () => {
  const five = points(1, 2, 3, 4, 5);
  for (const [atMs, index] of [
    [0, 0],
    [1_000_400, 0],
    [1_000_600, 1],
    [1_002_000, 2],
    [2_000_000, 4],
  ] as const) {
    assert.equal(nearestPoint(five, atMs), index);
  }
  assert.equal(nearestPoint([], 5), -1);
});
