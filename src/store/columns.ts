import { expandIpv6, formatAddress, parseAddress } from '../net/index.ts';
import { formatRecordTime, parseRecordTime } from './record-time.ts';
import { StoreError } from './store-error.ts';

/**
 * A record as the outputs write it: EVE JSON, parsed (docs/records.md). `timestamp` and `event_type` are in each;
 * the store knows some of the other fields and keeps all.
 */
export interface EveRecord {
  readonly timestamp: string;
  readonly event_type: string;
  readonly [name: string]: unknown;
}

/** A value as a column holds it: times and integers are bigint, in microseconds where they are times. */
export type Cell = string | bigint | null;

type ColumnType = 'TIMESTAMP' | 'BIGINT' | 'UINTEGER' | 'INTEGER' | 'VARCHAR';

/** A column, and where its value lies in the record; no path for what is computed. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  readonly path?: readonly [string] | readonly [string, string];
}

const ENDPOINTS: readonly Column[] = [
  { name: 'time', type: 'TIMESTAMP' },
  { name: 'flow_id', type: 'BIGINT', path: ['flow_id'] },
  { name: 'src_ip', type: 'VARCHAR' },
  { name: 'src_v4', type: 'UINTEGER' },
  { name: 'src_port', type: 'INTEGER', path: ['src_port'] },
  { name: 'dest_ip', type: 'VARCHAR' },
  { name: 'dest_v4', type: 'UINTEGER' },
  { name: 'dest_port', type: 'INTEGER', path: ['dest_port'] },
  { name: 'proto', type: 'VARCHAR', path: ['proto'] },
  { name: 'community_id', type: 'VARCHAR', path: ['community_id'] },
  { name: 'app_proto', type: 'VARCHAR', path: ['app_proto'] },
];

/**
 * Columns of flow records. `duration` is in microseconds; `time` is the record's, so that of the flow's last packet.
 * `more` is a JSON object of all that has no column of its own: nothing of the record is lost.
 */
export const FLOW_COLUMNS: readonly Column[] = [
  ...ENDPOINTS,
  { name: 'in_iface', type: 'VARCHAR', path: ['in_iface'] },
  { name: 'protocol', type: 'VARCHAR', path: ['app', 'protocol'] },
  { name: 'application', type: 'VARCHAR', path: ['app', 'application'] },
  { name: 'category', type: 'VARCHAR', path: ['app', 'category'] },
  { name: 'confidence', type: 'VARCHAR', path: ['app', 'confidence'] },
  { name: 'name', type: 'VARCHAR', path: ['app', 'name'] },
  { name: 'bytes_toserver', type: 'BIGINT', path: ['flow', 'bytes_toserver'] },
  { name: 'bytes_toclient', type: 'BIGINT', path: ['flow', 'bytes_toclient'] },
  { name: 'pkts_toserver', type: 'BIGINT', path: ['flow', 'pkts_toserver'] },
  { name: 'pkts_toclient', type: 'BIGINT', path: ['flow', 'pkts_toclient'] },
  { name: 'duration', type: 'BIGINT' },
  { name: 'state', type: 'VARCHAR', path: ['flow', 'state'] },
  { name: 'reason', type: 'VARCHAR', path: ['flow', 'reason'] },
  { name: 'more', type: 'VARCHAR' },
];

/** Columns of all other records; `record` is the whole of it as JSON. */
export const EVENT_COLUMNS: readonly Column[] = [
  { name: 'event_type', type: 'VARCHAR' },
  ...ENDPOINTS,
  { name: 'record', type: 'VARCHAR' },
];

/** A record may be as long as this as JSON: several times what the parsers' limits allow. */
const MOST_CHARACTERS = 4 << 20;

/** A type becomes the name of a folder: letters and digits only, and no more than a screen of them. */
const TYPE = /^[a-z][a-z0-9_]{0,31}$/;

/** Whether the text can be a record's type. */
export function isEventType(text: string): boolean {
  return TYPE.test(text);
}

/** A record as the cells of its table. */
export interface Row {
  readonly table: 'flow' | 'event';
  readonly timeUs: number;
  readonly cells: readonly Cell[];
}

