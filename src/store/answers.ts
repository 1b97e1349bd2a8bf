import { type Cell, type EveRecord, toFlowRecord } from './columns.ts';
import { limitOf, type Selection, source, typeName } from './questions.ts';
import type { Storage } from './storage.ts';
import { StoreError } from './store-error.ts';

/** One flow. Times and the duration are microseconds; texts are empty where nothing is known. */
export interface FlowAnswer {
  readonly timeUs: number;
  readonly flowId: number | undefined;
  readonly source: string;
  readonly sourcePort: number | undefined;
  readonly destination: string;
  readonly destinationPort: number | undefined;
  readonly transport: string;
  readonly communityId: string;
  readonly protocol: string;
  readonly application: string;
  readonly category: string;
  /** The server's name. */
  readonly name: string;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly packetsToServer: number;
  readonly packetsToClient: number;
  readonly durationUs: number | undefined;
  readonly state: string;
}

/** What a list of the most can be of. */
export type Subject = 'sources' | 'destinations' | 'applications' | 'protocols' | 'names';

/** One row of a list of the most. */
export interface TopAnswer {
  readonly key: string;
  /** Of destinations: the name that most flows gave it, where there is one. */
  readonly name: string;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly packets: number;
  readonly flows: number;
  /** Different addresses that opened these flows; about, within a few percent. */
  readonly clients: number;
  /** Time of the first and the last of these flows, microseconds. */
  readonly firstUs: number;
  readonly lastUs: number;
}

/** A list of the most, and all that it was taken from. */
export interface TopList {
  readonly rows: readonly TopAnswer[];
  readonly totalBytes: number;
  readonly totalFlows: number;
}

/** Traffic of one interval. A flow counts in the interval of its end. */
export interface SeriesPoint {
  /** Beginning of the interval, microseconds. */
  readonly timeUs: number;
  /** Protocol or application, where the question was by one; else empty. */
  readonly key: string;
  readonly bytes: number;
  readonly packets: number;
  readonly flows: number;
}

const KEYS: Readonly<Record<Subject, string>> = {
  sources: 'src_ip',
  destinations: 'dest_ip',
  applications: "coalesce(nullif(application, ''), protocol)",
  protocols: 'protocol',
  names: "nullif(name, '')",
};

const MOST_ROWS = 10_000;
const MOST_POINTS = 50_000;
/** Bytes of JSON that one answer holds at most; what is beyond is left out. */
const MOST_RECORD_BYTES = 64 << 20;

/** Flows, the newest first. */
export async function askFlows(storage: Storage, selection: Selection, limit: number): Promise<FlowAnswer[]> {
  const { sql, parameters } = source(storage, ['flow'], selection);
  const rows = await storage.ask(
    `SELECT * EXCLUDE (more) FROM ${sql} ORDER BY time DESC, flow_id LIMIT $limit`,
    { ...parameters, limit: limitOf(limit, MOST_ROWS) },
  );
  return rows.map(flowOf);
}

/** A flow out of its row. */
export function flowOf(row: Readonly<Record<string, Cell | number>>): FlowAnswer {
  return {
    timeUs: Number(row.time),
    flowId: number(row.flow_id),
    source: words(row.src_ip),
    sourcePort: number(row.src_port),
    destination: words(row.dest_ip),
    destinationPort: number(row.dest_port),
    transport: words(row.proto),
    communityId: words(row.community_id),
    protocol: words(row.protocol),
    application: words(row.application),
    category: words(row.category),
    name: words(row.name),
    bytesToServer: Number(row.bytes_toserver),
    bytesToClient: Number(row.bytes_toclient),
    packetsToServer: Number(row.pkts_toserver),
    packetsToClient: Number(row.pkts_toclient),
    durationUs: number(row.duration),
    state: words(row.state),
  };
}

