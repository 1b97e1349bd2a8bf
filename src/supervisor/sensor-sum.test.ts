import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sumOfSensors } from './sensor-sum.ts';

function sensor(packets: number, dropped: number, seconds: readonly number[]) {
  return {
    source: 'eth0',
    live: true,
    working: true,
    packets,
    capture: {
      packets,
      dropped,
      lossyIntervals: dropped > 0 ? 2 : 0,
      worst: dropped > 0 ? { endUs: 7, packets: 1, dropped } : undefined,
      intervals: seconds.map((count, index) => ({ endUs: index, packets: count })),
    },
    ring: { folder: `/ring/sensor-${packets}`, files: 1, bytes: 100, problem: undefined },
  };
}

test('counts are added up, seconds from the latest backwards', () => {
  assert.deepEqual(sumOfSensors([sensor(1, 0, [5, 1]), undefined, sensor(2, 9, [7, 10, 20])]), {
    source: 'eth0',
    live: true,
    working: true,
    packets: 3,
    capture: {
      packets: 3,
      dropped: 9,
      lossyIntervals: 2,
      worst: { endUs: 7, packets: 1, dropped: 9 },
      intervals: [
        { endUs: 0, packets: 7 },
        { endUs: 0, packets: 15 },
        { endUs: 1, packets: 21 },
      ],
    },
    ring: { folder: '/ring', files: 2, bytes: 200, problem: undefined },
  });
});

test('without answers there is no sum', () => {
  assert.equal(sumOfSensors([undefined, undefined]), undefined);
});
