import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatAgo,
  formatBitRate,
  formatBytes,
  formatClock,
  formatCount,
  formatDay,
  formatDuration,
  formatExact,
  formatMoment,
  formatRate,
  formatShare,
  formatTime,
  NOTHING,
  timeMs,
} from './format.ts';

test('bytes in units of 1000, three digits', () => {
  for (const [bytes, words] of [
    [0, '0 B'],
    [1, '1 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1536, '1.5 kB'],
    [10_000, '10 kB'],
    [123_456, '123 kB'],
    [999_600, '1 MB'],
    [1_234_567, '1.2 MB'],
    [5e12, '5 TB'],
    [1e18, '1000 PB'],
  ] as const) {
    assert.equal(formatBytes(bytes), words);
  }
});

test('rates and counts in units of 1000', () => {
  assert.equal(formatBitRate(94_100_000), '94.1 Mbit/s');
  assert.equal(formatBitRate(0), '0 bit/s');
  assert.equal(formatBitRate(999_600), '1 Mbit/s');
  assert.equal(formatRate(0.25), '0.25/s');
  assert.equal(formatRate(7), '7/s');
  assert.equal(formatRate(1234), '1.2 k/s');
  assert.equal(formatCount(9999), '9,999');
  assert.equal(formatCount(12_345), '12.3 k');
  assert.equal(formatCount(-4_100_000), '-4.1 M');
  assert.equal(formatExact(1_234_567), '1,234,567');
  assert.equal(formatShare(0.125), '12.5 %');
  assert.equal(formatShare(1), '100 %');
});

test('durations in their two largest units', () => {
  for (const [seconds, words] of [
    [0, '0 s'],
    [0.000_34, '340 µs'],
    [0.0124, '12.4 ms'],
    [0.9999, '1 s'],
    [12.34, '12.3 s'],
    [59.99, '1 min'],
    [200, '3 min 20 s'],
    [3600, '1 h'],
    [3599.9, '1 h'],
    [7260, '2 h 1 min'],
    [86_399, '1 d'],
    [187_200, '2 d 4 h'],
    [-2, '-2 s'],
  ] as const) {
    assert.equal(formatDuration(seconds), words);
  }
});

test('how long ago, and ahead', () => {
  const now = 1_700_000_000_000;
  for (const [seconds, words] of [
    [0, 'now'],
    [-1, 'now'],
    [12, '12 s ago'],
    [185, '3 min ago'],
    [7300, '2 h ago'],
    [400_000, '4 d ago'],
    [-125, 'in 2 min'],
  ] as const) {
    assert.equal(formatAgo(now - seconds * 1000, now), words);
  }
});

test('times come as microseconds, ISO 8601 and with the zone of EVE', () => {
  const at = Date.UTC(2026, 2, 1, 13, 5, 9, 123);
  assert.equal(timeMs(at * 1000), at);
  assert.equal(timeMs('2026-03-01T13:05:09.123Z'), at);
  assert.equal(timeMs('2026-03-01T14:05:09.123000+0100'), at);
  assert.equal(timeMs(new Date(at)), at);
  assert.ok(Number.isNaN(timeMs('yesterday')));
  assert.ok(Number.isNaN(timeMs(undefined)));
});

test('times in the zone of the viewer', () => {
  const at = new Date(2026, 2, 1, 14, 5, 9, 23).getTime();
  assert.equal(formatDay(at), '2026-03-01');
  assert.equal(formatClock(at), '14:05:09');
  assert.equal(formatClock(at, true), '14:05:09.023');
  assert.match(formatMoment(at), /^2026-03-01 14:05:09\.023 \S/);
  assert.equal(formatTime(at, at + 1000), '14:05:09');
  assert.equal(formatTime(at, at + 86_400_000), '2026-03-01 14:05:09');
});

test('no value is told as such', () => {
  for (const format of [
    formatBytes,
    formatBitRate,
    formatRate,
    formatCount,
    formatExact,
    formatShare,
    formatDuration,
  ]) {
    assert.equal(format(undefined), NOTHING);
    assert.equal(format(Number.NaN), NOTHING);
  }
  for (const format of [formatDay, formatClock, formatMoment]) assert.equal(format(Number.NaN), NOTHING);
  assert.equal(formatAgo(Number.NaN, 0), NOTHING);
  assert.equal(formatTime(Number.NaN, 0), NOTHING);
});
