import { existsSync } from 'node:fs';
import { ConfigurationError, DEFAULT_PATH, readConfiguration } from '../config/index.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import { askSupervisor, ControlError, controlFolder, type SystemStatus } from '../supervisor/index.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir status [--json] [--config FILE]

How the running weir is: processes, packets, records, queues, store. Exit code 1: it is not running.

  -c, --config FILE    the configuration that weir was started with (default ${DEFAULT_PATH} where it exists)
`;

/** `weir status`: asks the running weir. */
export async function status(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) throw new UsageError('status takes no operands', "Try 'weir status --help'");
  const file = values.config ?? (existsSync(DEFAULT_PATH) ? DEFAULT_PATH : undefined);
  try {
    const folder = file === undefined ? 'auto' : readConfiguration(file).control.folder;
    const answer = (await askSupervisor(controlFolder(folder), 'status')) as SystemStatus;
    process.stdout.write(
      values.json ? `${JSON.stringify(answer, null, 2)}\n` : renderStatus(answer, Date.now()),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof ControlError || error instanceof ConfigurationError)) throw error;
    process.stderr.write(`weir: ${error.message}\n`);
    return 1;
  }
}

/** The state in words; `now` in milliseconds since 1970. */
export function renderStatus(answer: SystemStatus, now: number): string {
  const lines = [
    `weir is ${answer.state} (pid ${answer.pid}, ${formatBytes(answer.supervisorBytes)}), up ${age(answer.since, now)}`,
    `configuration  ${answer.configuration ?? 'the defaults'}`,
    '',
    ...answer.processes.map((one) => {
      const where = one.pid === undefined ? '' : `pid ${one.pid}, up ${age(one.since, now)}, `;
      const end = one.lastEnd === '' ? '' : ` (last: ${one.lastEnd})`;
      return `${one.name.padEnd(8)} ${one.state.padEnd(8)} ${where}${formatBytes(one.residentBytes)}, ${one.user}, ${one.restarts} restarts${end}`;
    }),
    '',
    ...Object.entries(answer.statistics).flatMap(([name, value]) => figures(name, value)),
    '',
    ...answer.bus.subscribers.map(
      (one) =>
        `${one.topic} to ${one.name}: ${formatCount(one.acknowledged)} taken, ${one.queuedBatches} batches wait (${formatBytes(one.queuedBytes)} of ${formatBytes(one.limitBytes)}), ${formatCount(one.dropped)} dropped, ${formatCount(one.redelivered)} again`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

/** The numbers of a process, in its own words, those of one kind in a line. */
function figures(name: string, value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [`${name.padEnd(8)} does not answer`];
  const words: string[] = [];
  const further: string[] = [];
  for (const [key, one] of Object.entries(value)) {
    // Lists, as of the last seconds, are for --json.
    if (Array.isArray(one)) continue;
    if (typeof one === 'object' && one !== null) further.push(...figures(`  ${key}`, one));
    else if (one !== undefined) words.push(`${key} ${typeof one === 'number' ? formatCount(one) : one}`);
  }
  return words.length === 0 ? further : [`${name.padEnd(8)} ${words.join(', ')}`, ...further];
}

function age(since: string | undefined, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(since ?? '')) / 1000));
  if (Number.isNaN(seconds)) return 'unknown';
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
