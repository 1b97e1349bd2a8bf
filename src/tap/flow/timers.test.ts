import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RECORD_WORDS } from './record.ts';
import { TimerWheel, WHEEL_SECONDS } from './timers.ts';

function wheel(flows: number): TimerWheel {
  const timers = new TimerWheel(new Int32Array(flows * RECORD_WORDS));
  timers.start(1000);
  return timers;
}

test('each flow is due in its second, not before', () => {
  const timers = wheel(3);
  timers.add(0, 1005);
  timers.add(RECORD_WORDS, 1003);
  timers.add(2 * RECORD_WORDS, 1003);
  timers.remove(2 * RECORD_WORDS);
  const seen: [number, number][] = [];
  for (let second = 1001; second <= 1010; second++)
    timers.advance(second, (w) => seen.push([second, w / RECORD_WORDS]));
  assert.deepEqual(seen, [
    [1003, 1],
    [1005, 0],
  ]);
});

test('a jump in time fires all that is due on the way, whatever its length', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: WHEEL_SECONDS - 2 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: 1, max: 10 * WHEEL_SECONDS }),
      (delays, jump) => {
        const timers = wheel(delays.length);
        for (const [i, delay] of delays.entries()) timers.add(i * RECORD_WORDS, 1000 + delay);
        const due: number[] = [];
        timers.advance(1000 + jump, (w) => due.push(w / RECORD_WORDS));
        const expected = delays.map((delay, i) => [delay, i] as const).filter(([delay]) => delay <= jump);
        assert.deepEqual(
          due.sort((a, b) => a - b),
          expected.map(([, i]) => i).sort((a, b) => a - b),
        );
      },
    ),
  );
});

test('a flow that is hung in again while its bucket is emptied is not lost', () => {
  const timers = wheel(1);
  timers.add(0, 1002);
  let rounds = 0;
  for (let second = 1001; second < 1100; second++) {
    timers.advance(second, (w) => {
      rounds++;
      timers.add(w, second + 10);
    });
  }
  assert.equal(rounds, 10);
});

test('the next flow to expire is found', () => {
  const timers = wheel(2);
  assert.equal(timers.next(), -1);
  timers.add(0, 1900);
  timers.add(RECORD_WORDS, 1050);
  assert.equal(timers.next(), RECORD_WORDS);
});
