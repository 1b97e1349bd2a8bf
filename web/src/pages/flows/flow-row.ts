import type { Static } from 'typebox';
import type { FlowSchema, OpenFlowSchema } from '../../../../src/api/schema/flow.ts';
import { addressOf } from '../../data/address.ts';
import { timeMs } from '../../data/format.ts';
import type { LiveRecord } from '../../data/types.ts';

/** A flow as the history tells it. */
export type Flow = Static<typeof FlowSchema>;
/** A flow that goes on. */
export type OpenFlow = Static<typeof OpenFlowSchema>;

/** A row of the table: a flow that ended, or one that goes on. */
export interface FlowRow extends Flow {
  /** The same for the same row. */
  readonly id: string;
  /** Of open flows. */
  readonly bitsPerSecond?: number;
}

/** What the API and the page's address call a flow: its number, else its community id. */
export function flowKey(flow: Pick<Flow, 'flowId' | 'communityId'>): string {
  return flow.flowId === undefined ? flow.communityId : String(flow.flowId);
}

/** A row of an answer. A flow that was told in parts has one row for each. */
export function rowOf(flow: Flow | OpenFlow): FlowRow {
  const ends = { source: shortAddress(flow.source), destination: shortAddress(flow.destination) };
  return { ...flow, ...ends, id: `${flowKey(flow)}/${flow.timeUs}` };
}

/** A row of a `flow` or `flow_progress` record of the live stream; undefined for others. */
export function rowOfRecord(record: LiveRecord): FlowRow | undefined {
  const app = partOf(record.app);
  const progress = partOf(record.flow_progress);
  const flow = record.event_type === 'flow' ? partOf(record.flow) : partOf(progress.total);
  if (record.event_type !== 'flow' && record.event_type !== 'flow_progress') return undefined;
  const lastMs = timeMs(record.timestamp);
  const startMs = timeMs(textOf(flow.start) ?? textOf(progress.start));
  const endMs = timeMs(textOf(flow.end) ?? record.timestamp);
  const communityId = record.community_id ?? '';
  const row = {
    timeUs: lastMs * 1000,
    ...(record.flow_id === undefined ? {} : { flowId: record.flow_id }),
    source: shortAddress(record.src_ip),
    ...(record.src_port === undefined ? {} : { sourcePort: record.src_port }),
    destination: shortAddress(record.dest_ip),
    ...(record.dest_port === undefined ? {} : { destinationPort: record.dest_port }),
    transport: record.proto ?? '',
    communityId,
    protocol: textOf(app.protocol) ?? record.app_proto ?? '',
    application: textOf(app.application) ?? '',
    category: textOf(app.category) ?? '',
    name: textOf(app.name) ?? '',
    bytesToServer: numberOf(flow.bytes_toserver),
    bytesToClient: numberOf(flow.bytes_toclient),
    packetsToServer: numberOf(flow.pkts_toserver),
    packetsToClient: numberOf(flow.pkts_toclient),
    ...(Number.isFinite(endMs - startMs) ? { durationUs: Math.max(0, endMs - startMs) * 1000 } : {}),
    state: textOf(flow.state) ?? textOf(progress.state) ?? '',
  };
  return { ...row, id: flowKey(row) };
}

/** Live rows: the newest flow first; a flow that is told again keeps its place. At most `most`. */
export function withRecords(
  rows: readonly FlowRow[],
  records: readonly LiveRecord[],
  most: number,
): readonly FlowRow[] {
  const at = new Map(rows.map((row, index) => [row.id, index]));
  const next = [...rows];
  const fresh = new Map<string, FlowRow>();
  for (const record of records) {
    const row = rowOfRecord(record);
    if (row === undefined) continue;
    const index = at.get(row.id);
    if (index === undefined) {
      // The newest of a batch stands first; Map keeps the first place of a key.
      fresh.set(row.id, row);
    } else next[index] = row;
  }
  if (fresh.size === 0) return next.length === 0 ? rows : next;
  return [...[...fresh.values()].reverse(), ...next].slice(0, most);
}

/** EVE writes IPv6 with all its digits. */
export function shortAddress(address: string | undefined): string {
  return address === undefined ? '' : (addressOf(address) ?? address);
}

/** An object of a record; empty where there is none. */
export function partOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** A text of a record; undefined where it is none, or empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
