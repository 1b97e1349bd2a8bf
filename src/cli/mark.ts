import { parseDuration } from '../config/quantity.ts';
import type { RunningWeir } from '../control/index.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { parseAddress, parsePrefix } from '../net/index.ts';
import { author } from './decision-wish.ts';
import { acceptProposal, exceptionTable, proposalTable } from './mark-text.ts';
import { nextCommand, suggest } from './next-command.ts';
import { counted, recordText } from './record-text.ts';
import { askRunning } from './running.ts';
import { parseOptions, UsageError } from './usage.ts';

const LONGEST_MS = 10 * 366 * 86_400_000;
const LONGEST_NOTE = 512;
/** Conditions of an exception, each an option. */
const CONDITIONS = ['address', 'path', 'host', 'rule', 'scenario', 'ja4', 'target'] as const;
const ID = /^[a-z0-9]{20}$/;
const HINT = "Try 'weir mark --help'";
const HELP = `usage: weir mark ID false|true [--note TEXT]
       weir mark proposals
       weir mark accept PROPOSAL [--preview]
       weir mark exceptions
       weir mark except CONDITION... --reason TEXT [--for TIME]
       weir mark remove EXCEPTION

Says whether a correlation ('weir search', 'weir reputation ADDRESS --why') was false or true: what was false counts no
more. Of what was marked weir proposes exceptions and lower weights (proposals). accept shows what would have been
different over all that is stored, and asks before it changes anything; with --preview it only shows. An exception is
for what all of its conditions hold for; it does not count as evidence from then on.

  --address A          of this address or network
  --target A           against this address
  --host NAME          at this host
  --path PATH          below this path: /search is for /search and /search/all
  --rule N             found by this rule of the WAF
  --scenario NAME      found by this scenario
  --ja4 JA4            by clients with this JA4
  --reason TEXT        why; needed for an exception
  --for TIME           how long: 12h, 30d; without, until it is removed
  --note TEXT          a note to a mark
  --preview            with accept: only show what would be different
  --yes                with accept: do not ask
  --json               as JSON, a line for each
  -c, --config FILE    the configuration of the weir that is asked
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  note: { type: 'string' },
  address: { type: 'string' },
  target: { type: 'string' },
  host: { type: 'string' },
  path: { type: 'string' },
  rule: { type: 'string' },
  scenario: { type: 'string' },
  ja4: { type: 'string' },
  reason: { type: 'string' },
  for: { type: 'string' },
  preview: { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
  config: { type: 'string', short: 'c' },
} as const;

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>['values'];
type Ask = (weir: RunningWeir) => Promise<number>;

/** `weir mark`: what was false, what does not count, and what weir learns from it. */
export async function mark(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  return askRunning(values.config, '', askFor(positionals, values));
}

/** What is asked for, by the operands; throws UsageError before anybody is asked. */
function askFor([action, operand, ...more]: readonly string[], values: Values): Ask {
  if (action === undefined) throw new UsageError('mark takes an identifier and false or true', HINT);
  if (more.length > 0) throw new UsageError(`mark: one operand too many: '${more[0]?.slice(0, 60)}'`, HINT);
  switch (action) {
    case 'exceptions':
    case 'proposals':
      allow(values, action, []);
      if (operand !== undefined) throw new UsageError(`mark ${action} takes no operand`, HINT);
      return action === 'exceptions' ? showExceptions(values) : showProposals(values);
    case 'except':
      if (operand !== undefined)
        throw new UsageError('mark except takes conditions as options, as --path /search', HINT);
      return except(values);
    case 'remove':
      allow(values, action, []);
      if (operand === undefined || !ID.test(operand)) {
        throw new UsageError(
          'mark remove takes the identifier of an exception',
          "'weir mark exceptions' lists them",
        );
      }
      return async (weir) => tell(await weir.unexcept(operand, author()), values);
    case 'accept':
      allow(values, action, ['preview', 'yes']);
      if (operand === undefined || !/^[0-9a-f]{8}$/.test(operand)) {
        throw new UsageError(
          'mark accept takes the identifier of a proposal',
          "'weir mark proposals' lists them",
        );
      }
      return (weir) => acceptProposal(weir, operand, values);
    default:
      return markOne(action, operand, values);
  }
}

function markOne(id: string, as: string | undefined, values: Values): Ask {
  allow(values, 'ID', ['note']);
  if (!ID.test(id)) {
    throw new UsageError(
      `'${id.slice(0, 60)}' is no identifier of a correlation: these have 20 letters and digits`,
      "'weir search' lists them; 'weir mark --help' tells what else mark does",
    );
  }
  if (as !== 'false' && as !== 'true') throw new UsageError(`mark ${id} takes false or true`, HINT);
  const note = bounded('--note', values.note ?? '');
  return async (weir) => tell(await weir.mark(id, as, author(), note), values);
}

function showExceptions(values: Values): Ask {
  return async (weir) => {
    const exceptions = await weir.exceptions();
    if (values.json === true) process.stdout.write(lines(exceptions));
    else if (exceptions.length === 0) {
      process.stdout.write('there are no exceptions\n');
      suggest(
        `what weir would except, from what was marked: ${nextCommand('mark proposals', values.config)}`,
      );
    } else process.stdout.write(exceptionTable(exceptions));
    return 0;
  };
}

function showProposals(values: Values): Ask {
  return async (weir) => {
    const proposals = await weir.proposals();
    if (values.json === true) process.stdout.write(lines(proposals));
    else if (proposals.length === 0) {
      process.stdout.write('nothing is proposed: nothing was marked false that counts still\n');
      suggest(`what can be marked: ${nextCommand('search', values.config)}`);
    } else {
      process.stdout.write(proposalTable(proposals));
      const first = proposals.find(({ kind }) => kind !== 'none');
      if (first !== undefined)
        suggest(
          `what would be different: ${nextCommand(`mark accept ${recordText(first.id)} --preview`, values.config)}`,
        );
    }
    return 0;
  };
}

function except(values: Values): Ask {
  allow(values, 'except', [...CONDITIONS, 'reason', 'for']);
  const conditions: Record<string, string> = {};
  for (const name of CONDITIONS) {
    const value = values[name];
    if (value === undefined) continue;
    if (value === '') throw new UsageError(`--${name} is empty`, HINT);
    conditions[name] = value;
  }
  if (Object.keys(conditions).length === 0) {
    throw new UsageError(
      `mark except takes at least one of ${CONDITIONS.map((name) => `--${name}`).join(', ')}`,
      'Without any, nothing would count at all',
    );
  }
  const { address, target } = conditions;
  if (address !== undefined && parseAddress(address) === undefined && parsePrefix(address) === undefined)
    throw new UsageError(`--address takes an address or a network, not '${address.slice(0, 60)}'`);
  if (target !== undefined && parseAddress(target) === undefined)
    throw new UsageError(`--target takes an address, not '${target.slice(0, 60)}'`);
  const reason = bounded('--reason', values.reason ?? '');
  if (reason.trim() === '')
    throw new UsageError('mark except takes a reason: --reason TEXT', 'Who finds it later will want to know');
  const durationMs = values.for === undefined ? 0 : parseDuration(values.for);
  if (values.for !== undefined && !(durationMs >= 1000 && durationMs <= LONGEST_MS)) {
    throw new UsageError(`--for takes a time from 1s to 10 years, such as 12h or 30d, not '${values.for}'`);
  }
  return async (weir) =>
    tell(
      await weir.except({ conditions, reason, author: author(), durationMs: Math.round(durationMs) }),
      values,
    );
}

/** Refuses options that have no meaning for an action: silence would look like obedience. */
function allow(values: Values, action: string, names: readonly string[]): void {
  for (const name of Object.keys(values)) {
    if (['help', 'json', 'config', ...names].includes(name)) continue;
    throw new UsageError(`--${name} has no meaning for 'weir mark ${action}'`, HINT);
  }
}

function bounded(name: string, text: string): string {
  if (text.length > LONGEST_NOTE)
    throw new UsageError(`${name} takes at most ${counted(LONGEST_NOTE, 'character')}`);
  return text;
}

function tell(changed: { readonly done: string }, values: Values): number {
  process.stdout.write(
    values.json === true ? `${terminalJson(changed, 0)}\n` : `${recordText(changed.done)}\n`,
  );
  return 0;
}

function lines(items: readonly object[]): string {
  return items.map((item) => `${terminalJson(item, 0)}\n`).join('');
}
