import { askRunning } from './running.ts';
import { renderStatus } from './status-table.ts';
import { terminalPaint } from './table.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir status [--json] [--config FILE]

How the running weir is: packets, losses, flows, records, history, clients, processes. Exit code 1: it is not running.

  --json               all numbers as JSON
  -c, --config FILE    the configuration that weir was started with (default /etc/weir/weir.yaml where
                       it exists, else SecuBox's /etc/config/dpi-dual)
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
  return askRunning(values.config, '', async (weir) => {
    const answer = await weir.status();
    process.stdout.write(
      values.json
        ? `${JSON.stringify(answer, null, 2)}\n`
        : renderStatus(answer, Date.now(), terminalPaint()),
    );
    return 0;
  });
}
