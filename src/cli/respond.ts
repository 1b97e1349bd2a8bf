import { decisionSentence } from './decision-table.ts';
import { author, decisionWish, WISH_HELP, WISH_OPTIONS } from './decision-wish.ts';
import { askRunning } from './running.ts';
import { parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir respond plan [ADDRESS|NETWORK|SESSION] [options]
       weir respond undo

plan: what enforces decisions, and with an operand what deciding about it would do: commands and sentences; nothing is
changed. undo: takes back what this user decided or lifted last, in one step.

${WISH_HELP}
  -c, --config FILE    the configuration of the weir that is asked
`;

/** `weir respond`: plans, and one step back. */
export async function respond(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    ...WISH_OPTIONS,
    config: { type: 'string', short: 'c' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [action, operand, ...more] = positionals;
  if (
    (action !== 'plan' && action !== 'undo') ||
    more.length > 0 ||
    (action === 'undo' && operand !== undefined)
  ) {
    throw new UsageError('respond takes plan or undo', "Try 'weir respond --help'");
  }
  const wish = operand === undefined ? undefined : decisionWish(operand, values);
  return askRunning(values.config, '', async (weir) => {
    if (action === 'plan') {
      const { mode, lines } = await weir.plan(wish);
      process.stdout.write(lines.map((line) => `${line}\n`).join(''));
      if (mode === 'observe')
        process.stderr.write('nothing is enforced: respond.mode is observe in weir.yaml\n');
      return 0;
    }
    const { lifted } = await weir.undo(author());
    if (lifted.length === 0) {
      process.stderr.write('weir: there is nothing to take back\n');
      return 1;
    }
    process.stdout.write(lifted.map((one) => `taken back: ${decisionSentence(one)}\n`).join(''));
    return 0;
  });
}
