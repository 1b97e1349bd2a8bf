import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Escalation } from './escalation.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const T0 = 1_800_000_000_000;

test('each earlier ban within the window doubles the duration, up to the ceiling', () => {
  const escalation = new Escalation();
  const durations: number[] = [];
  for (let i = 0; i < 8; i++) {
    durations.push(escalation.durationFor('192.0.2.1', 4 * HOUR, T0 + i * DAY, false) / HOUR);
    escalation.note('192.0.2.1', T0 + i * DAY);
  }
  assert.deepEqual(durations, [4, 8, 16, 32, 64, 128, 168, 168]);
  assert.equal(escalation.durationFor('192.0.2.2', 4 * HOUR, T0, false), 4 * HOUR);
  // A month later only the last of them counts, then none.
  assert.equal(escalation.durationFor('192.0.2.1', HOUR, T0 + 36.5 * DAY, false), 2 * HOUR);
  assert.equal(escalation.durationFor('192.0.2.1', HOUR, T0 + 38 * DAY, false), HOUR);
});

test('a ban that is running is no earlier one; what is longer than the ceiling stays', () => {
  const escalation = new Escalation({ ceilingMs: 10 * HOUR });
  escalation.note('192.0.2.1', T0);
  assert.equal(escalation.durationFor('192.0.2.1', HOUR, T0 + 1, true), HOUR);
  assert.equal(escalation.durationFor('192.0.2.1', HOUR, T0 + 1, false), 2 * HOUR);
  assert.equal(escalation.durationFor('192.0.2.1', 20 * HOUR, T0 + 1, false), 20 * HOUR);
  escalation.forgetLast('192.0.2.1');
  assert.equal(escalation.durationFor('192.0.2.1', HOUR, T0 + 1, false), HOUR);
});

test('the table is bounded: who was banned longest ago is forgotten', () => {
  const escalation = new Escalation({ capacity: 2 });
  escalation.note('192.0.2.1', T0);
  escalation.note('192.0.2.2', T0 + 1);
  escalation.note('192.0.2.1', T0 + 2);
  escalation.note('192.0.2.3', T0 + 3);
  assert.deepEqual(escalation.entries(T0 + 4), [
    ['192.0.2.1', [T0, T0 + 2]],
    ['192.0.2.3', [T0 + 3]],
  ]);
  assert.equal(escalation.forgotten, 1);
  for (let i = 0; i < 100; i++) escalation.note('192.0.2.3', T0 + 10 + i);
  assert.equal(escalation.entries(T0)[1]?.[1].length, 16);
});