/** Whole records of a type (undefined: all but flows), the newest first. */
export async function askRecords(
  storage: Storage,
  type: string | undefined,
  selection: Selection,
  limit: number,
): Promise<EveRecord[]> {
  const { sql, parameters } = source(storage, type === undefined ? type : [typeName(type)], selection);
  const rows = await storage.ask(
    `SELECT ${type === 'flow' ? '*' : 'time, record'} FROM ${sql} ORDER BY time DESC LIMIT $limit`,
    { ...parameters, limit: limitOf(limit, MOST_ROWS) },
    MOST_RECORD_BYTES,
  );
  return rows.map((row) =>
    type === 'flow'
      ? toFlowRecord(row as Readonly<Record<string, Cell>>)
      : (JSON.parse(row.record as string) as EveRecord),
  );
}

/** The most by bytes or by flows. */
export async function askTop(
  storage: Storage,
  subject: Subject,
  by: 'bytes' | 'flows',
  selection: Selection,
  limit: number,
): Promise<TopList> {
  const { sql, parameters } = source(storage, ['flow'], selection);
  const name = subject === 'destinations' ? "mode(nullif(name, ''))" : 'NULL';
  const rows = await storage.ask(
    `WITH summed AS (
       SELECT ${KEYS[subject]} AS key, sum(bytes_toserver)::DOUBLE AS up, sum(bytes_toclient)::DOUBLE AS down,
         sum(pkts_toserver + pkts_toclient)::DOUBLE AS packets, count(*) AS flows,
         approx_count_distinct(src_ip) AS clients, min(time) AS first, max(time) AS last, ${name} AS name
       FROM ${sql} GROUP BY key
     )
     SELECT *, sum(up + down) OVER () AS total_bytes, sum(flows) OVER ()::DOUBLE AS total_flows
     FROM summed QUALIFY key IS NOT NULL
     ORDER BY ${by === 'bytes' ? 'up + down' : 'flows'} DESC, key LIMIT $limit`,
    { ...parameters, limit: limitOf(limit, MOST_ROWS) },
  );
  return {
    totalBytes: Number(rows[0]?.total_bytes ?? 0),
    totalFlows: Number(rows[0]?.total_flows ?? 0),
    rows: rows.map((row) => ({
      key: words(row.key),
      name: words(row.name),
      bytesToServer: Number(row.up),
      bytesToClient: Number(row.down),
      packets: Number(row.packets),
      flows: Number(row.flows),
      clients: Number(row.clients),
      firstUs: Number(row.first),
      lastUs: Number(row.last),
    })),
  };
}

/** Traffic by interval, in the order of time; intervals without a flow are left out. */
export async function askSeries(
  storage: Storage,
  intervalSeconds: number,
  by: 'protocol' | 'application' | undefined,
  selection: Selection,
): Promise<SeriesPoint[]> {
  if (!Number.isSafeInteger(intervalSeconds) || intervalSeconds < 1 || intervalSeconds > 366 * 86_400) {
    throw new StoreError('question', `an interval is 1 second to 366 days, not ${intervalSeconds} s`);
  }
  const { sql, parameters } = source(storage, ['flow'], selection);
  const key = by === undefined ? "''" : by === 'protocol' ? KEYS.protocols : KEYS.applications;
  const rows = await storage.ask(
    `SELECT time_bucket(to_seconds($interval::BIGINT), time, TIMESTAMP '1970-01-01') AS bucket, ${key} AS key,
       sum(bytes_toserver + bytes_toclient)::DOUBLE AS bytes, sum(pkts_toserver + pkts_toclient)::DOUBLE AS packets,
       count(*) AS flows
     FROM ${sql} GROUP BY bucket, key ORDER BY bucket, bytes DESC, key LIMIT $limit`,
    { ...parameters, interval: BigInt(intervalSeconds), limit: BigInt(MOST_POINTS + 1) },
  );
  if (rows.length > MOST_POINTS) {
    throw new StoreError(
      'question',
      `more than ${MOST_POINTS} points: ask for less time or a longer interval`,
    );
  }
  return rows.map((row) => ({
    timeUs: Number(row.bucket),
    key: words(row.key),
    bytes: Number(row.bytes),
    packets: Number(row.packets),
    flows: Number(row.flows),
  }));
}

function words(cell: Cell | number | undefined): string {
  return typeof cell === 'string' ? cell : '';
}

function number(cell: Cell | number | undefined): number | undefined {
  return cell === null || cell === undefined ? undefined : Number(cell);
}
