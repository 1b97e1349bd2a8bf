import type { Contribution, Explanation } from '../correlate/reputation/index.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from '../net/index.ts';
import type { Paint } from '../output/summary/paint.ts';
import { author } from './decision-wish.ts';
import { nextCommand, suggest } from './next-command.ts';
import { recordText, recordTime, scoreBar, someOf } from './record-text.ts';
import { askRunning } from './running.ts';
import { terminalPaint } from './table.ts';
import { parseOptions, UsageError } from './usage.ts';

const BAR = 20;
/** Pieces of evidence of a contribution that are named. */
const NAMED = 16;
/** Fingerprint of a TLS client, as FoxIO writes it. */
const JA4 = /^[a-z][0-9a-z]{9}_[0-9a-f]{12}_[0-9a-f]{12}$/;
const HELP = `usage: weir reputation ADDRESS|NETWORK|JA4 [options]

The reputation of an address, of the /64 of IPv6 addresses or of a JA4: 0 (nothing speaks against it) to 100. Points
become fewer with time (correlation.decay of weir.yaml).

  --why                each point: what, when, how much it was and how much is left, with the identifiers of the
                       evidence, which 'weir mark ID false' takes
  --reset              forget all that speaks against an address
  --json               as JSON
  -c, --config FILE    the configuration of the weir that is asked
`;

/** `weir reputation`: a score, and each point of it. */
export async function reputation(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    why: { type: 'boolean' },
    reset: { type: 'boolean' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [operand, ...more] = positionals;
  if (operand === undefined || more.length > 0) {
    throw new UsageError('reputation takes one address, network or JA4', "Try 'weir reputation --help'");
  }
  if (values.reset === true && values.why === true)
    throw new UsageError('--why and --reset exclude each other', "Try 'weir reputation --help'");
  const { kind, subject } = subjectOf(operand);
  if (values.reset === true && kind !== 'address')
    throw new UsageError('--reset takes an address', "Try 'weir reputation --help'");
  const { config } = values;
  return askRunning(config, '', async (weir) => {
    if (values.reset === true) {
      const changed = await weir.reset(subject, author());
      process.stdout.write(
        values.json === true ? `${terminalJson(changed, 0)}\n` : `${recordText(changed.done)}\n`,
      );
      return 0;
    }
    const answer = await weir.reputation(subject);
    if (values.json === true) {
      process.stdout.write(`${terminalJson(answer, 0)}\n`);
      return 0;
    }
    const { score, explanation } = answer;
    const colors = terminalPaint();
    const paint = score >= 80 ? colors.alarm : score >= 40 ? colors.notice : colors.bar;
    const shown = recordText(answer.subject);
    process.stdout.write(
      `${colors.bold(shown)}  ${paint(scoreBar(score, BAR))} ${Math.round(score)} of 100\n`,
    );
    if (explanation === undefined) {
      process.stdout.write('nothing speaks against it\n');
      if (kind === 'address') suggest(`what is known of it: ${nextCommand(`context ${shown}`, config)}`);
      return 0;
    }
    if (values.why !== true) {
      suggest(`each point: ${nextCommand(`reputation ${shown} --why`, config)}`);
      return 0;
    }
    process.stdout.write(whyText(explanation, colors));
    const id = explanation.contributions.at(-1)?.evidence[0];
    if (id !== undefined)
      suggest(`if a point is wrong: ${nextCommand(`mark ${recordText(id)} false`, config)}`);
    return 0;
  });
}

/** What a reputation is asked of, in its short form. */
function subjectOf(operand: string): {
  readonly kind: 'address' | 'network' | 'ja4';
  readonly subject: string;
} {
  const address = parseAddress(operand);
  if (address !== undefined) {
    return { kind: 'address', subject: formatAddress(address.version, ...address.words) };
  }
  const prefix = parsePrefix(operand);
  if (prefix?.version === 6 && prefix.length === 64)
    return { kind: 'network', subject: formatPrefix(prefix) };
  if (prefix !== undefined) {
    throw new UsageError(
      'of networks only the /64 of IPv6 addresses have a reputation',
      `'weir search ${formatPrefix(prefix)}' finds what its addresses did`,
    );
  }
  if (JA4.test(operand)) return { kind: 'ja4', subject: operand };
  throw new UsageError(
    `'${operand.slice(0, 60)}' is no address such as 203.0.113.9, no network such as 2001:db8::/64 and no JA4 such as t13d1516h2_8daaf6152771_b186095e22b6`,
  );
}

/** Every point on its line, and the sum. */
function whyText({ contributions, earlier, sum, capped }: Explanation, colors: Paint): string {
  const row = (
    left: string,
    fresh: string,
    weight: string,
    count: string,
    when: string,
    why: string,
  ): string =>
    `  ${left.padStart(6)}  ${fresh.padStart(6)}  ${weight.padStart(6)}  ${count.padStart(5)}  ${when.padEnd(19)}  ${why}\n`;
  const indent = ' '.repeat(54);
  return [
    colors.dim(row('LEFT', 'FRESH', 'WEIGHT', 'TIMES', 'LAST (UTC)', 'WHY')),
    earlier === undefined
      ? ''
      : row(
          points(earlier.left),
          '',
          '',
          String(earlier.count),
          recordTime(earlier.untilUs),
          'earlier evidence, no longer told apart',
        ),
    ...contributions.map((one) => {
      const { left, fresh, weight, count, lastUs, evidence } = one;
      const ids = someOf(evidence.slice(0, NAMED), NAMED);
      const further = count > evidence.length ? ` and ${count - evidence.length} more` : '';
      return (
        row(points(left), points(fresh), points(weight), String(count), recordTime(lastUs), reasonOf(one)) +
        (evidence.length === 0 ? '' : `${indent}${colors.dim(`evidence ${recordText(ids)}${further}`)}\n`)
      );
    }),
    colors.bold(`  ${points(sum).padStart(6)}  the sum${capped ? '; more than 100 is shown as 100' : ''}`),
    '\n',
  ].join('');
}

function reasonOf({ type, reason, source }: Contribution): string {
  const from = source === '' || reason.includes(source) ? type : `${type}, ${source}`;
  return recordText(`${reason} (${from})`);
}

function points(value: number): string {
  return value.toFixed(1);
}
