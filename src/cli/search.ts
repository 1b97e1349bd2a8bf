import type { CorrelationFigures, CorrelationSelection } from '../control/index.ts';
import { EVIDENCE_TYPES } from '../correlate/evidence.ts';
import type { Correlation } from '../correlate/record/index.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { parseAddress, parsePrefix } from '../net/index.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import { formatTiming } from '../output/summary/format.ts';
import { nextCommand, suggest } from './next-command.ts';
import { recordText } from './record-text.ts';
import { askRunning } from './running.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';
import { parseChoice, parseCount, parseOptions, parseTime, UsageError } from './usage.ts';

const ROWS = 20;
const MOST_ROWS = 10_000;
const TYPES = [...EVIDENCE_TYPES, 'manual'] as const;
const HELP = `usage: weir search [ADDRESS|NETWORK] [options]

Correlations: each piece of evidence against an address, with the connection that it came over where that is known; the
newest first.

  --type TYPE          only ${TYPES.join(', ')}
  --since T, --until T only this time (2026-03-01T12:00:00, UTC; or seconds since 1970)
  --min N              only those with a threat of N or more, of 100
  --limit N            so many (1 to ${MOST_ROWS}; default ${ROWS})
  --stats              how many there are in all: total, high (70 and more), banned, addresses
  --json               as JSON, a line for each: the fields of correlated-threats.json
  -c, --config FILE    the configuration of the weir that is asked
`;

const COLUMNS: readonly TableColumn[] = [
  { title: 'TIME (UTC)', style: 'dim' },
  { title: 'ADDRESS', most: 39, style: 'bold' },
  { title: 'TYPE' },
  { title: 'THREAT', align: 'right' },
  { title: 'SCORE', align: 'right' },
  { title: 'WHAT', most: 70 },
  { title: 'AGAINST', most: 39 },
  { title: 'CONNECTION', most: 90 },
  { title: 'ID', style: 'dim' },
];

/** `weir search`: what was correlated. */
export async function search(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    type: { type: 'string' },
    since: { type: 'string' },
    until: { type: 'string' },
    min: { type: 'string' },
    limit: { type: 'string' },
    stats: { type: 'boolean' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [operand, ...more] = positionals;
  if (more.length > 0)
    throw new UsageError('search takes one address or network', "Try 'weir search --help'");
  const selection = selectionOf(operand, values);
  const isNarrowed = Object.keys(selection).length > 0;
  if (values.stats === true && (isNarrowed || values.limit !== undefined))
    throw new UsageError(
      '--stats counts all correlations: it takes no selection',
      "Try 'weir search --help'",
    );
  const limit = parseCount('--limit', values.limit ?? String(ROWS), 1, MOST_ROWS);
  const { config } = values;
  return askRunning(config, '', async (weir) => {
    if (values.stats === true) {
      const figures = await weir.correlationStatistics();
      process.stdout.write(values.json === true ? `${terminalJson(figures, 0)}\n` : figuresText(figures));
      return 0;
    }
    const { correlations, isCutOff } = await weir.correlations(selection, Math.min(MOST_ROWS, limit + 1));
    const shown = correlations.slice(0, limit);
    if (values.json === true) {
      process.stdout.write(shown.map((one) => `${terminalJson(one, 0)}\n`).join(''));
    } else if (shown.length === 0) {
      process.stdout.write(isNarrowed ? 'no correlations of this kind\n' : 'no correlations\n');
      suggest(
        isNarrowed
          ? `all of them: ${nextCommand('search', config)}`
          : `what weir sees: ${nextCommand('status', config)}; what it looks for: ${nextCommand('scenarios list', config)}`,
      );
    } else {
      process.stdout.write(renderTable(COLUMNS, shown.map(row), terminalPaint()));
      if (operand === undefined) {
        suggest(`all about one: ${nextCommand(`context ${recordText(textOf(shown[0]?.ip))}`, config)}`);
      }
    }
    if (correlations.length > limit) suggest('there are more: --limit, --since and --min choose');
    if (isCutOff) suggest('not all files were looked through: --since and --until narrow it down');
    return 0;
  });
}

function selectionOf(
  operand: string | undefined,
  values: {
    readonly type?: string | undefined;
    readonly since?: string | undefined;
    readonly until?: string | undefined;
    readonly min?: string | undefined;
  },
): CorrelationSelection {
  if (operand !== undefined && parseAddress(operand) === undefined && parsePrefix(operand) === undefined) {
    throw new UsageError(
      `'${operand.slice(0, 60)}' is no address such as 203.0.113.9 and no network such as 203.0.113.0/24`,
    );
  }
  const sinceUs = values.since === undefined ? undefined : parseTime('--since', values.since);
  const untilUs = values.until === undefined ? undefined : parseTime('--until', values.until);
  if (sinceUs !== undefined && untilUs !== undefined && sinceUs > untilUs)
    throw new UsageError('--since is behind --until: nothing can be between');
  return {
    ...(operand === undefined ? {} : { address: operand }),
    ...(values.type === undefined ? {} : { type: parseChoice('--type', values.type, TYPES) }),
    ...(sinceUs === undefined ? {} : { sinceUs }),
    ...(untilUs === undefined ? {} : { untilUs }),
    ...(values.min === undefined ? {} : { minimalScore: parseCount('--min', values.min, 0, 100) }),
  };
}

/** Lines of the file may be from another program: a field may be missing, or be of another type. */
function row(correlation: Correlation): readonly string[] {
  const { ip, timestamp, event_type: type, reason, threat_score: threat } = correlation;
  const detail: Partial<Correlation['weir']> = correlation.weir ?? {};
  const banned = correlation.crowdsec_status === 'banned' ? ', banned' : '';
  return [
    textOf(timestamp).slice(0, 19).replace('T', ' '),
    textOf(ip),
    textOf(type),
    textOf(threat),
    textOf(correlation.reputation_score) + banned,
    textOf(reason),
    textOf(detail.target),
    connectionOf(detail),
    textOf(detail.id),
  ].map(recordText);
}

function connectionOf(detail: Partial<Correlation['weir']>): string {
  const { rtt_us: rtt = -1, bytes_toserver: up = -1, bytes_toclient: down = -1 } = detail;
  return [
    textOf(detail.tls_version),
    textOf(detail.ja4),
    textOf(detail.app),
    rtt >= 0 ? `RTT ${formatTiming(rtt)}` : '',
    up >= 0 && down >= 0 ? `${formatBytes(up)} up, ${formatBytes(down)} down` : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function figuresText({ total, high, banned, uniqueAddresses }: CorrelationFigures): string {
  const line = (name: string, count: number): string =>
    `  ${name.padEnd(24)} ${formatCount(count).padStart(10)}\n`;
  return [
    line('correlations', total),
    line('with a threat of 70+', high),
    line('while a ban was in force', banned),
    line('addresses', uniqueAddresses),
  ].join('');
}
