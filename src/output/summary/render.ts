import { formatTime } from '../time.ts';
import type { Summary } from './summary.ts';
import type { Sums } from './top.ts';

/** What the reader of the files has to add to a summary. */
export interface CaptureFigures {
  readonly files: number;
  readonly packets: number;
  readonly bytesRead: number;
  readonly seconds: number;
  /** Gaps, overlaps, cut files: one line each. */
  readonly findings: readonly string[];
}

/** A summary as text of about 78 columns; `color` adds ANSI colours. */
export function renderSummary(summary: Summary, figures: CaptureFigures, color: boolean): string {
  const bold = (text: string): string => (color ? `\u001b[1m${text}\u001b[0m` : text);
  const dim = (text: string): string => (color ? `\u001b[2m${text}\u001b[0m` : text);
  const lines: string[] = [];
  const rate = figures.seconds > 0 ? figures.packets / figures.seconds : 0;
  lines.push(
    `${bold(formatCount(figures.packets))} packets, ${bold(formatBytes(summary.bytes))}, ${bold(formatCount(summary.flows))} flows ${dim(`in ${figures.files} file${figures.files === 1 ? '' : 's'}, read in ${figures.seconds.toFixed(2)} s (${formatCount(Math.round(rate))} packets/s)`)}`,
  );
  if (summary.firstUs !== undefined && summary.lastUs !== undefined) {
    const span = formatDuration(summary.lastUs - summary.firstUs);
    lines.push(`${readable(summary.firstUs)} to ${readable(summary.lastUs)} UTC ${dim(`(${span})`)}`);
  }
  table(lines, bold('Protocols'), summary.protocols, summary.bytes, dim);
  table(lines, bold('Applications'), summary.applications, summary.bytes, dim);
  table(lines, bold('Talkers'), summary.talkers, summary.bytes, dim);
  table(lines, bold('Destinations'), summary.destinations, summary.bytes, dim);
  const records = summary.records.map((r) => `${r.type} ${formatCount(r.count)}`).join('  ');
  if (records !== '') lines.push('', bold('Records'), `  ${records}`);
  list(
    lines,
    bold('Anomalies'),
    summary.anomalies.map((a) => [a.event, a.count] as const),
  );
  list(
    lines,
    bold('Risks'),
    summary.risks.map((r) => [r.risk, r.count] as const),
  );
  if (figures.findings.length > 0) {
    lines.push('', bold('Captures'));
    for (const finding of figures.findings) lines.push(`  ${finding}`);
  }
  return `${lines.join('\n')}\n`;
}

function table(
  lines: string[],
  title: string,
  rows: readonly Sums[],
  total: number,
  dim: (text: string) => string,
): void {
  if (rows.length === 0) return;
  lines.push('', title);
  for (const row of rows) {
    const share = total > 0 ? row.bytes / total : 0;
    const bar = '█'.repeat(Math.max(share > 0.004 ? 1 : 0, Math.round(share * 20))).padEnd(20);
    lines.push(
      `  ${clip(printable(row.key), 34).padEnd(34)} ${bar} ${formatBytes(row.bytes).padStart(9)} ${dim(`${formatCount(row.flows)} flow${row.flows === 1 ? '' : 's'}`)}`,
    );
  }
}

function list(lines: string[], title: string, rows: readonly (readonly [string, number])[]): void {
  if (rows.length === 0) return;
  lines.push('', title);
  for (const [name, n] of rows)
    lines.push(`  ${clip(printable(name), 56).padEnd(56)} ${formatCount(n).padStart(9)}`);
}

/** Names come from the traffic: a terminal must not be commanded by them. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed.
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

function readable(timeUs: number): string {
  return formatTime(timeUs).slice(0, 19).replace('T', ' ');
}

/** Bytes with a decimal unit: `1.07 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** A count with separators: `1,070,000`. */
export function formatCount(count: number): string {
  return count.toString().replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');
}

function formatDuration(us: number): string {
  const seconds = us / 1e6;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}
