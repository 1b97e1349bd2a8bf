import { formatBytes, formatCount } from '../output/index.ts';
import { formatTiming } from '../output/summary/format.ts';
import type { FlowAnswer } from '../store/index.ts';
import { askHistory, HISTORY_HELP, parseHistoryOptions } from './history-options.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';
import { shortAddress } from './top-table.ts';

const ROWS = 20;
const HELP = `usage: weir flows [--store DIR] [options]

The latest flows of the history: who spoke with whom, how and how much. Asks the running weir, or a store.
${HISTORY_HELP.replace('DEFAULT', String(ROWS))}`;

const COLUMNS: readonly TableColumn[] = [
  { title: 'TIME (UTC)', style: 'dim' },
  { title: 'CLIENT', most: 28 },
  { title: 'SERVER', most: 40 },
  { title: 'PROTOCOL', most: 24, style: 'bold' },
  { title: 'SENT', align: 'right' },
  { title: 'RECEIVED', align: 'right' },
  { title: 'LASTED', align: 'right' },
  { title: 'STATE', style: 'dim' },
];

/** `weir flows`: the latest flows of the history. */
export async function flows(args: readonly string[]): Promise<number> {
  const question = parseHistoryOptions('flows', args, { limit: ROWS });
  if (question === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  return askHistory(question, async (source) => {
    const found = await source.flows(question.selection, question.limit);
    if (question.json) return `${JSON.stringify({ flows: found.map(asJson) }, null, 2)}\n`;
    if (found.length === 0) return 'no flows\n';
    const more =
      found.length === question.limit
        ? `\n  the latest ${formatCount(found.length)}; --limit shows more\n`
        : '';
    return renderTable(COLUMNS, found.map(cells), terminalPaint()) + more;
  });
}

function asJson({ timeUs, ...flow }: FlowAnswer) {
  return { time: new Date(timeUs / 1000).toISOString(), timeUs, ...flow };
}

function cells(flow: FlowAnswer): string[] {
  const kind = flow.application === '' ? flow.protocol : `${flow.protocol} ${flow.application}`;
  return [
    new Date(flow.timeUs / 1000).toISOString().slice(0, 19).replace('T', ' '),
    endpoint(flow.source, flow.sourcePort),
    flow.name === ''
      ? endpoint(flow.destination, flow.destinationPort)
      : withPort(flow.name, flow.destinationPort),
    kind === 'Unknown' || kind === '' ? flow.transport : kind,
    formatBytes(flow.bytesToServer),
    formatBytes(flow.bytesToClient),
    flow.durationUs === undefined ? '' : formatTiming(flow.durationUs),
    flow.state,
  ];
}

function endpoint(address: string, port: number | undefined): string {
  const shown = shortAddress(address);
  return port === undefined ? shown : withPort(shown.includes(':') ? `[${shown}]` : shown, port);
}

function withPort(host: string, port: number | undefined): string {
  return port === undefined ? host : `${host}:${port}`;
}
