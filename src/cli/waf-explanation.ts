import type { LinkExplanation, OperatorExplanation, RuleExplanation } from '../mitm/waf/explain.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';
import type { LinkTrace, NotRun, Outcome, RuleTrace, ValueTrace } from '../mitm/waf/trace.ts';
import type { Paint } from '../output/summary/paint.ts';

/** What may be shown of a variable's value. */
export type Redact = (variable: string, value: string) => string;

const LABEL = 12;
/** Literals of the prefilter that are written out. */
const MOST_LITERALS = 24;
/** Characters of an argument: lists and patterns can be very long. */
const LONGEST_ARGUMENT = 2000;

const ENGINES = {
  v8: 'V8, where it takes linear time',
  re2: 'RE2: V8 could be made to take too long',
  bounded: 'V8 for short values, for others a matcher that counts its steps',
} as const;

/** A rule in words. */
export function renderRule(rule: RuleExplanation, colors: Paint): string {
  const about = [
    `phase ${rule.phase}`,
    ...(rule.severity === '' ? [] : [rule.severity.toLowerCase()]),
    ...(rule.paranoia === undefined ? [] : [`paranoia level ${rule.paranoia}`]),
    ...(rule.log ? [] : ['not logged']),
  ];
  const lines = [
    `${colors.bold(`rule ${rule.id}`)}  ${colors.dim(about.join(', '))}`,
    ...(rule.message === '' ? [] : [`  ${terminalText(rule.message)}`]),
    ...field('at', `${rule.file}:${rule.line}`, colors),
    ...field('tags', rule.tags.join(', '), colors),
    ...field('on a match', rule.disruption, colors),
  ];
  for (const [i, link] of rule.links.entries()) {
    lines.push('');
    if (rule.links.length > 1) lines.push(`  ${colors.bold(`link ${i + 1} of ${rule.links.length}`)}`);
    lines.push(...linkLines(link, colors));
  }
  return `${lines.join('\n')}\n`;
}

function field(label: string, words: string, colors: Paint): string[] {
  return words === '' ? [] : [`  ${colors.dim(label.padEnd(LABEL))}${terminalText(words)}`];
}

function linkLines(link: LinkExplanation, colors: Paint): string[] {
  const lines = field('looks at', link.targets.join(' | '), colors);
  const width = Math.max(0, ...link.transformations.map(({ name }) => name.length)) + 2;
  for (const [i, { name, description }] of link.transformations.entries()) {
    const label = i === 0 ? 'transforms' : '';
    lines.push(`  ${colors.dim(label.padEnd(LABEL))}${name.padEnd(width)}${colors.dim(description)}`);
  }
  if (link.multiMatch)
    lines.push(...field('', 'looks at the value after each transformation that changes it', colors));
  if (link.operator === undefined) lines.push(...field('looks for', 'nothing: it always matches', colors));
  else lines.push(...operatorLines(link.operator, colors));
  for (const [i, change] of link.changes.entries())
    lines.push(...field(i === 0 ? 'then' : '', change, colors));
  return lines;
}

