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

/** What is set besides the engine: how records are written, and how packets are decoded. */
export interface Around {
  readonly eve?: ConstructorParameters<typeof EveWriter>[1];
  readonly decoder?: ConstructorParameters<typeof Sensor>[1]['decoder'];
}

/** Reads captures as `weir read PATH... --eve FILE` does, in this process, and returns the records. */
export async function eveRecords(
  paths: readonly string[],
  settings: Partial<Omit<EngineSettings, 'sink'>> = {},
  { eve = {}, decoder = {} }: Around = {},
): Promise<EveRecord[]> {
  const records: EveRecord[] = [];
  const lines = { write: (line: string) => records.push(JSON.parse(line) as EveRecord), close: () => {} };
  const sink = new EveWriter(lines, eve);
  const engine = await createEngine({ ...DEFAULT_SETTINGS, maxFlows: FLOWS, ...settings, sink });
  const sensor = new Sensor(engine, { decoder });
  const captures = await openCaptures(paths, {});
  try {
    for await (const batch of captures.batches()) sensor.batch(batch);
  } finally {
    captures.close();
  }
  sensor.end();
  return records;
}
