import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { decisionSentence } from './decision-table.ts';
import { decisionWish, WISH_HELP, WISH_OPTIONS } from './decision-wish.ts';
import { askRunning } from './running.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir ban ADDRESS|NETWORK|SESSION [options]

Decides about an address (203.0.113.9, 2001:db8::9), a network (203.0.113.0/24) or a session that the proxy knows
(cookie:NAME:DIGITS). It takes effect everywhere at once when respond.mode is enforce; open connections end. Own
addresses, gateways, DNS servers, administrators and respond.neverBan are refused.

${WISH_HELP}
  --plan               only show what would be done
  --force              also wide networks and administrators' addresses; never the machine's own
  --json               as JSON
  -c, --config FILE    the configuration of the weir that is asked
`;

/** `weir ban`: a decision by hand. */
export async function ban(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    ...WISH_OPTIONS,
    plan: { type: 'boolean' },
    force: { type: 'boolean' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [operand, ...more] = positionals;
  if (operand === undefined || more.length > 0) {
    throw new UsageError('ban takes one address, network or session', "Try 'weir ban --help'");
  }
  const wish = decisionWish(operand, values);
  return askRunning(values.config, '', async (weir) => {
    if (values.plan === true) {
      const { lines } = await weir.plan(wish);
      process.stdout.write(lines.map((line) => `${line}\n`).join(''));
      return 0;
    }
    const outcome = await weir.ban(wish, values.force === true);
    if (values.json === true) process.stdout.write(`${terminalJson(outcome, 0)}\n`);
    if ('refused' in outcome) {
      if (values.json !== true) process.stderr.write(`weir: refused: ${outcome.refused}\n`);
      return 1;
    }
    if (values.json !== true) process.stdout.write(`${decisionSentence(outcome.decided)}\n`);
    return 0;
  });
}
