import type { Static } from 'typebox';
import type { RequestSchema } from '../../../../src/api/schema/request.ts';
import { addressOf } from '../../data/address.ts';
import { timeMs } from '../../data/format.ts';

/** A request as buffer B has it. */
export type StoredRequest = Static<typeof RequestSchema>;
/** An `http` or `waf` record. */
export type EveRecord = Readonly<Record<string, unknown>>;

/** A row of the table, of whatever source. */
export interface RequestRow {
  /** The same for the same request. */
  readonly id: string;
  readonly timeUs: number;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** Missing while there is no answer. */
  readonly status?: number;
  /** What was done with it: pass, deny, ...; empty where it was only seen going by. */
  readonly action: string;
  readonly score?: number;
  readonly categories: readonly string[];
  readonly ruleIds: readonly number[];
  /** In buffer B; empty where it never came through weir. */
  readonly reference: string;
  readonly communityId: string;
  readonly flowId?: number;
}

/** A row of a request that buffer B has. */
export function rowOfStored(request: StoredRequest): RequestRow {
  const rules = [...request.ruleIds, ...request.findings.flatMap(({ ruleIds }) => ruleIds)];
  return {
    id: request.reference,
    timeUs: request.timeUs,
    client: request.client.address,
    method: request.method,
    host: request.host,
    path: request.path + queryText(request.query),
    ...(request.response === undefined ? {} : { status: request.response.status }),
    action: request.action,
    ...(request.analysed ? { score: request.score } : {}),
    categories: request.categories,
    ruleIds: [...new Set(rules)],
    reference: request.reference,
    communityId: request.communityId,
  };
}

/** The query of a URL, with its question mark. */
export function queryText(pairs: readonly (readonly string[])[]): string {
  if (pairs.length === 0) return '';
  return `?${pairs.map(([name = '', value = '']) => (value === '' ? name : `${name}=${value}`)).join('&')}`;
}

/** A row of an `http` or `waf` record; undefined for others. */
export function rowOfRecord(record: EveRecord): RequestRow | undefined {
  const type = record.event_type;
  if (type !== 'http' && type !== 'waf') return undefined;
  const http = partOf(record.http);
  // Frames of HTTP/2 that carry no request, such as settings, have records, too.
  if (textOf(http.http_method) === '' && textOf(http.url) === '' && http.status === undefined)
    return undefined;
  const web = partOf(type === 'waf' ? record.waf : record.web);
  const reference = textOf(web.reference);
  const ruleIds = type === 'waf' ? [web.rule_id] : Array.isArray(web.rule_ids) ? web.rule_ids : [];
  const category = textOf(web.category);
  const communityId = textOf(record.community_id);
  const timeUs = timeMs(textOf(record.timestamp)) * 1000;
  const address = textOf(record.src_ip);
  return {
    id: reference === '' ? `${communityId}/${record.flow_id ?? ''}/${record.tx_id ?? timeUs}` : reference,
    timeUs,
    client: addressOf(address) ?? address,
    method: textOf(http.http_method),
    host: textOf(http.hostname),
    path: textOf(http.url),
    ...(typeof http.status === 'number' ? { status: http.status } : {}),
    action: textOf(web.action),
    ...(typeof web.score === 'number' ? { score: web.score } : {}),
    categories: category === '' || category === 'evaluation' ? [] : [category],
    ruleIds: ruleIds.filter((id) => typeof id === 'number'),
    reference,
    communityId,
    ...(typeof record.flow_id === 'number' ? { flowId: record.flow_id } : {}),
  };
}

/** One row for all that was said of one request: what its `http` record says, and the rules of its `waf` records. */
export function joined(a: RequestRow, b: RequestRow): RequestRow {
  const score = Math.max(a.score ?? -1, b.score ?? -1);
  return {
    ...a,
    ...b,
    action: b.action || a.action,
    ...(score < 0 ? {} : { score }),
    categories: [...new Set([...a.categories, ...b.categories])],
    ruleIds: [...new Set([...a.ruleIds, ...b.ruleIds])],
  };
}

/** Rows of records in their order, one for each request. */
export function rowsOfRecords(records: readonly EveRecord[]): readonly RequestRow[] {
  const rows = new Map<string, RequestRow>();
  for (const record of records) {
    const row = rowOfRecord(record);
    if (row === undefined) continue;
    const before = rows.get(row.id);
    rows.set(row.id, before === undefined ? row : joined(before, row));
  }
  return [...rows.values()];
}

/** Live rows: the newest first, at most `most`; what is told again of a request goes where its row is. */
export function withRecords(
  rows: readonly RequestRow[],
  records: readonly EveRecord[],
  most: number,
): readonly RequestRow[] {
  const at = new Map(rows.map((row, index) => [row.id, index]));
  const next = [...rows];
  const fresh: RequestRow[] = [];
  for (const row of rowsOfRecords(records)) {
    const index = at.get(row.id);
    const before = index === undefined ? undefined : next[index];
    if (index === undefined || before === undefined) fresh.push(row);
    else next[index] = joined(before, row);
  }
  return [...fresh.reverse(), ...next].slice(0, most);
}

/** An object of a record; empty where there is none. */
function partOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
