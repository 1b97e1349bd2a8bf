import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { decisionSentence } from './decision-table.ts';
import { author, subjectOf } from './decision-wish.ts';
import { askRunning } from './running.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir unban ADDRESS|NETWORK|SESSION|ID [options]

Lifts what is decided about an address, a network or a session, or one decision by its identifier ('weir decisions').

  --json               as JSON, a line for each decision
  -c, --config FILE    the configuration of the weir that is asked
`;

/** `weir unban`: lifts decisions. */
export async function unban(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
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
      'unban takes one address, network, session or identifier',
      "Try 'weir unban --help'",
    );
  }
  const value = /^[a-z0-9]{20}$/.test(operand) ? operand : subjectOf(operand).value;
  return askRunning(values.config, '', async (weir) => {
    const { lifted } = await weir.unban(value, author());
    if (values.json === true) process.stdout.write(lifted.map((one) => `${terminalJson(one, 0)}\n`).join(''));
    else process.stdout.write(lifted.map((one) => `lifted: ${decisionSentence(one)}\n`).join(''));
    if (lifted.length > 0) return 0;
    process.stderr.write(`weir: nothing is decided about ${value}\n`);
    return 1;
  });
}
