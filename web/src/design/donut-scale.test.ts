import assert from 'node:assert/strict';
import { test } from 'node:test';
import { donutSlices, REST, ringPath } from './donut-scale.ts';

test('pieces fill the circle, the largest first', () => {
  const slices = donutSlices(
    [
      { name: 'dns', value: 10 },
      { name: 'tls', value: 70 },
      { name: 'http', value: 20 },
    ],
    6,
  );
  assert.deepEqual(
    slices.map(({ name, share }) => [name, share]),
    [
      ['tls', 0.7],
      ['http', 0.2],
      ['dns', 0.1],
    ],
  );
  assert.equal(slices[0]?.from, 0);
  for (const [index, slice] of slices.slice(1).entries()) assert.equal(slice.from, slices[index]?.to);
  assert.ok(Math.abs((slices.at(-1)?.to ?? 0) - 1) < 1e-9);
});

test('what is too much for the ring is one piece', () => {
  const slices = donutSlices(
    [5, 4, 3, 2, 1].map((value) => ({ name: `p${value}`, value })),
    3,
  );
  assert.deepEqual(
    slices.map(({ name, value, rest }) => [name, value, rest]),
    [
      ['p5', 5, false],
      ['p4', 4, false],
      [REST, 6, true],
    ],
  );
});

test('what has no value has no piece', () => {
  assert.deepEqual(donutSlices([], 5), []);
  const slices = donutSlices(
    [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 7].map((value) => ({ name: String(value), value })),
    5,
  );
  assert.deepEqual(
    slices.map(({ name, share }) => [name, share]),
    [['7', 1]],
  );
});

test('a piece is an arc out, a line, an arc back', () => {
  assert.equal(
    ringPath(0, 0.25, 5, 10),
    'M0.00,-10.00A10,10 0 0 1 10.00,-0.00L5.00,-0.00A5,5 0 0 0 0.00,-5.00Z',
  );
  assert.match(ringPath(0, 0.75, 5, 10), / 0 1 1 -10\.00,/);
});

test('a whole ring is not nothing', () => {
  assert.equal(ringPath(0, 1, 5, 10).split('M').length, 3);
});
