import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Configuration, defaultConfiguration } from '../config/index.ts';
import { ringFolders, strayPackets } from './ring-folders.ts';

function capture(folder: string, workers: number): Configuration['capture'] {
  const { capture: usual } = defaultConfiguration();
  return { ...usual, workers, ring: { ...usual.ring, folder } };
}

test('packets of a run with another number of sensors are named', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-rings-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = 'weir-20260301T120000.000000Z.pcapng';
  for (const name of ['sensor-1', 'sensor-2', 'sensor-3', 'others']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, file), '');
  }
  writeFileSync(join(folder, file), '');
  writeFileSync(join(folder, 'mine.pcapng'), '');
  const places = (workers: number): string[] =>
    strayPackets(capture(folder, workers)).map((line) => line.split(' has ')[0] ?? '');
  assert.deepEqual(
    places(1).toSorted(),
    [1, 2, 3].map((n) => join(folder, `sensor-${n}`)),
  );
  assert.deepEqual(places(2).toSorted(), [folder, join(folder, 'sensor-3')]);
  assert.deepEqual(places(3), [folder]);
  assert.match(strayPackets(capture(folder, 3))[0] ?? '', / has 1 file of packets from a run /);
  assert.deepEqual(ringFolders(capture(folder, 1)), [folder]);
  assert.deepEqual(ringFolders(capture('', 2)), []);
  assert.deepEqual(strayPackets(capture('', 2)), []);
});
