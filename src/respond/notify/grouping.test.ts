import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Grouping } from './grouping.ts';
import type { Notification } from './notification.ts';
import { RateLimit } from './rate-limit.ts';

const MINUTE = 60_000;

function notificationAt(timeMs: number, changes: Partial<Notification> = {}): Notification {
  const texts = { event: 'waf_block', reason: 'r', decision: '', scenario: '', target: '' };
  return { timeMs, address: '203.0.113.9', score: 80, ...texts, ...changes };
}

test('the first is told at once, the others of the window together at its end', () => {
  const grouping = new Grouping(5 * MINUTE, 100);
  const first = grouping.take(notificationAt(0), 0);
  assert.equal(first?.count, 1);
  assert.equal(grouping.take(notificationAt(1000, { score: 95, reason: 'worst' }), 1000), undefined);
  assert.equal(grouping.take(notificationAt(2000), 2000), undefined);
  // Another address, another event: on their own.
  assert.equal(grouping.take(notificationAt(2000, { address: '203.0.113.10' }), 2000)?.count, 1);
  assert.equal(grouping.take(notificationAt(2000, { event: 'scanner' }), 2000)?.count, 1);
  assert.deepEqual(grouping.due(5 * MINUTE - 1), []);
  const groups = grouping.due(5 * MINUTE);
  assert.equal(groups.length, 1);
  assert.deepEqual(groups[0], {
    notification: notificationAt(2000, { score: 95, reason: 'worst' }),
    firstMs: 1000,
    count: 2,
  });
  // It goes on: still one message in each window, until one is quiet.
  assert.equal(grouping.take(notificationAt(5.5 * MINUTE), 5.5 * MINUTE), undefined);
  assert.equal(grouping.due(10 * MINUTE)[0]?.count, 1);
  assert.deepEqual(grouping.due(15 * MINUTE), []);
  assert.equal(grouping.take(notificationAt(16 * MINUTE), 16 * MINUTE)?.count, 1);
});

test('no notification is lost or told twice, whatever the order of time', () => {
  const step = fc.record({
    after: fc.integer({ min: 0, max: 4 * MINUTE }),
    address: fc.constantFrom('a', 'b', 'c', 'd'),
    looks: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (steps, limit) => {
      const grouping = new Grouping(5 * MINUTE, limit);
      let nowMs = 0;
      let told = 0;
      for (const { after, address, looks } of steps) {
        nowMs += after;
        told += grouping.take(notificationAt(nowMs, { address }), nowMs)?.count ?? 0;
        if (looks) for (const { count } of grouping.due(nowMs)) told += count;
      }
      for (const { count } of grouping.due(nowMs, true)) told += count;
      assert.equal(told, steps.length);
    }),
  );
});

test('a rate limit holds in every hour, and tells what it left out', () => {
  const limit = new RateLimit(3);
  assert.deepEqual(
    [0, 1, 2, 3].map((at) => limit.allows(at * MINUTE)),
    [true, true, true, false],
  );
  assert.equal(limit.summary(4 * MINUTE), undefined);
  limit.leave(1, 75, '203.0.113.9', 3 * MINUTE);
  for (let i = 0; i < 20; i++) limit.leave(2, 91, `203.0.113.${i}`, 30 * MINUTE);
  assert.equal(limit.summary(59 * MINUTE), undefined);
  const summary = limit.summary(60 * MINUTE);
  assert.equal(summary?.count, 41);
  assert.equal(summary?.score, 91);
  assert.equal(summary?.addresses.length, 10);
  assert.equal(summary?.firstMs, 3 * MINUTE);
  // The summary has taken the only place.
  assert.equal(limit.allows(60 * MINUTE), false);
  assert.equal(limit.summary(200 * MINUTE), undefined);
  const none = new RateLimit(0);
  for (let i = 0; i < 1000; i++) assert.equal(none.allows(0), true);
});
