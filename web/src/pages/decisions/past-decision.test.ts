import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pastDecisionOf } from './past-decision.ts';

const record = (decision: Readonly<Record<string, unknown>>) => ({
  timestamp: '2026-11-21T17:19:20.172000+0000',
  event_type: 'decision',
  decision: {
    event: 'taken',
    type: 'ban',
    scope: 'address',
    value: '192.0.2.1',
    origin: 'scenario',
    ...decision,
  },
});

test('what was refused tells who was against it', () => {
  const past = pastDecisionOf(
    record({
      event: 'refused',
      error: '192.0.2.1/32 is protected',
      guard: 'session',
      reason: 'a scan',
      author: 'anna',
    }),
  );
  assert.equal(past?.words, '192.0.2.1/32 is protected (guard session); a scan');
  assert.equal(past?.by, 'anna');
});

test('what was lifted is by who lifted it', () => {
  assert.equal(pastDecisionOf(record({ event: 'lifted', lifted_by: 'ben', author: 'anna' }))?.by, 'ben');
});

test('durations are shortened, not changed', () => {
  for (const [duration, shown] of [
    ['4h0m0s', '4h'],
    ['1h30m0s', '1h30m'],
    ['10m0s', '10m'],
    ['10m10s', '10m10s'],
    ['30s', '30s'],
    ['1h0m20s', '1h0m20s'],
  ] as const) {
    assert.equal(pastDecisionOf(record({ duration }))?.duration, shown);
  }
});

test('other records are none', () => {
  assert.equal(pastDecisionOf({ timestamp: '', event_type: 'flow' }), undefined);
  assert.equal(pastDecisionOf({ timestamp: '', event_type: 'decision', decision: 'ban' }), undefined);
});