/** Turns a record into cells; `number` (from 1) says in errors which record of the batch it was. */
export function toRow(record: EveRecord, number: number): Row {
  const wrong = (what: string): StoreError =>
    new StoreError('record', `record ${number} of the batch: ${what}`);
  if (typeof record !== 'object' || record === null) throw wrong('is no object');
  const { event_type: type, timestamp } = record;
  const timeUs = typeof timestamp === 'string' ? parseRecordTime(timestamp) : undefined;
  if (timeUs === undefined) {
    throw wrong(`timestamp is not a time such as 2026-11-21T02:24:31.804682+0000: ${shown(timestamp)}`);
  }
  if (typeof type !== 'string' || !isEventType(type)) {
    throw wrong(`event_type is not a name of at most 32 small letters and digits: ${shown(type)}`);
  }
  const flow = type === 'flow';
  const cells = flow ? flowCells(record, timeUs) : eventCells(record, timeUs);
  if ((cells.at(-1) as string).length > MOST_CHARACTERS) {
    throw wrong(`is longer than ${MOST_CHARACTERS} characters`);
  }
  return { table: flow ? 'flow' : 'event', timeUs, cells };
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

function eventCells(record: EveRecord, timeUs: number): Cell[] {
  const source = address(record.src_ip);
  const destination = address(record.dest_ip);
  return EVENT_COLUMNS.map((column) => {
    if (column.path !== undefined) return cellOf(column.type, record[column.path[0]]);
    if (column.name === 'event_type') return record.event_type;
    if (column.name === 'record') return JSON.stringify(record);
    return endpointCell(column.name, timeUs, source, destination);
  });
}

function flowCells(record: EveRecord, timeUs: number): Cell[] {
  const source = address(record.src_ip);
  const destination = address(record.dest_ip);
  // What is left of these three when the columns have taken theirs is `more`.
  const rest: Record<string, unknown> = { ...record };
  const inner: Record<string, Record<string, unknown>> = {};
  for (const name of ['app', 'flow']) {
    const value = record[name];
    if (!isObject(value)) continue;
    inner[name] = { ...value };
    rest[name] = inner[name];
  }
  const duration = takeDuration(inner.flow, record.timestamp, timeUs);
  const cells: Cell[] = [];
  for (const { name, type, path } of FLOW_COLUMNS) {
    if (path !== undefined) {
      const owner = path.length === 1 ? rest : inner[path[0]];
      const field = path.length === 1 ? path[0] : path[1];
      const cell = owner === undefined ? null : cellOf(type, owner[field]);
      if (cell !== null && owner !== undefined) delete owner[field];
      cells.push(cell);
    } else if (name === 'duration') cells.push(duration);
    else if (name !== 'more') cells.push(endpointCell(name, timeUs, source, destination));
  }
  if (formatRecordTime(timeUs) === record.timestamp) delete rest.timestamp;
  delete rest.event_type;
  if (source?.text === record.src_ip) delete rest.src_ip;
  if (destination?.text === record.dest_ip) delete rest.dest_ip;
  for (const name of Object.keys(inner)) {
    if (Object.keys(inner[name] ?? {}).length === 0 && hasColumn(cells, name)) delete rest[name];
  }
  cells.push(JSON.stringify(rest));
  return cells;
}

/** Whether a cell makes the object appear again when the record is put together. */
function hasColumn(cells: readonly Cell[], object: string): boolean {
  return FLOW_COLUMNS.some(({ path }, i) => path?.[0] === object && cells[i] !== null);
}

/** Start and end as one length of time where the end is the record's own time, as it is in all that weir writes. */
function takeDuration(
  flow: Record<string, unknown> | undefined,
  timestamp: string,
  timeUs: number,
): bigint | null {
  if (flow === undefined || typeof flow.start !== 'string' || flow.end !== timestamp) return null;
  const startUs = parseRecordTime(flow.start);
  if (startUs === undefined || startUs > timeUs) return null;
  if (formatRecordTime(startUs) !== flow.start || formatRecordTime(timeUs) !== timestamp) return null;
  delete flow.start;
  delete flow.end;
  return BigInt(timeUs - startUs);
}

interface Endpoint {
  readonly text: string;
  readonly word: bigint | null;
}

/** IPv6 with all its digits, so that the order of the texts is that of the addresses; IPv4 also as a number. */
function address(value: unknown): Endpoint | undefined {
  if (typeof value !== 'string' || value.length > 45) return undefined;
  const known = parseAddress(value);
  if (known === undefined) return undefined;
  if (known.version === 4)
    return { text: formatAddress(4, ...known.words), word: BigInt(known.words[0] >>> 0) };
  return { text: expandIpv6(formatAddress(6, ...known.words)), word: null };
}

function endpointCell(
  name: string,
  timeUs: number,
  source: Endpoint | undefined,
  destination: Endpoint | undefined,
): Cell {
  if (name === 'time') return BigInt(timeUs);
  const end = name.startsWith('src') ? source : destination;
  return (name.endsWith('_v4') ? end?.word : end?.text) ?? null;
}

/** The value if the column can hold it without loss. */
function cellOf(type: ColumnType, value: unknown): Cell {
  if (type === 'VARCHAR') return typeof value === 'string' ? value : null;
  if (!Number.isSafeInteger(value)) return null;
  if (type === 'INTEGER' && Math.abs(value as number) > 0x7fffffff) return null;
  return BigInt(value as number);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Puts a flow record together again from the cells of its row, by the names of the columns. */
export function toFlowRecord(row: Readonly<Record<string, Cell>>): EveRecord {
  const more = JSON.parse(row.more as string) as Record<string, unknown>;
  const timeUs = Number(row.time);
  const record: Record<string, unknown> = { timestamp: formatRecordTime(timeUs), event_type: 'flow' };
  for (const { name, path } of FLOW_COLUMNS) {
    const cell = row[name] ?? null;
    if (cell === null) continue;
    const value = typeof cell === 'bigint' ? Number(cell) : cell;
    if (name === 'src_ip' || name === 'dest_ip') record[name] = value;
    else if (name === 'duration') {
      const startUs = timeUs - Number(cell);
      Object.assign(child(record, 'flow'), {
        start: formatRecordTime(startUs),
        end: formatRecordTime(timeUs),
      });
    } else if (path?.length === 1) record[path[0]] = value;
    else if (path?.length === 2) child(record, path[0])[path[1]] = value;
  }
  for (const [name, value] of Object.entries(more)) {
    if ((name === 'app' || name === 'flow') && isObject(value)) Object.assign(child(record, name), value);
    else record[name] = value;
  }
  return record as EveRecord;
}

function child(record: Record<string, unknown>, name: string): Record<string, unknown> {
  const existing = record[name];
  if (isObject(existing)) return existing as Record<string, unknown>;
  const made: Record<string, unknown> = {};
  record[name] = made;
  return made;
}
