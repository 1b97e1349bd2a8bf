import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatGoDuration, parseGoDuration } from './duration.ts';

test('durations in the form of Go are read', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['4h0m0s', 14_400_000],
    ['167h59m59.5s', 604_799_500],
    ['-1h', -3_600_000],
    ['-12h41m53.723034182s', -45_713_723.034182],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['2m3.s', 123_000],
    ['250ms', 250],
    ['1µs', 0.001],
    ['1μs', 0.001],
    ['1us', 0.001],
    ['100ns', 0.0001],
    ['0', 0],
    ['0s', 0],
    ['-0s', 0],
    ['+3s', 3000],
  ];
  for (const [text, ms] of cases) {
    const read = parseGoDuration(text);
    assert.ok(read !== undefined && Math.abs(read - ms) < 1e-6, `${text}: ${read}, not ${ms}`);
  }
});

test('what is no duration is none', () => {
  const bad: readonly unknown[] = [
    '',
    '4',
    '4d',
    'h',
    '-',
    '.s',
    '1h 2m',
    '1h-2m',
    ' 1h',
    '1h\n',
    '1e3s',
    '∞',
    4,
    null,
    undefined,
    {},
    '99999999h',
    `${'1h'.repeat(40)}`,
    `${'9'.repeat(60)}h`,
  ];
  for (const one of bad) assert.equal(parseGoDuration(one), undefined, String(one));
  for (const one of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
    assert.throws(() => formatGoDuration(one), RangeError);
  }
});

test('durations are written as Go writes them', () => {
  assert.equal(formatGoDuration(14_400_000), '4h0m0s');
  assert.equal(formatGoDuration(604_799_500), '167h59m59.5s');
  assert.equal(formatGoDuration(-3_600_000), '-1h0m0s');
  assert.equal(formatGoDuration(61_001), '1m1.001s');
  assert.equal(formatGoDuration(1500), '1.5s');
  assert.equal(formatGoDuration(0), '0s');
  assert.equal(formatGoDuration(-0.2), '0s');
});

test('what is written is read again, to the millisecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: -9e12, max: 9e12 }), (ms) => {
      const read = parseGoDuration(formatGoDuration(ms));
      assert.ok(read !== undefined && Math.abs(read - ms) < 0.01, `${ms}: ${formatGoDuration(ms)}: ${read}`);
    }),
  );
});
