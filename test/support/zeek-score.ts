import { join } from 'node:path';
import { CORPUS, corpusCases } from './corpus.ts';
import { readZeekTable, type ZeekLine, type ZeekTable, zeekLogs } from './zeek-logs.ts';

/** A case of Zeek's test suite, as the corpus keeps it: the expected logs by file name. */
interface ZeekCase {
  readonly pcap: string;
  readonly logs: Readonly<Record<string, string>>;
}

/** An expected row that is not among ours. */
export interface MissingRow {
  readonly name: string;
  /** The log's `#path`. */
  readonly log: string;
  readonly row: ZeekLine;
  /** Columns in which the row of ours that is nearest differs: `wanted` from `got`. */
  readonly differences: readonly string[];
}

/** How our logs do on a suite. */
export interface ZeekScore {
  readonly rows: number;
  readonly missing: readonly MissingRow[];
  /** By log: rows that were expected, and those of them that are ours too. */
  readonly logs: ReadonlyMap<string, { readonly rows: number; readonly right: number }>;
}

/** Logs that are compared. */
const LOGS = new Set(['conn', 'http', 'ssl', 'dns', 'files', 'x509', 'quic']);

/** Columns that hold times, random names, or what only Zeek's site configuration knows. */
const SKIPPED = new Set([
  'ts',
  'uid',
  'id',
  'fuid',
  'fuids',
  'orig_fuids',
  'resp_fuids',
  'conn_uids',
  'cert_chain_fuids',
  'client_cert_chain_fuids',
  'cert_chain_fps',
  'client_cert_chain_fps',
  'tunnel_parents',
  'local_orig',
  'local_resp',
  'rtt',
  'duration',
  'peer',
  'analyzers',
]);

/** Runs all cases in this process, each capture once, and compares the columns that both sides have. */
export async function scoreZeek(only = ''): Promise<ZeekScore> {
  const byCapture = new Map<string, [name: string, content: ZeekCase][]>();
  for (const [name, content] of corpusCases<ZeekCase>('zeek')) {
    if (!name.includes(only)) continue;
    const held = byCapture.get(content.pcap);
    if (held === undefined) byCapture.set(content.pcap, [[name, content]]);
    else held.push([name, content]);
  }
  const missing: MissingRow[] = [];
  const logs = new Map<string, { rows: number; right: number }>();
  let rows = 0;
  for (const [pcap, held] of byCapture) {
    const ours = await zeekLogs([join(CORPUS, pcap)]);
    for (const [name, content] of held) {
      for (const text of Object.values(content.logs)) {
        const wanted = readZeekTable(text);
        if (!LOGS.has(wanted.path)) continue;
        const absent = compare(name, wanted, ours.get(wanted.path));
        missing.push(...absent);
        rows += wanted.rows.length;
        const sum = logs.get(wanted.path) ?? { rows: 0, right: 0 };
        sum.rows += wanted.rows.length;
        sum.right += wanted.rows.length - absent.length;
        logs.set(wanted.path, sum);
      }
    }
  }
  return { rows, missing, logs };
}

function compare(name: string, wanted: ZeekTable, ours: ZeekTable | undefined): MissingRow[] {
  const columns = wanted.columns.filter(
    (column) => !SKIPPED.has(column) && (ours === undefined || ours.columns.includes(column)),
  );
  const rest = ours === undefined ? [] : [...ours.rows];
  const absent = wanted.rows.filter((row) => {
    const at = rest.findIndex((other) => columns.every((column) => other.get(column) === row.get(column)));
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return absent.map((row) => ({ name, log: wanted.path, row, differences: nearest(row, rest, columns) }));
}

function nearest(row: ZeekLine, rest: readonly ZeekLine[], columns: readonly string[]): string[] {
  let best: string[] = ['no such row'];
  let fewest = columns.length;
  for (const other of rest) {
    const differing = columns.filter((column) => other.get(column) !== row.get(column));
    if (differing.length >= fewest) continue;
    fewest = differing.length;
    best = differing.map((column) => `${column} ${row.get(column)} from ${other.get(column)}`);
  }
  return best;
}
