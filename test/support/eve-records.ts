import { EveWriter } from '../../src/output/index.ts';
import { openCaptures } from '../../src/tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS, type EngineSettings } from '../../src/tap/create.ts';
import { Sensor } from '../../src/tap/sensor.ts';

/** A value of a record. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** One EVE record, as it was written and parsed again. */
export type EveRecord = { readonly [name: string]: Json };

/** Small enough that making one table for each of hundreds of captures costs little. */
const FLOWS = 1 << 16;

/** Reads captures as `weir read PATH... --eve FILE` does, in this process, and returns the records. */
export async function eveRecords(
  paths: readonly string[],
  settings: Partial<Omit<EngineSettings, 'sink'>> = {},
): Promise<EveRecord[]> {
  const records: EveRecord[] = [];
  const sink = new EveWriter({
    write: (line) => records.push(JSON.parse(line) as EveRecord),
    close: () => {},
  });
  const engine = await createEngine({ ...DEFAULT_SETTINGS, maxFlows: FLOWS, ...settings, sink });
  const sensor = new Sensor(engine, { decoder: {} });
  const captures = await openCaptures(paths, {});
  try {
    for await (const batch of captures.batches()) sensor.batch(batch);
  } finally {
    captures.close();
  }
  sensor.end();
  return records;
}
