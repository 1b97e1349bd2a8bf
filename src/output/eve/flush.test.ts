import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCaptures } from '../../tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../../tap/create.ts';
import { Sensor } from '../../tap/sensor.ts';
import { Sinks } from '../sinks.ts';
import { CHUNK_BYTES } from './entries.ts';
import { EveWriter } from './eve.ts';

const CAPTURES = join(import.meta.dirname, '../../../demo/captures');
const folder = mkdtempSync(join(tmpdir(), 'weir-eve-'));
after(() => rmSync(folder, { recursive: true }));

test('what is flushed on the way is what is written at the end', async () => {
  const paths = { once: join(folder, 'once.json'), flushed: join(folder, 'flushed.json') };
  const once = new EveWriter(paths.once);
  const flushed = new EveWriter(paths.flushed);
  const sizeOf = (path: string): number => statSync(path).size;

  async function pass(flush: boolean): Promise<void> {
    const engine = await createEngine({ ...DEFAULT_SETTINGS, sink: new Sinks([once, flushed]) });
    const sensor = new Sensor(engine, { decoder: {} });
    const sequence = await openCaptures([CAPTURES]);
    for await (const batch of sequence.batches()) {
      sensor.batch(batch);
      if (flush) flushed.flush();
    }
    sensor.end();
    if (flush) flushed.flush();
    sequence.close();
  }

  // Nothing has filled a chunk: it is rendered here, and is in the file when flush returns.
  await pass(true);
  const first = sizeOf(paths.flushed);
  assert.ok(first > 100_000);
  flushed.flush();
  assert.equal(sizeOf(paths.flushed), first);

  // Now several chunks fill, so that the thread takes over, with the names of what was flushed before.
  for (let i = 0; i < 6; i++) await pass(false);
  assert.ok(first * 7 > CHUNK_BYTES * 2);
  await pass(true);
  const deadline = performance.now() + 10_000;
  while (sizeOf(paths.flushed) < first * 8 && performance.now() < deadline) await sleep(20);
  assert.equal(sizeOf(paths.flushed), first * 8);

  once.close();
  flushed.close();
  assert.ok(readFileSync(paths.once).equals(readFileSync(paths.flushed)));
});
