import assert from 'node:assert/strict';
import { release } from 'node:os';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Line } from '../../bench/live/line.ts';
import { type Memory, sensorMemory } from '../../bench/live/memory.ts';
import { whileUp } from '../../bench/live/up.ts';
import { ndpiAddon } from '../../src/native/index.ts';
import { withoutWire } from '../support/wire.ts';

const FLOWS = 10_000;
const A_SECOND = 10_000;
/** MB (10^6 bytes) that the sensor may take with so many live flows. */
const MOST_MB = 64;
/** The sensor looks at its memory every 10 s, and leaves it alone while packets wait. */
const LONGEST_S = 50;

/** Pages of a program come back one by one since Linux 6.7 (native/memory.c). */
function withoutSingleFaults(): string | false {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  if (major > 6 || (major === 6 && minor >= 7)) return false;
  return `Linux ${release()} maps programs in larger pieces: it takes 6.7 or later to stay below ${MOST_MB} MB`;
}

const skip = withoutWire() || withoutSingleFaults() || (ndpiAddon() === undefined && 'nDPI is not installed');

test(`a sensor with ${FLOWS} live flows and nDPI takes ${MOST_MB} MB at most`, {
  skip,
  timeout: 180_000,
}, async (t) => {
  const line = new Line();
  t.after(() => line.remove());
  // The first start after a change of the sources compiles them, and keeps what that takes.
  await whileUp(line, async () => {});
  const memory = await whileUp(line, async ({ control }): Promise<Memory> => {
    await line.send('flows', FLOWS, A_SECOND);
    let now = await sensorMemory(control);
    for (let i = 0; i < LONGEST_S && (now.flows < FLOWS || now.residentMb > MOST_MB); i++) {
      await wait(1000);
      now = await sensorMemory(control);
    }
    return now;
  });
  t.diagnostic(`${memory.residentMb.toFixed(1)} MB resident, ${memory.privateMb.toFixed(1)} private`);
  assert.equal(memory.flows, FLOWS);
  assert.equal(memory.dropped, 0);
  assert.ok(memory.residentMb <= MOST_MB, JSON.stringify(memory));
});
