import { openCaptures } from '../tap/capture/index.ts';
import { PayloadMapper } from '../tap/conversation/mapper.ts';
import { createEngine, DEFAULT_SETTINGS } from '../tap/create.ts';
import { Sensor } from '../tap/sensor.ts';

/** Where a flow's payload lies: its packed map, and the captures with the numbers that the map uses. */
export interface FoundFlow {
  readonly map: Uint8Array;
  readonly files: readonly string[];
  readonly numbers: readonly number[];
}

const nobody = { transaction(): void {}, flow(): void {}, anomaly(): void {} };

/** Reads captures once for the flow with this flow_id or community id. */
export async function findFlow(wanted: string, paths: readonly string[]): Promise<FoundFlow | undefined> {
  const sequence = await openCaptures(paths, {
    onFinding: (finding) => {
      if (finding.severity === 'error') process.stderr.write(`weir: ${finding.message}\n`);
    },
  });
  let map: Uint8Array | undefined;
  const engine = await createEngine({
    ...DEFAULT_SETTINGS,
    sink: nobody,
    payload: (tables) =>
      new PayloadMapper(tables, (flow, found) => {
        if (map === undefined && (String(flow.id) === wanted || flow.communityId === wanted))
          map = found.packed();
      }),
  });
  const sensor = new Sensor(engine, { decoder: {} });
  try {
    for await (const batch of sequence.batches()) sensor.batch(batch);
    sensor.end();
  } finally {
    sequence.close();
  }
  if (map === undefined) return undefined;
  return {
    map,
    files: sequence.files.map((file) => file.path),
    numbers: sequence.files.map((file) => file.number),
  };
}
