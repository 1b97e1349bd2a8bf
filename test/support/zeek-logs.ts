import { ZeekWriter } from '../../src/output/index.ts';
import { openCaptures } from '../../src/tap/capture/index.ts';
import { createEngine, DEFAULT_SETTINGS } from '../../src/tap/create.ts';
import { Sensor } from '../../src/tap/sensor.ts';

/** One line of a log: its values by column. */
export type ZeekLine = ReadonlyMap<string, string>;

/** A log in Zeek's text form. */
export interface ZeekTable {
  /** What `#path` says. */
  readonly path: string;
  readonly columns: readonly string[];
  readonly rows: readonly ZeekLine[];
}

/** Small enough that making one table for each of hundreds of captures costs little. */
const FLOWS = 1 << 16;

/** Reads captures as `weir read PATH... --zeek DIR` does, in this process, and returns the logs by their `#path`. */
export async function zeekLogs(paths: readonly string[]): Promise<ReadonlyMap<string, ZeekTable>> {
  const texts = new Map<string, string[]>();
  const sink = new ZeekWriter((name) => {
    const lines: string[] = [];
    texts.set(name, lines);
    return { write: (line) => lines.push(line), close: () => {} };
  });
  const engine = await createEngine({ ...DEFAULT_SETTINGS, maxFlows: FLOWS, sink });
  const sensor = new Sensor(engine, { decoder: {} });
  const captures = await openCaptures(paths, {});
  try {
    for await (const batch of captures.batches()) sensor.batch(batch);
  } finally {
    captures.close();
  }
  sensor.end();
  sink.close();
  const tables = [...texts.values()].map((lines) => readZeekTable(lines.join('')));
  return new Map(tables.map((table) => [table.path, table]));
}

/** Reads a log in Zeek's text form; one without a `#fields` line has no rows. */
export function readZeekTable(text: string): ZeekTable {
  let path = '';
  let columns: string[] = [];
  const rows: ZeekLine[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#fields')) columns = line.split('\t').slice(1);
    else if (line.startsWith('#path')) path = line.split('\t')[1] ?? '';
    else if (line !== '' && !line.startsWith('#') && columns.length > 0) {
      const values = line.split('\t');
      rows.push(new Map(columns.map((column, i) => [column, values[i] ?? '-'])));
    }
  }
  return { path, columns, rows };
}