function operatorLines(operator: OperatorExplanation, colors: Paint): string[] {
  const { argument, literals } = operator;
  const shown = argument.length > LONGEST_ARGUMENT ? `${argument.slice(0, LONGEST_ARGUMENT)}...` : argument;
  const not = operator.negated ? 'not ' : '';
  const lines = [
    `  ${colors.dim('looks for'.padEnd(LABEL))}${not}@${operator.name}  ${colors.dim(operator.description)}`,
    ...field(operator.engine === undefined ? 'argument' : 'pattern', shown, colors),
  ];
  if (operator.macro) lines.push(...field('', 'the variables in it are replaced when the rule runs', colors));
  if (operator.engine !== undefined) lines.push(...field('runs on', ENGINES[operator.engine], colors));
  if (literals.length === 0) {
    lines.push(...field('prefilter', 'nothing is known that a value must hold: each is tried', colors));
  }
  for (const [i, alternatives] of literals.entries()) {
    const some = alternatives.slice(0, MOST_LITERALS).map((literal) => JSON.stringify(literal));
    const more = alternatives.length - some.length;
    const words = `${alternatives.length === 1 ? '' : 'one of '}${some.join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
    lines.push(...field(i === 0 ? 'prefilter' : '', `${i === 0 ? 'holds ' : 'and '}${words}`, colors));
  }
  return lines;
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  matched: 'matches',
  operator: 'the operator does not find it',
  prefilter: 'not tried: it lacks what the prefilter asks for',
  excluded: 'not looked at: the rule takes it out (!)',
  removed: 'not looked at: another rule took it out for this request',
  unasked: 'not tried: a bound came before',
};

/** What a rule did with a request, in words. */
export function renderTrace(rule: RuleExplanation, trace: RuleTrace, redact: Redact, colors: Paint): string {
  const { links, notRun } = trace;
  const lines = ['', `${colors.bold('with this request')}: ${outcomeWords(rule, trace, colors)}`];
  if (notRun !== undefined) lines.push(`  ${terminalText(reasonWords(notRun))}`);
  for (const [i, link] of links.entries()) {
    if (rule.links.length > 1) lines.push('', `  ${colors.bold(`link ${i + 1}`)}`);
    lines.push(...linkTraceLines(link, redact, colors));
  }
  return `${lines.join('\n')}\n`;
}

function outcomeWords(rule: RuleExplanation, { matched, notRun, links }: RuleTrace, colors: Paint): string {
  if (matched) return colors.alarm('it matched');
  if (notRun !== undefined) return colors.notice('it did not run');
  const which = rule.links.length > 1 ? `: link ${links.length} of ${rule.links.length} did not` : '';
  return `it did not match${which}`;
}

function reasonWords(notRun: NotRun): string {
  switch (notRun.why) {
    case 'skipped': {
      const { by } = notRun;
      const looks = by.link.subject?.targets.included.map(({ variable, selector }) =>
        selector?.kind === 'key' ? `${variable}:${selector.key}` : variable,
      );
      const condition = looks === undefined ? '' : ` (${looks.join('|')} ${by.link.operatorText})`;
      const paranoia = condition.includes('paranoia_level') ? 'its paranoia level is not run: ' : '';
      return `${paranoia}rule ${by.id}${condition} skipped it`;
    }
    case 'removed':
      return `rule ${notRun.by.id} removed it for this request (${notRun.by.file}:${notRun.by.line})`;
    case 'decided':
      return `rule ${notRun.by} had decided before`;
    case 'noAnswer':
      return 'it looks at answers, and there is none (--response FILE)';
    case 'other':
      return notRun.text;
    default:
      return notRun satisfies never;
  }
}

function linkTraceLines({ argument, values }: LinkTrace, redact: Redact, colors: Paint): string[] {
  const lines = argument === undefined ? [] : field('looks for', redact('', argument), colors);
  if (values.length === 0) lines.push('', '  the request has nothing that it looks at');
  for (const value of values) lines.push('', ...valueLines(value, redact, colors));
  return lines;
}

function valueLines(
  { variable, value, steps, outcome }: ValueTrace,
  redact: Redact,
  colors: Paint,
): string[] {
  const shown = (text: string): string =>
    text === '' ? colors.dim('(empty)') : terminalText(redact(variable, text));
  const mark = outcome === 'matched' ? colors.alarm('✗') : '·';
  const verdict = outcome === 'matched' ? colors.alarm(OUTCOMES.matched) : colors.dim(OUTCOMES[outcome]);
  const changed = steps.filter((step) => step.changed);
  const width = Math.max(0, ...changed.map(({ name }) => name.length)) + 2;
  return [
    `  ${mark} ${colors.bold(terminalText(variable))}  ${verdict}`,
    `    ${''.padEnd(width)}${shown(value)}`,
    ...changed.map(({ name, text }) => `    ${colors.dim(name.padEnd(width))}${shown(text)}`),
  ];
}
