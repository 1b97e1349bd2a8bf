import type { RejudgeReport, ResendReport } from '../control/index.ts';
import { terminalJson, terminalText } from '../mitm/waf/terminal-text.ts';
import { formatCount } from '../output/index.ts';
import type { Paint } from '../output/summary/paint.ts';
import { askedWeir, requestSelection, SELECTION_OPTIONS } from './requests.ts';
import { askRunning } from './running.ts';
import { terminalPaint } from './table.ts';
import { parseCount, parseOptions, UsageError } from './usage.ts';

const HELP = `usage: weir replay [ADDRESS|REFERENCE] [options]

Judges requests that the running weir has kept once more, with other rules, and says what would change; nothing is
sent anywhere. With --to they are sent to a sandbox, and its answers are compared with those that were recorded:
without cookies and Authorization, and never to where they really went.

  --crs DIR            the Core Rule Set to judge with (default: Debian's modsecurity-crs, unless --rules names rules)
  --rules FILE|DIR     own rules, in place of Debian's; beside --crs behind its rules. May be given several times
  --paranoia N         paranoia level, 1 to 4
  --to ORIGIN          send them to this sandbox: http://127.0.0.1:3001
  --blocked            only those that did not pass
  --score N            only those with a score of N or more, of 100
  --host NAME          only those to this host
  --since TIME         only later ones
  --json               as JSON
  -c, --config FILE    the configuration of the weir that is asked
  --control DIR        the --control of the 'weir proxy' that is asked

Paths are read by the weir that runs. Try: weir replay --paranoia 2
`;

const MOST_SHOWN = 10;

/** `weir replay`: stored requests once more, in simulation. */
export async function replay(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    crs: { type: 'string' },
    rules: { type: 'string', multiple: true },
    paranoia: { type: 'string' },
    to: { type: 'string' },
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
    throw new UsageError('replay takes one address or reference', "Try 'weir replay --help'");
  const ruled = values.crs !== undefined || values.rules !== undefined || values.paranoia !== undefined;
  const { to } = values;
  if (to !== undefined && ruled)
    throw new UsageError('--to judges nothing: leave --crs, --rules and --paranoia out');
  const selection = requestSelection(values, operand);
  const rules = {
    ...(values.crs === undefined ? {} : { crs: values.crs }),
    ...(values.rules === undefined ? {} : { rules: values.rules }),
    ...(values.paranoia === undefined ? {} : { paranoia: parseCount('--paranoia', values.paranoia, 1, 4) }),
  };
  return askRunning(
    askedWeir(values),
    "'weir proxy reverse --to ORIGIN' runs the proxy alone",
    async (weir) => {
      const report =
        to === undefined ? await weir.rejudge(selection, rules) : await weir.resend(selection, to);
      process.stdout.write(values.json ? `${terminalJson(report)}\n` : render(report, terminalPaint()));
      return 0;
    },
  );
}

function render(report: RejudgeReport | ResendReport, colors: Paint): string {
  return 'judged' in report ? rejudged(report, colors) : resent(report, colors);
}

function rejudged(report: RejudgeReport, colors: Paint): string {
  const { judged, deniedBefore, deniedAfter, newlyDeniedCount, noLongerDeniedCount, left } = report;
  return [
    `${colors.bold(`${formatCount(judged)} requests`)}: ${formatCount(deniedBefore)} were denied, ${formatCount(deniedAfter)} would be (${Math.round(report.tookMs)} ms)\n`,
    left === 0 ? '' : `  ${formatCount(left)} were left out: the time was over\n`,
    changes('would be denied', newlyDeniedCount, report.newlyDenied, colors),
    changes('would pass', noLongerDeniedCount, report.noLongerDenied, colors),
    newlyDeniedCount + noLongerDeniedCount === 0 ? '  nothing would change\n' : '',
  ].join('');
}

function changes(title: string, count: number, list: RejudgeReport['newlyDenied'], colors: Paint): string {
  if (count === 0) return '';
  const lines = list
    .slice(0, MOST_SHOWN)
    .map(
      ({ client, method, host, path, ruleId, after, reference }) =>
        `    ${terminalText(`${client}  ${method} ${host}${path}`)}  ${ruleId === 0 ? '' : `rule ${ruleId}`} ${colors.dim(`(${after.slice(0, 5).join(', ')}) ${reference}`)}\n`,
    );
  const more = count - lines.length;
  return `  ${formatCount(count)} ${title}\n${lines.join('')}${more > 0 ? `    ... and ${formatCount(more)} more\n` : ''}`;
}

function resent(report: ResendReport, colors: Paint): string {
  const { sent, answered, failed, otherStatus, otherLength, skipped, left } = report;
  const line = (count: number, words: string): string =>
    count === 0 ? '' : `  ${formatCount(count)} ${words}\n`;
  return [
    `${colors.bold(`${formatCount(sent)} requests`)} sent, ${formatCount(answered)} answered (${Math.round(report.tookMs)} ms)\n`,
    line(failed, 'got no answer'),
    line(otherStatus, 'got another status than before'),
    line(otherLength, 'got an answer of another length'),
    line(skipped, 'could not be sent: their body was not kept wholly'),
    line(left, 'were left out: the time was over'),
  ].join('');
}
