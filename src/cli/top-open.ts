import { ControlError, type OpenFlow, type OpenFlowList, type RunningWeir } from '../control/index.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import type { Subject, TopAnswer, TopList } from '../store/index.ts';
import type { HistoryQuestion } from './history-options.ts';
import { shortAddress } from './top-table.ts';

/** Open flows that are asked for; the answer has those that carry the most first. */
const MOST_OPEN = 10_000;

/** A row of the most, with what is under way counted in; `clients` are at least so many. */
export interface TopRow extends TopAnswer {
  /** How many of its flows are open, and what they carried so far. */
  readonly openFlows: number;
  readonly openBytes: number;
}

/** A list of the most, with what is under way counted in. */
export interface OpenTop extends TopList {
  readonly rows: readonly TopRow[];
}

/** What is open of a selection; undefined where the running weir does not follow that. Throws a ControlError. */
export async function askOpen(
  weir: Pick<RunningWeir, 'open'>,
  { selection }: HistoryQuestion,
): Promise<OpenFlowList | undefined> {
  try {
    return await weir.open(selection, MOST_OPEN);
  } catch (error) {
    if (error instanceof ControlError && error.code === 'off') return undefined;
    throw error;
  }
}

/** Counts open flows in: `history` should be long, for a row of it may come to the front by them. */
export function withOpen(
  subject: Subject,
  history: TopList,
  open: readonly OpenFlow[],
  { by, limit }: Pick<HistoryQuestion, 'by' | 'limit'>,
): OpenTop {
  const rows = new Map<string, TopRow>();
  for (const row of history.rows) rows.set(shortAddress(row.key), { ...row, openFlows: 0, openBytes: 0 });
  const groups = Map.groupBy(open, (flow) => {
    const key = subjectOf(subject, flow);
    return key === undefined ? undefined : shortAddress(key);
  });
  for (const [key, flows] of groups)
    if (key !== undefined) rows.set(key, added(subject, key, rows.get(key), flows));
  const size =
    by === 'bytes' ? (row: TopRow) => row.bytesToServer + row.bytesToClient : (row: TopRow) => row.flows;
  return {
    rows: [...rows.values()]
      .toSorted((a, b) => size(b) - size(a) || (a.key < b.key ? -1 : 1))
      .slice(0, limit),
    totalBytes: history.totalBytes + sum(open, bytesOf),
    totalFlows: history.totalFlows + open.length,
  };
}

/** What is under way, in words; empty where nothing is. */
export function openWords({ flows, matching, turnedAway }: OpenFlowList): string {
  if (matching === 0) return '';
  const one = matching === 1;
  const bits = sum(flows, ({ bitsPerSecond }) => bitsPerSecond);
  const rate = bits === 0 ? '' : `, ${formatBytes(Math.round(bits / 8))} a second now`;
  const more =
    matching > flows.length ? `; the ${formatCount(flows.length)} that carry the most are counted` : '';
  const lost =
    turnedAway === 0 ? '' : `; ${formatCount(turnedAway)} found no room in the list since the start`;
  return `  ${formatCount(matching)} ${one ? 'flow is' : 'flows are'} open, with ${formatBytes(sum(flows, bytesOf))} so far${rate}${more}${lost}: 'weir flows --open' shows ${one ? 'it' : 'them'}\n`;
}

function added(subject: Subject, key: string, row: TopRow | undefined, flows: readonly OpenFlow[]): TopRow {
  const openBytes = sum(flows, bytesOf);
  return {
    key: row?.key ?? key,
    name:
      row?.name || (subject === 'destinations' ? (flows.find(({ name }) => name !== '')?.name ?? '') : ''),
    bytesToServer: (row?.bytesToServer ?? 0) + sum(flows, ({ bytesToServer }) => bytesToServer),
    bytesToClient: (row?.bytesToClient ?? 0) + sum(flows, ({ bytesToClient }) => bytesToClient),
    packets: (row?.packets ?? 0) + sum(flows, (flow) => flow.packetsToServer + flow.packetsToClient),
    flows: (row?.flows ?? 0) + flows.length,
    // How many of them the history has too is not known.
    clients: Math.max(row?.clients ?? 0, new Set(flows.map(({ source }) => source)).size),
    firstUs: Math.min(row?.firstUs ?? Number.POSITIVE_INFINITY, earliest(flows)),
    lastUs: Math.max(row?.lastUs ?? 0, latest(flows)),
    openFlows: flows.length,
    openBytes,
  };
}

/** What the history counts a flow under; undefined: it does not. */
function subjectOf(subject: Subject, flow: OpenFlow): string | undefined {
  switch (subject) {
    case 'sources':
      return flow.source;
    case 'destinations':
      return flow.destination;
    case 'applications':
      return flow.application === '' ? flow.protocol : flow.application;
    case 'protocols':
      return flow.protocol;
    case 'names':
      return flow.name === '' ? undefined : flow.name;
    default:
      return subject satisfies never;
  }
}

function earliest(flows: readonly OpenFlow[]): number {
  return flows.reduce((least, { timeUs }) => Math.min(least, timeUs), Number.POSITIVE_INFINITY);
}

function latest(flows: readonly OpenFlow[]): number {
  return flows.reduce((most, { timeUs }) => Math.max(most, timeUs), 0);
}

function bytesOf({ bytesToServer, bytesToClient }: OpenFlow): number {
  return bytesToServer + bytesToClient;
}

function sum(flows: readonly OpenFlow[], of: (flow: OpenFlow) => number): number {
  return flows.reduce((all, flow) => all + of(flow), 0);
}
