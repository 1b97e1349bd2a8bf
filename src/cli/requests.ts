import type { AddressContext, BufferEntry, RequestSelection } from '../control/index.ts';
import { terminalJson, terminalText } from '../mitm/waf/terminal-text.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import type { Paint } from '../output/summary/paint.ts';
import { askRunning } from './running.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';
import { parseCount, parseOptions, parseTime, UsageError } from './usage.ts';

const ROWS = 20;
const MOST_ROWS = 10_000;
const HELP = `usage: weir requests [ADDRESS|REFERENCE] [options]

The last web requests that went through the running weir ('weir up' with web.enabled, 'weir proxy', 'weir haproxy
agent'), the newest first: what was done with them and what was found in them. With the reference of a block page that
request, with an address or a network those of a client. Passwords, cookies and tokens are taken out.

  --blocked            only those that did not pass
  --score N            only those with a score of N or more, of 100
  --host NAME          only those to this host
  --since TIME         only later ones: 2026-03-01T12:00:00, UTC
  --limit N            so many (1 to ${MOST_ROWS}; default ${ROWS})
  --summary            what the address did, in place of its requests
  --raw                with a reference: its secrets too
  --json               as JSON, a line for each request
  -c, --config FILE    the configuration of the weir that is asked
  --control DIR        the --control of the 'weir proxy' that is asked
`;

const OTHERWISE = "'weir proxy reverse --to ORIGIN' runs the proxy alone";

const COLUMNS: readonly TableColumn[] = [
  { title: 'TIME (UTC)', style: 'dim' },
  { title: 'CLIENT', most: 28 },
  { title: 'REQUEST', most: 60, style: 'bold' },
  { title: 'STATUS', align: 'right' },
  { title: 'SCORE', align: 'right' },
  { title: 'FOUND', most: 30 },
  { title: 'REFERENCE', style: 'dim' },
];

/** What options of requests mean, for the commands that choose some. */
export const SELECTION_OPTIONS = {
  blocked: { type: 'boolean' },
  score: { type: 'string' },
  host: { type: 'string' },
  since: { type: 'string' },
} as const;

/** Reads what {@link SELECTION_OPTIONS} give, with an operand: an address, a network or a reference. */
export function requestSelection(
  values: {
    readonly blocked?: boolean | undefined;
    readonly score?: string | undefined;
    readonly host?: string | undefined;
    readonly since?: string | undefined;
  },
  operand: string | undefined,
): RequestSelection {
  return {
    ...(operand === undefined ? {} : isReference(operand) ? { reference: operand } : { address: operand }),
    ...(values.blocked === true ? { blocked: true } : {}),
    ...(values.score === undefined ? {} : { minimalScore: parseCount('--score', values.score, 0, 100) }),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values.since === undefined ? {} : { fromUs: parseTime('--since', values.since) }),
  };
}

/** Which weir is asked: that of a control folder, or that of a configuration. */
export function askedWeir(values: {
  readonly config?: string | undefined;
  readonly control?: string | undefined;
}): string | { readonly control: string } | undefined {
  if (values.control === undefined) return values.config;
  if (values.config !== undefined) throw new UsageError('--control and --config exclude each other');
  return { control: values.control };
}

/** Whether a text is the reference of a request. */
export function isReference(text: string): boolean {
  return /^[a-z0-9]{20}$/.test(text);
}

