import { createInterface } from 'node:readline';
import type { NamedProposal, RunningWeir } from '../control/index.ts';
import { type Difference, type ExceptionUse, matchText } from '../correlate/exception/index.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { formatCount } from '../output/index.ts';
import { author } from './decision-wish.ts';
import { nextCommand, suggest } from './next-command.ts';
import { counted, recordText, recordTime } from './record-text.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';

/** Entries of each list of a difference that are shown. */
const SHOWN = 10;

const EXCEPTIONS: readonly TableColumn[] = [
  { title: 'DOES NOT COUNT', most: 60, style: 'bold' },
  { title: 'UNTIL (UTC)' },
  { title: 'BY', most: 16 },
  { title: 'WHY', most: 50 },
  { title: 'USED', align: 'right' },
  { title: 'LAST (UTC)', style: 'dim' },
  { title: 'ID', style: 'dim' },
];
const PROPOSALS: readonly TableColumn[] = [
  { title: 'ID', style: 'bold' },
  { title: 'PROPOSED', most: 50 },
  { title: 'SURE', align: 'right' },
  { title: 'WHY', most: 110 },
];

/** Exceptions as a table. */
export function exceptionTable(exceptions: readonly ExceptionUse[]): string {
  const rows = exceptions.map(({ match, untilMs, author: by, reason, used, lastUsedUs, id }) => [
    recordText(matchText(match)),
    untilMs === undefined ? 'no end' : recordTime(1000 * untilMs),
    recordText(by),
    recordText(reason),
    formatCount(used),
    lastUsedUs === 0 ? '' : recordTime(lastUsedUs),
    id,
  ]);
  return renderTable(EXCEPTIONS, rows, terminalPaint());
}

/** Proposals as a table; those of which nothing can be accepted say why. */
export function proposalTable(proposals: readonly NamedProposal[]): string {
  const rows = proposals.map((proposal) => [
    proposal.kind === 'none' ? '' : proposal.id,
    recordText(proposedText(proposal)),
    proposal.kind === 'none' ? '' : `${Math.round(100 * proposal.confidence)} %`,
    recordText(proposal.why),
  ]);
  return renderTable(PROPOSALS, rows, terminalPaint());
}

function proposedText(proposal: NamedProposal): string {
  switch (proposal.kind) {
    case 'exception':
      return `except ${matchText(proposal.match)}`;
    case 'weight':
      return `${proposal.source} weighs ${proposal.proposed}, not ${proposal.weight}`;
    case 'none':
      return `nothing${proposal.rule === '' ? '' : ` for ${proposal.rule}`}`;
    default:
      return proposal satisfies never;
  }
}

/** Shows what a proposal would have changed and then, unless only that was wanted or somebody says no, takes it up. */
export async function acceptProposal(
  weir: RunningWeir,
  id: string,
  options: {
    readonly preview?: boolean | undefined;
    readonly yes?: boolean | undefined;
    readonly json?: boolean | undefined;
    readonly config?: string | undefined;
  },
): Promise<number> {
  const preview = await weir.accept(id, author(), true);
  const { preview: isPreview, json, config } = options;
  if (json === true) {
    const shown = isPreview === true ? preview : await weir.accept(id, author(), false);
    process.stdout.write(`${terminalJson(shown, 0)}\n`);
    return 0;
  }
  process.stdout.write(`${recordText(preview.done)}\n`);
  if (preview.difference !== undefined) process.stdout.write(differenceText(preview.difference));
  if (isPreview === true) {
    suggest(`to accept it: ${nextCommand(`mark accept ${id}`, config)}`);
    return 0;
  }
  if (options.yes !== true && process.stdin.isTTY === true && !(await confirm('accept it? [y/N] '))) {
    process.stdout.write('nothing was changed\n');
    return 0;
  }
  const { done } = await weir.accept(id, author(), false);
  process.stdout.write(`${recordText(done)}\n`);
  return 0;
}

/** Asks on the terminal; its end (Ctrl-D) is a no. */
async function confirm(question: string): Promise<boolean> {
  process.stderr.write(question);
  const terminal = createInterface({ input: process.stdin });
  const answer = await new Promise<string>((resolve) => {
    terminal.once('line', resolve);
    terminal.once('close', () => resolve(''));
  });
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** What would have been different, over what is stored. */
function differenceText(difference: Difference): string {
  const { evidence, isCut, leftOut, scores, bansGone, bansNew, missed } = difference;
  const colors = terminalPaint();
  const line = (name: string, count: number): string =>
    `  ${name.padEnd(30)} ${formatCount(count).padStart(8)}\n`;
  const scored = ({ address, before, after }: { address: string; before: number; after: number }): string =>
    `${address}: ${Math.round(before)} to ${Math.round(after)}`;
  const named = (texts: readonly string[], count: number): string =>
    texts
      .slice(0, SHOWN)
      .map((text) => `    ${recordText(text)}\n`)
      .concat(count > SHOWN ? `    and ${formatCount(count - SHOWN)} more\n` : '')
      .join('');
  return [
    `  over ${counted(evidence, 'piece of evidence', 'pieces of evidence')}${isCut ? ', the first ones' : ''}:\n`,
    line('evidence that would not count', leftOut.count),
    line('addresses with another score', scores.count),
    named(scores.first.map(scored), scores.count),
    line('bans that would not have been', bansGone.count),
    named(bansGone.first.map(scored), bansGone.count),
    line('further bans', bansNew.count),
    named(bansNew.first.map(scored), bansNew.count),
    missed.count > 0
      ? colors.alarm(line('ATTACKS THAT WOULD BE MISSED', missed.count))
      : line('attacks that would be missed', 0),
    named(
      missed.first.map(({ evidenceId, address, how }) => `${address}: ${evidenceId}, ${how}`),
      missed.count,
    ),
  ].join('');
}
