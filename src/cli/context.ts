import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { formatAddress, parseAddress } from '../net/index.ts';
import { contextText } from './context-text.ts';
import { nextCommand, suggest } from './next-command.ts';
import { askRunning } from './running.ts';
import { terminalPaint } from './table.ts';
import { parseCount, parseOptions, UsageError } from './usage.ts';

const ROWS = 30;
const MOST_ROWS = 10_000;
const HELP = `usage: weir context ADDRESS [options]

All that is known of an address, out of both streams: its reputation, what it did, its names, files, decisions and
incidents, its requests with what the packets of their connections tell (JA4, TLS, round trip, bytes), and one
timeline, the newest first.

  --limit N            so many entries of the timeline (1 to ${MOST_ROWS}; default ${ROWS})
  --json               as JSON
  -c, --config FILE    the configuration of the weir that is asked
`;

/** `weir context`: one picture of an address. */
export async function context(args: readonly string[]): Promise<number> {
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
  const [operand, ...more] = positionals;
  if (operand === undefined || more.length > 0) {
    throw new UsageError(
      'context takes one address',
      "Try 'weir context --help'; 'weir threats' lists addresses",
    );
  }
  const parsed = parseAddress(operand);
  if (parsed === undefined) {
    throw new UsageError(
      `'${operand.slice(0, 60)}' is no address such as 203.0.113.9 or 2001:db8::9`,
      "'weir search NETWORK' finds what the addresses of a network did",
    );
  }
  const address = formatAddress(parsed.version, ...parsed.words);
  const limit = parseCount('--limit', values.limit ?? String(ROWS), 1, MOST_ROWS);
  const { config } = values;
  return askRunning(config, '', async (weir) => {
    const answer = await weir.context(address, limit);
    if (values.json === true) {
      process.stdout.write(`${terminalJson(answer, 0)}\n`);
      return 0;
    }
    process.stdout.write(contextText(answer, terminalPaint()));
    const { assessment, banned } = answer;
    if (answer.context === undefined) {
      suggest(`its flows in the history: ${nextCommand(`flows --address ${address}`, config)}`);
    } else if (assessment.own > 0) {
      suggest(`why this score: ${nextCommand(`reputation ${address} --why`, config)}`);
      if (!banned) suggest(`what a ban would do: ${nextCommand(`respond plan ${address}`, config)}`);
    }
    return 0;
  });
}
