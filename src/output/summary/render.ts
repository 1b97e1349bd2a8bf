import { formatTime } from '../../event/index.ts';
import { countsBlock, sideBySide, totalsBlock } from './columns.ts';
import {
  clip,
  fit,
  fitMiddle,
  formatBytes,
  formatCount,
  formatDuration,
  formatTiming,
  printable,
} from './format.ts';
import { paint as createPaint, type Paint } from './paint.ts';
import type { Slowness } from './parties.ts';
import type { Summary } from './summary.ts';

/** Width that every line keeps to. */
const WIDTH = 80;
/** Lines that tell of the captures' own troubles, at most. */
const MOST_FINDINGS = 4;
/** Scans, or programs, that are told of one by one, at most. */
const MOST_OF_A_KIND = 3;
/** Width of the names that stand before a notice. */
const WHO = 28;

/** What the reader of the files has to add to a summary. */
export interface CaptureFigures {
  readonly files: number;
  readonly packets: number;
  readonly bytesRead: number;
  readonly seconds: number;
  /** Gaps, overlaps, cut files: one line each. */
  readonly findings: readonly string[];
  /** The interface, where they were captured live. */
  readonly interface?: string | undefined;
  /** What was read, for the hint at the end; without it there is none. */
  readonly paths?: readonly string[];
}

/**
 * A summary as text of at most 80 columns, about one screen: what is worth a look, then what there is of everything.
 * `color` adds ANSI colours.
 */