/** `weir requests`: what went through the active stream. */
export async function requests(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    limit: { type: 'string' },
    summary: { type: 'boolean' },
    raw: { type: 'boolean' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
    control: { type: 'string' },
    ...SELECTION_OPTIONS,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [operand, ...more] = positionals;
  if (more.length > 0)
    throw new UsageError('requests takes one address or reference', "Try 'weir requests --help'");
  const limit = parseCount('--limit', values.limit ?? String(ROWS), 1, MOST_ROWS);
  const selection = requestSelection(values, operand);
  const json = values.json === true;
  return askRunning(askedWeir(values), OTHERWISE, async (weir) => {
    const colors = terminalPaint();
    if (operand !== undefined && isReference(operand)) {
      const entry = await weir.request(operand, values.raw === true);
      if (entry === undefined) {
        process.stderr.write(`weir: there is no request ${operand}, or it is kept no more\n`);
        return 1;
      }
      process.stdout.write(json ? `${terminalJson(entry, 0)}\n` : details(entry, colors));
      return 0;
    }
    if (values.summary === true) {
      if (operand === undefined)
        throw new UsageError('--summary needs an address', "Try 'weir requests --help'");
      const context = await weir.behaviour(operand, 86_400);
      process.stdout.write(json ? `${terminalJson(context, 0)}\n` : summary(context, colors));
      return 0;
    }
    const entries = await weir.requests(selection, limit);
    process.stdout.write(
      json ? entries.map((entry) => `${terminalJson(entry, 0)}\n`).join('') : table(entries, colors),
    );
    return 0;
  });
}

function table(entries: readonly BufferEntry[], colors: Paint): string {
  if (entries.length === 0) return 'no requests\n';
  const rows = entries.map((entry) => [
    time(entry.timeUs),
    entry.client.address,
    terminalText(`${entry.method} ${entry.host}${entry.path}`),
    statusOf(entry),
    entry.score === 0 ? '' : String(Math.round(entry.score)),
    terminalText(entry.categories.slice(0, 3).join(', ')),
    entry.reference,
  ]);
  return renderTable(COLUMNS, rows, colors);
}

function statusOf({ blocked, action, response }: BufferEntry): string {
  if (blocked) return action === 'pass' ? 'blocked' : action;
  return response === undefined ? '-' : String(response.status);
}

function details(entry: BufferEntry, colors: Paint): string {
  const line = (name: string, value: string): string =>
    value === '' ? '' : `  ${colors.dim(name.padEnd(10))} ${terminalText(value)}\n`;
  const query = entry.query.map(([name, value]) => `${name}=${value}`).join(' & ');
  const { response, body } = entry;
  return [
    `${colors.bold(terminalText(`${entry.method} ${entry.host}${entry.path}`))}\n`,
    line('time', `${time(entry.timeUs)} UTC`),
    line('client', `${entry.client.address} port ${entry.client.port}`),
    line('done', entry.blocked ? `${entry.action}: ${entry.reason}` : 'passed'),
    line(
      'answer',
      response === undefined
        ? ''
        : `${response.status}, ${response.bytes < 0 ? 'of unknown size' : formatBytes(response.bytes)}, ${response.type}, ${response.latencyMs.toFixed(1)} ms`,
    ),
    line('score', `${Math.round(entry.score)} of 100${entry.analysed ? '' : ' (analysis is under way)'}`),
    line('found', entry.categories.join(', ')),
    line('rules', entry.ruleIds.join(', ')),
    line('query', query),
    ...entry.headers.map(([name, value]) => line('header', `${name}: ${value}`)),
    line('body', body.bytes > 0 ? `${formatBytes(body.bytes)}: ${body.preview}` : ''),
    ...entry.findings.map(({ kind, score, reason }) =>
      line('finding', `${kind}, ${Math.round(score)}: ${reason}`),
    ),
  ].join('');
}

function summary(context: AddressContext, colors: Paint): string {
  const counts = (name: string, list: AddressContext['hosts']): string =>
    list.length === 0
      ? ''
      : `  ${colors.dim(name.padEnd(12))} ${terminalText(
          list
            .slice(0, 8)
            .map(({ name: one, count }) => `${one} (${formatCount(count)})`)
            .join(', '),
        )}\n`;
  if (context.requests === 0) return `no requests of ${terminalText(context.address)}\n`;
  return [
    `${colors.bold(terminalText(context.address))}: ${formatCount(context.requests)} requests from ${time(context.firstUs)} to ${time(context.lastUs)} UTC, ${formatCount(context.blocked)} blocked, highest score ${Math.round(context.highestScore)}\n`,
    counts('hosts', context.hosts),
    counts('paths', context.paths),
    counts('statuses', context.statuses),
    counts('found', context.categories),
    counts('user agents', context.userAgents),
    `  ${colors.dim('sessions'.padEnd(12))} ${formatCount(context.sessionCount)}\n`,
  ].join('');
}

function time(us: number): string {
  return new Date(us / 1000).toISOString().slice(0, 19).replace('T', ' ');
}
