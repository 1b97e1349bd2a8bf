import type { OpenFlow, OpenFlowList, RunningWeir } from '../control/index.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import { formatTiming } from '../output/summary/format.ts';
import type { FlowAnswer } from '../store/index.ts';
import {
  askHistory,
  HISTORY_HELP,
  type HistoryQuestion,
  type HistorySource,
  parseHistoryOptions,
  WITHOUT_WEIR,
} from './history-options.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';
import { shortAddress } from './top-table.ts';

const ROWS = 20;
const HELP = `usage: weir flows [--store DIR] [options]

The latest flows of the history: who spoke with whom, how and how much. Asks the running weir, or a store.
With --open those that are open now, of the running weir: what they carried so far, those that carry the most first.

  --open                   flows that are open${HISTORY_HELP.replace('DEFAULT', String(ROWS))}`;

const SENT: TableColumn = { title: 'SENT', align: 'right' };
const RECEIVED: TableColumn = { title: 'RECEIVED', align: 'right' };
const ENDS: readonly TableColumn[] = [
  { title: 'CLIENT', most: 28 },
  { title: 'SERVER', most: 40 },
  { title: 'PROTOCOL', most: 24, style: 'bold' },
];
const STATE: TableColumn = { title: 'STATE', style: 'dim' };

const COLUMNS: readonly TableColumn[] = [
  { title: 'TIME (UTC)', style: 'dim' },
  ...ENDS,
  SENT,
  RECEIVED,
  { title: 'LASTED', align: 'right' },
  STATE,
];

const OPEN_COLUMNS: readonly TableColumn[] = [
  { title: 'SINCE (UTC)', style: 'dim' },
  ...ENDS,
  SENT,
  RECEIVED,
  { title: 'PER SECOND', align: 'right' },
  STATE,
];

/** `weir flows`: the latest flows of the history, or those that are open. */
export async function flows(args: readonly string[]): Promise<number> {
  const question = parseHistoryOptions('flows', args, { limit: ROWS, open: true });
  if (question === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const { folder, config, selection, json, open } = question;
  if (folder !== undefined) return askHistory(question, (store) => latest(store, question));
  const { askRunning } = await import('./running.ts');
  return askRunning(config, WITHOUT_WEIR, async (weir) => {
    if (open) {
      const list = await weir.open(selection, question.limit);
      process.stdout.write(json ? openJson(list) : openTable(list));
      return 0;
    }
    process.stdout.write(await latest(weir, question));
    if (!json) process.stdout.write(await openNote(weir, question));
    return 0;
  });
}

/** The flows that ended last. */
async function latest(source: Pick<HistorySource, 'flows'>, question: HistoryQuestion): Promise<string> {
  const found = await source.flows(question.selection, question.limit);
  if (question.json) return `${JSON.stringify({ flows: found.map(asJson) }, null, 2)}\n`;
  if (found.length === 0) return 'no flows\n';
  const more =
    found.length === question.limit
      ? `\n  the latest ${formatCount(found.length)}; --limit shows more\n`
      : '';
  return renderTable(COLUMNS, found.map(cells), terminalPaint()) + more;
}

/** That there are flows besides those of the history; empty where there are none, or weir does not tell. */
async function openNote(weir: RunningWeir, { selection }: HistoryQuestion): Promise<string> {
  const { ControlError } = await import('../control/index.ts');
  try {
    const { matching } = await weir.open(selection, 0);
    if (matching === 0) return '';
    return matching === 1
      ? '\n  1 flow is open: --open shows it\n'
      : `\n  ${formatCount(matching)} flows are open: --open shows them\n`;
  } catch (error) {
    if (error instanceof ControlError && error.code === 'off') return '';
    throw error;
  }
}

function openTable({ flows: found, matching, open, turnedAway }: OpenFlowList): string {
  const left =
    turnedAway > 0 ? `  ${formatCount(turnedAway)} flows found no room in this list since the start\n` : '';
  if (found.length === 0) {
    return `${open === 0 ? 'no flows are open' : `none of ${formatCount(open)} open flows is such`}\n${left}`;
  }
  const more =
    matching > found.length
      ? `\n  ${formatCount(found.length)} of ${formatCount(matching)} that are open; --limit shows more\n`
      : '';
  return renderTable(OPEN_COLUMNS, found.map(openCells), terminalPaint()) + more + left;
}

function openJson({ flows: found, ...counts }: OpenFlowList): string {
  const list = found.map(({ startUs, ...flow }) => ({
    start: new Date(startUs / 1000).toISOString(),
    startUs,
    ...asJson(flow),
  }));
  return `${JSON.stringify({ ...counts, flows: list }, null, 2)}\n`;
}

function openCells(flow: OpenFlow): string[] {
  const { startUs, bitsPerSecond, bytesToServer, bytesToClient, state } = flow;
  return [
    secondOf(startUs),
    ...endsOf(flow),
    formatBytes(bytesToServer),
    formatBytes(bytesToClient),
    bitsPerSecond === 0 ? '' : formatBytes(Math.round(bitsPerSecond / 8)),
    state,
  ];
}

function asJson<T extends FlowAnswer>({ timeUs, ...flow }: T) {
  return { time: new Date(timeUs / 1000).toISOString(), timeUs, ...flow };
}

function cells(flow: FlowAnswer): string[] {
  return [
    secondOf(flow.timeUs),
    ...endsOf(flow),
    formatBytes(flow.bytesToServer),
    formatBytes(flow.bytesToClient),
    flow.durationUs === undefined ? '' : formatTiming(flow.durationUs),
    flow.state,
  ];
}

function secondOf(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** Client, server and what they speak. */
function endsOf(flow: FlowAnswer): string[] {
  const kind = flow.application === '' ? flow.protocol : `${flow.protocol} ${flow.application}`;
  return [
    endpoint(flow.source, flow.sourcePort),
    flow.name === ''
      ? endpoint(flow.destination, flow.destinationPort)
      : withPort(flow.name, flow.destinationPort),
    kind === 'Unknown' || kind === '' ? flow.transport : kind,
  ];
}

function endpoint(address: string, port: number | undefined): string {
  const shown = shortAddress(address);
  return port === undefined ? shown : withPort(shown.includes(':') ? `[${shown}]` : shown, port);
}

function withPort(host: string, port: number | undefined): string {
  return port === undefined ? host : `${host}:${port}`;
}
