import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Explanation } from './answers.ts';
import { reputationCurve } from './reputation-curve.ts';

const HOUR = 3.6e9;
const NOW = 1_000 * HOUR;

function explanation(
  points: readonly (readonly [ageHours: number, fresh: number])[],
  halfLifeHours: number,
): Explanation {
  const contributions = points.map(([age, fresh]) => ({
    type: 'scanner',
    source: '1',
    address: '192.0.2.1',
    reason: '',
    evidence: [],
    count: 1,
    firstUs: NOW - age * HOUR,
    lastUs: NOW - age * HOUR,
    weight: fresh,
    fresh,
    left: fresh * 2 ** (-age / halfLifeHours),
  }));
  const sum = contributions.reduce((all, { left }) => all + left, 0);
  const score = Math.min(100, sum);
  return { subject: '192.0.2.1', kind: 'address', nowUs: NOW, score, sum, capped: sum > 100, contributions };
}

test('the curve rises with each contribution, fades between them, and ends at the score', () => {
  const told = explanation(
    [
      [8, 40],
      [4, 20],
    ],
    4,
  );
  const { past, future, halfLifeSeconds } = reputationCurve(told);
  assert.ok(Math.abs(halfLifeSeconds - 4 * 3600) < 1);
  const at = (hours: number) => past.find(({ timeUs }) => timeUs === NOW - hours * HOUR)?.score ?? Number.NaN;
  assert.ok(Math.abs(at(8) - 40) < 1e-6);
  assert.ok(Math.abs(at(4) - 40) < 1e-6, 'half of 40 is left, and 20 come');
  assert.equal(past.at(-1)?.score, told.score);
  assert.equal(future[0]?.score, told.score);
  assert.ok((future.at(-1)?.score ?? 100) < told.score / 4);
  assert.ok(past.every(({ timeUs }, index) => index === 0 || timeUs >= (past[index - 1]?.timeUs ?? 0)));
});

test('it stays within 0 and 100, and what is beyond holds it there for a while', () => {
  const { past, future } = reputationCurve(
    explanation(
      [
        [1, 100],
        [0.5, 100],
      ],
      4,
    ),
  );
  for (const { score } of [...past, ...future]) assert.ok(score >= 0 && score <= 100);
  assert.equal(future[1]?.score, 100);
});

test('what is all fresh fades as usual', () => {
  const { halfLifeSeconds } = reputationCurve(explanation([[0, 35]], 4));
  assert.equal(Math.round(halfLifeSeconds), 14_100);
});
