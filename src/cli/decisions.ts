import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { decisionTable } from './decision-table.ts';
import { askRunning } from './running.ts';
import { parseCount, parseOptions, UsageError } from './usage.ts';

const ROWS = 50;
const MOST_ROWS = 10_000;
const HELP = `usage: weir decisions [ADDRESS|NETWORK] [options]

What is decided at present, the newest first: bans, throttles, redirects, exceptions; with an address or a network what
is decided about it. 'weir ban' and 'weir unban' change it.

  --limit N            so many (1 to ${MOST_ROWS}; default ${ROWS})
  --json               as JSON, a line for each decision
  -c, --config FILE    the configuration of the weir that is asked
`;

/** `weir decisions`: what is in force. */
export async function decisions(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [value = '', ...more] = positionals;
  if (more.length > 0)
    throw new UsageError('decisions takes one address or network', "Try 'weir decisions --help'");
  const limit = parseCount('--limit', values.limit ?? String(ROWS), 1, MOST_ROWS);
  return askRunning(values.config, '', async (weir) => {
    const list = await weir.decisions(value, limit);
    if (values.json === true) {
      process.stdout.write(list.decisions.map((one) => `${terminalJson(one, 0)}\n`).join(''));
      return 0;
    }
    if (list.decisions.length === 0) {
      process.stdout.write(value === '' ? 'nothing is decided\n' : 'nothing is decided about it\n');
      return 0;
    }
    process.stdout.write(decisionTable(list.decisions, Date.now()));
    const left = list.total - list.decisions.length;
    if (left > 0) process.stderr.write(`and ${left} more: --limit shows them\n`);
    if (list.mode === 'observe') {
      process.stderr.write('none of this is enforced: respond.mode is observe in weir.yaml\n');
    }
    return 0;
  });
}
