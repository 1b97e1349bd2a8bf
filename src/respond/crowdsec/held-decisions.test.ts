import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type HeldDecision, HeldDecisions, keyOf } from './held-decisions.ts';

const HOUR = 3_600_000;

function held(id: number, value: string, untilMs: number): HeldDecision {
  return {
    id,
    subject: { type: 'ban', scope: 'address', value },
    untilMs,
    origin: 'crowdsec',
    scenario: 'crowdsecurity/ssh-bf',
    simulated: false,
  };
}

const values = (list: readonly HeldDecision[]): string[] => list.map(({ subject }) => subject.value);

test('of several decisions about one address the longest counts', () => {
  const decisions = new HeldDecisions(100);
  decisions.update([held(1, 'a', 2 * HOUR)], [], 0);
  assert.deepEqual(decisions.update([held(2, 'a', HOUR)], [], 0), { came: [], went: [] });
  const longer = decisions.update([held(3, 'a', 3 * HOUR)], [], 0);
  assert.deepEqual([longer.came.map(({ id }) => id), longer.went], [[3], []]);
  // The longest goes: what is left ends earlier, so it is lifted and asked for again.
  const shorter = decisions.update([], [held(3, 'a', 0)], 0);
  assert.deepEqual([values(shorter.came), values(shorter.went)], [['a'], ['a']]);
  assert.equal(shorter.came[0]?.id, 1);
  decisions.update([], [held(1, 'a', 0)], 0);
  const last = decisions.update([], [held(2, 'a', 0)], 0);
  assert.deepEqual([values(last.came), values(last.went)], [[], ['a']]);
  assert.equal(decisions.size, 0);
});

test('what ends by itself, and what differs by the time of an answer, is not told', () => {
  const decisions = new HeldDecisions(100);
  decisions.replace([held(1, 'a', HOUR), held(2, 'b', HOUR)], 0);
  assert.deepEqual(decisions.replace([held(1, 'a', HOUR + 900), held(2, 'b', HOUR - 900)], 0), {
    came: [],
    went: [],
  });
  decisions.expire(HOUR - 500);
  assert.deepEqual(decisions.update([], [held(1, 'a', 0)], 2 * HOUR), { came: [], went: [] });
  assert.equal(decisions.size, 0);
});

test('there is a bound, and what it turns away is counted', () => {
  const decisions = new HeldDecisions(3);
  const many = Array.from({ length: 10 }, (_, i) => held(i, `v${i}`, HOUR));
  const { came } = decisions.replace(many, 0);
  assert.deepEqual([came.length, decisions.size, decisions.overBound], [3, 3, 7]);
  const same = Array.from({ length: 20 }, (_, i) => held(100 + i, 'v0', HOUR + i));
  decisions.update(same, [], 0);
  assert.ok(decisions.overBound > 7);
  assert.equal([...decisions.inForce()][0]?.untilMs, HOUR + 19);
});

test('who follows what is told has at any time what is in force', () => {
  const one = fc.record({
    id: fc.integer({ min: 1, max: 12 }),
    value: fc.constantFrom('a', 'b', 'c'),
    hours: fc.integer({ min: 1, max: 5 }),
  });
  const step = fc.record({
    kind: fc.constantFrom('replace', 'update'),
    added: fc.array(one, { maxLength: 4 }),
    deleted: fc.array(one, { maxLength: 4 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const decisions = new HeldDecisions(100);
      const followed = new Map<string, number>();
      for (const { kind, added, deleted } of steps) {
        const come = added.map(({ id, value, hours }) => held(id, value, hours * HOUR));
        const go = deleted.map(({ id, value }) => held(id, value, 0));
        const { came, went } =
          kind === 'replace' ? decisions.replace(come, 0) : decisions.update(come, go, 0);
        for (const { subject } of went) followed.delete(keyOf(subject));
        for (const { subject, untilMs } of came) followed.set(keyOf(subject), untilMs);
        const inForce = [...decisions.inForce()].map(
          ({ subject, untilMs }) => [keyOf(subject), untilMs] as const,
        );
        assert.deepEqual(new Map(inForce), new Map([...followed].sort()), 'unordered');
      }
    }),
  );
});
