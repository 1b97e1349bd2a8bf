import { formatAddress, parseAddress } from '../net/index.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import type { Paint } from '../output/summary/paint.ts';
import type { Subject, TopAnswer, TopList } from '../store/index.ts';
import { renderTable, shareBar, type TableColumn } from './table.ts';

const BAR = 12;
const TITLES: Readonly<Record<Subject, string>> = {
  sources: 'SOURCE',
  destinations: 'DESTINATION',
  applications: 'APPLICATION',
  protocols: 'PROTOCOL',
  names: 'NAME',
};

/** A list of the most as a table with bars; of rows that say how many of their flows are open, with that. */
export function renderTop(subject: Subject, list: TopList, by: 'bytes' | 'flows', colors: Paint): string {
  if (list.rows.length === 0) return `no ${subject}\n`;
  const open = list.rows.some((row) => openFlowsOf(row) > 0);
  const named = subject === 'destinations';
  const columns: TableColumn[] = [
    { title: TITLES[subject], most: 40, style: 'bold' },
    ...(named ? [{ title: 'NAME', most: 36 }] : []),
    { title: '', style: 'bar' },
    { title: by === 'bytes' ? '% BYTES' : '% FLOWS', align: 'right' },
    { title: 'SENT', align: 'right' },
    { title: 'RECEIVED', align: 'right' },
    { title: 'FLOWS', align: 'right' },
    ...(open ? [{ title: 'OPEN', align: 'right' } as const] : []),
    ...(subject === 'sources' ? [] : [{ title: 'CLIENTS', align: 'right', style: 'dim' } as const]),
    { title: 'LAST SEEN (UTC)', style: 'dim' },
  ];
  const rows = list.rows.map((row) => {
    const share = shareOf(row, list, by);
    return [
      shortAddress(row.key),
      ...(named ? [row.name] : []),
      shareBar(share, BAR),
      `${(share * 100).toFixed(1)}`,
      formatBytes(row.bytesToServer),
      formatBytes(row.bytesToClient),
      formatCount(row.flows),
      ...(open ? [openFlowsOf(row) === 0 ? '' : formatCount(openFlowsOf(row))] : []),
      ...(subject === 'sources' ? [] : [formatCount(row.clients)]),
      new Date(row.lastUs / 1000).toISOString().slice(0, 19).replace('T', ' '),
    ];
  });
  return renderTable(columns, rows, colors);
}

/** A list of the most for `--json`: times as text, addresses short. */
export function topJson(list: TopList) {
  return list.rows.map(({ firstUs, lastUs, key, name, ...row }) => ({
    key: shortAddress(key),
    ...(name === '' ? {} : { name }),
    ...row,
    first: new Date(firstUs / 1000).toISOString(),
    last: new Date(lastUs / 1000).toISOString(),
  }));
}

/** An address as a person writes it; what is none comes back as it is. */
export function shortAddress(text: string): string {
  const address = parseAddress(text);
  return address === undefined ? text : formatAddress(address.version, ...address.words);
}

/** Flows of a row that are open; 0 in a list of the history alone. */
function openFlowsOf(row: TopAnswer & { readonly openFlows?: number }): number {
  return row.openFlows ?? 0;
}

function shareOf(row: TopAnswer, list: TopList, by: 'bytes' | 'flows'): number {
  const total = by === 'bytes' ? list.totalBytes : list.totalFlows;
  if (total === 0) return 0;
  return (by === 'bytes' ? row.bytesToServer + row.bytesToClient : row.flows) / total;
}
