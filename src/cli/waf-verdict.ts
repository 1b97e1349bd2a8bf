import { CATEGORIES, type CategoryCount, categoryOf } from '../mitm/waf/categories.ts';
import type { Verdict } from '../mitm/waf/index.ts';
import type { RedactedMatch } from '../mitm/waf/redact.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';
import { clip } from '../output/summary/format.ts';
import type { Paint } from '../output/summary/paint.ts';
import { name } from './waf-input.ts';

/** A request and what the rules say of it, as it may be shown. */
export interface Judged {
  readonly file: string;
  readonly method: string;
  readonly target: string;
  /** Nothing would have been blocked. */
  readonly detectionOnly: boolean;
  /** Its matches are not redacted. */
  readonly verdict: Verdict;
  readonly matches: readonly RedactedMatch[];
  readonly categories: readonly CategoryCount[];
}

/** Characters of a request's target. */
const LONGEST_TARGET = 80;
const INDENT = ' '.repeat(10);

/** Requests with their verdicts first, then what matched. */
export function renderJudged(all: readonly Judged[], colors: Paint): string {
  const blocks = all.map((judged) => renderOne(judged, colors));
  if (all.length < 2) return blocks.join('');
  const blocked = all.filter(({ verdict }) => verdict.action !== 'pass').length;
  const sum = `${all.length} requests: ${blocked} blocked, ${all.length - blocked} passed\n`;
  return `${blocks.join('\n')}\n${colors.bold(sum.trimEnd())}\n`;
}

function renderOne(judged: Judged, colors: Paint): string {
  const { matches } = judged;
  const target = clip(terminalText(judged.target), LONGEST_TARGET);
  const attacks = matches.filter((match) => categoryOf(match) !== 'evaluation');
  const scores = matches.filter((match) => categoryOf(match) === 'evaluation');
  const lines = [
    `${colors.bold(name(judged.file))}: ${verdictWords(judged, colors)}`,
    `  ${colors.dim(`${terminalText(judged.method)} ${target}`)}`,
  ];
  if (judged.verdict.limit !== '') {
    lines.push(`  ${colors.alarm('not judged wholly')}: ${terminalText(judged.verdict.limit)}`);
  }
  if (judged.categories.length > 0) lines.push(`  ${categoryWords(judged.categories, colors)}`);
  for (const match of attacks) lines.push('', ...matchLines(match, colors));
  if (scores.length > 0) {
    lines.push('');
    for (const { id, message } of scores)
      lines.push(`  ${colors.dim(`${String(id).padEnd(8)}${terminalText(message)}`)}`);
  }
  return `${lines.join('\n')}\n`;
}

function verdictWords({ verdict, detectionOnly, matches }: Judged, colors: Paint): string {
  const { action, status, location, ruleId, score } = verdict;
  const scores = [
    ...(score.inbound > 0 ? [`score ${score.inbound}`] : []),
    ...(score.outbound > 0 ? [`score of the answer ${score.outbound}`] : []),
  ].join(', ');
  if (action === 'pass') {
    const rules =
      matches.length === 0
        ? 'no rule matched'
        : matches.length === 1
          ? '1 rule matched'
          : `${matches.length} rules matched`;
    const only = detectionOnly ? ', detection only' : '';
    const paint = matches.length === 0 ? colors.bold : colors.notice;
    return `${paint('passed')}${only}, ${rules}${scores === '' ? '' : `, ${scores}`}`;
  }
  const how = {
    deny: `blocked with ${status}`,
    drop: 'dropped',
    redirect: `redirected with ${status} to ${terminalText(location)}`,
  }[action];
  const by = ruleId === 0 ? ' by a bound' : ` by rule ${ruleId}`;
  return `${colors.alarm(how)}${by}${scores === '' ? '' : `, ${scores}`}`;
}

function categoryWords(categories: readonly CategoryCount[], colors: Paint): string {
  const [first] = categories;
  const words = categories.map(({ category, points }) => (points > 0 ? `${category} ${points}` : category));
  const meaning =
    categories.length === 1 && first !== undefined ? ` ${colors.dim(`(${CATEGORIES[first.category]})`)}` : '';
  return `${words.join(', ')}${meaning}`;
}

/** Rule, severity, kind and message in a line; then the variable and the part of its value that matched. */
function matchLines(match: RedactedMatch, colors: Paint): string[] {
  const severity = match.severity.toLowerCase();
  const grave = ['emergency', 'alert', 'critical', 'error'].includes(severity);
  const level = severity.padEnd(10);
  const head = `${colors.bold(String(match.id).padEnd(8))}${grave ? colors.alarm(level) : colors.notice(level)}`;
  const lines = [`  ${head}${colors.bar(categoryOf(match))}  ${terminalText(match.message)}`];
  if (match.variable !== '')
    lines.push(`${INDENT}${colors.dim(terminalText(match.variable))}  ${highlighted(match, colors)}`);
  if (!tellsNothingNew(match)) lines.push(`${INDENT}${colors.dim(terminalText(match.data))}`);
  return lines;
}

/** The value with what matched in it highlighted; where there are no colours, the line stays plain. */
export function highlighted({ value, part }: Pick<RedactedMatch, 'value' | 'part'>, colors: Paint): string {
  if (value === '') return colors.dim('(empty)');
  if (part === undefined) return terminalText(value);
  const end = part.start + part.length;
  const found = terminalText(value.slice(part.start, end));
  return `${terminalText(value.slice(0, part.start))}${colors.alarm(found)}${terminalText(value.slice(end))}`;
}

/** Whether `logdata` says what stands above it already. */
function tellsNothingNew({ data, variable, value, part }: RedactedMatch): boolean {
  if (data === '') return true;
  const found = part === undefined ? undefined : value.slice(part.start, part.start + part.length);
  const known = [
    value,
    `${variable}=${value}`,
    ...(found === undefined
      ? []
      : [
          found,
          `Matched Data: ${found}`,
          `Matched Data: ${found} found within ${variable}`,
          `Matched Data: ${found} found within ${variable}: ${value}`,
        ]),
    `Matched Data: ${value} found within ${variable}`,
    `Matched Data: ${value} found within ${variable}: ${value}`,
  ];
  return known.includes(data);
}