export function renderSummary(summary: Summary, figures: CaptureFigures, color: boolean): string {
  const paint = createPaint(color);
  const lines = head(summary, figures, paint);
  section(lines, 'Worth a look', noticeLines(summary, paint), paint);
  lines.push(
    ...sideBySide([
      totalsBlock('Protocols', summary.protocols, summary.bytes, paint),
      totalsBlock('Applications', summary.applications, summary.bytes, paint),
      totalsBlock('Clients', summary.talkers, summary.bytes, paint),
      totalsBlock('Servers', summary.destinations, summary.bytes, paint),
      countsBlock(
        'Anomalies',
        summary.anomalies.map((a) => [a.event, a.count] as const),
        paint,
      ),
      countsBlock(
        'Records',
        summary.records.map((r) => [r.type, r.count] as const),
        paint,
      ),
    ]),
  );
  slowestSection(lines, summary, paint);
  filesSection(lines, summary, paint);
  captureSection(lines, figures, paint);
  if (figures.paths !== undefined) hint(lines, figures.paths, summary, paint);
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function head(summary: Summary, figures: CaptureFigures, paint: Paint): string[] {
  const { bold, dim } = paint;
  const files = `${formatCount(figures.files)} file${figures.files === 1 ? '' : 's'}`;
  const where =
    figures.interface === undefined ? `in ${files}, read in` : `on ${printable(figures.interface)} in`;
  const rate = figures.seconds > 0 ? Math.round(figures.packets / figures.seconds) : 0;
  const lines = [
    `${bold(formatCount(figures.packets))} packets, ${bold(formatBytes(summary.bytes))}, ${bold(formatCount(summary.flows))} flows ${dim(`${where} ${figures.seconds.toFixed(2)} s (${formatCount(rate)} packets/s)`)}`,
  ];
  if (summary.firstUs !== undefined && summary.lastUs !== undefined) {
    const [from, to] = [readable(summary.firstUs), readable(summary.lastUs)];
    // The day is said once where there is only one.
    const until = from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to;
    const span = formatDuration(summary.lastUs - summary.firstUs);
    const whole = figures.findings.length === 0 ? ', no gaps' : '';
    const missed =
      summary.missedBytes > 0 ? `, ${formatBytes(summary.missedBytes)} of TCP not captured` : whole;
    lines.push(`${from} to ${until} UTC ${dim(`(${span}${missed})`)}`);
  }
  return lines;
}

/** What a person would want to be told first: scans, programs that were fetched, the gravest risks and whose. */
function noticeLines(summary: Summary, paint: Paint): string[] {
  const lines: string[] = [];
  const line = (who: string, what: string, tone: (text: string) => string): void => {
    lines.push(`  ${tone(fitMiddle(printable(who), WHO))} ${clip(printable(what), WIDTH - WHO - 3)}`);
  };
  for (const { client, connections, target } of summary.scans.slice(0, MOST_OF_A_KIND)) {
    const where = target === '' ? 'many hosts' : target;
    line(client, `scans ${where}: ${formatCount(connections)} connections without data`, paint.alarm);
  }
  const programs = summary.files.filter((file) => file.executable);
  for (const { name, from, to } of programs.slice(0, MOST_OF_A_KIND)) {
    line(to, `got ${baseName(name)} from ${from}`, paint.alarm);
  }
  for (const { risk, severity, flows, servers, serverCount } of summary.risks) {
    const others = serverCount > 1 ? `, ${formatCount(serverCount - 1)} more` : '';
    const times = flows > serverCount ? ` (${formatCount(flows)} flows)` : '';
    line(`${servers[0] ?? ''}${others}`, `${risk}${times}`, severity === 2 ? paint.alarm : paint.notice);
  }
  return lines;
}

function slowestSection(lines: string[], summary: Summary, paint: Paint): void {
  const rows = summary.slowest.slice(0, half(summary)).map((one) => {
    const handshake = one.meanHandshakeUs === undefined ? '' : formatTiming(one.meanHandshakeUs);
    const answer = one.slowestAnswerUs === undefined ? '' : formatTiming(one.slowestAnswerUs);
    const name = fitMiddle(printable(one.server), 28);
    return `  ${name} ${handshake.padStart(9)} ${resent(one).padStart(7)} ${answer.padStart(8)}  ${paint.dim(clip(printable(one.slowestRequest), 21))}`;
  });
  const columns = `${'handshake'.padStart(24)} ${'re-sent'.padStart(7)} ${'answer'.padStart(8)}  slowest request`;
  section(lines, 'Slowest servers', rows, paint, columns);
}

/** Share of a server's packets that were sent again. */
function resent({ retransmissions, packets }: Slowness): string {
  if (retransmissions === 0 || packets === 0) return '';
  return `${((100 * retransmissions) / packets).toFixed(1)} %`;
}

function filesSection(lines: string[], summary: Summary, paint: Paint): void {
  const rows = summary.files.slice(0, half(summary)).map((file) => {
    const name = fitMiddle(printable(baseName(file.name)), 22);
    const type = fit(printable(shortType(file.mime)), 12);
    const cut = file.complete ? ' ' : '~';
    const digest = paint.dim(file.sha256.slice(0, 12).padEnd(12));
    return `  ${name} ${type} ${formatBytes(file.bytes).padStart(7)}${cut} ${digest}  ${clip(printable(file.from), 18)}`;
  });
  const columns = `${'type'.padStart(23)} ${'bytes'.padStart(15)}  sha256        from`;
  section(lines, 'Files', rows, paint, columns);
  const others = summary.fileCount - rows.length;
  if (rows.length > 0 && others > 0) {
    lines.push(paint.dim(`  and ${formatCount(others)} more, ${formatBytes(summary.fileBytes)} in all`));
  }
}

function captureSection(lines: string[], figures: CaptureFigures, paint: Paint): void {
  const { findings } = figures;
  const rows = findings.slice(0, MOST_FINDINGS).map((finding) => `  ${printable(finding)}`);
  if (findings.length > MOST_FINDINGS) {
    rows.push(paint.dim(`  and ${formatCount(findings.length - MOST_FINDINGS)} more`));
  }
  section(lines, 'Captures', rows, paint);
}

/** What to run next, ready to be copied. */
function hint(lines: string[], paths: readonly string[], summary: Summary, paint: Paint): void {
  if (paths.includes('-')) return;
  const captures = paths.length > 2 ? 'CAPTURES' : paths.map(quoted).join(' ');
  lines.push('', paint.dim(`All records:       weir read ${captures} --eve eve.json --zeek logs/`));
  const [file] = summary.files;
  const what = file === undefined ? 'FLOW' : String(file.flow);
  lines.push(paint.dim(`One conversation:  weir cat ${what} ${captures}`));
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./:@%+=,-]+$/.test(path) ? path : `'${printable(path).replaceAll("'", "'\\''")}'`;
}

/** A title, what the columns are, and the lines; nothing where there are no lines. */
function section(lines: string[], title: string, rows: readonly string[], paint: Paint, columns = ''): void {
  if (rows.length > 0) lines.push('', paint.bold(title) + paint.dim(columns), ...rows);
}

/** Lists over the whole width are shorter than those in two columns. */
function half(summary: Summary): number {
  const longest = Math.max(summary.protocols.length, summary.destinations.length, summary.files.length);
  return Math.max(4, Math.ceil(longest / 2));
}

/** The last part of a path or URL, without its query; `/` where there is none. */
function baseName(path: string): string {
  const plain = path.replace(/[?#].*$/s, '');
  return plain.slice(plain.lastIndexOf('/') + 1) || '/';
}

/** `application/x-dosexec` as `dosexec`. */
function shortType(mime: string): string {
  return mime.replace(/^application\/(vnd\.)?/, '').replace(/^x-/, '');
}

function readable(timeUs: number): string {
  return formatTime(timeUs).slice(0, 19).replace('T', ' ');
}
