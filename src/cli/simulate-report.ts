import { formatDuration } from '../config/quantity.ts';
import type { Incident } from '../correlate/incident/index.ts';
import type { SimulationDifference } from '../correlate/simulation-difference.ts';
import type {
  SimulatedDecision,
  SimulatedRefusal,
  SimulationResult,
} from '../correlate/simulation-result.ts';
import { formatTime } from '../event/index.ts';
import { terminalText } from '../mitm/waf/terminal-text.ts';
import { shortly } from './decision-table.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';

const SCENARIOS: readonly TableColumn[] = [
  { title: 'SCENARIO', most: 44, style: 'bold' },
  { title: 'TIMES', align: 'right' },
  { title: 'BY', most: 40 },
  { title: 'WHAT', most: 60, style: 'dim' },
];
const DECISIONS: readonly TableColumn[] = [
  { title: 'AT' },
  { title: 'ABOUT', most: 45, style: 'bold' },
  { title: 'WHAT' },
  { title: 'FOR', align: 'right' },
  { title: 'AFTER', align: 'right' },
  { title: 'BY', most: 40 },
  { title: 'KEPT OUT', align: 'right' },
];
const REFUSALS: readonly TableColumn[] = [
  { title: 'AT' },
  { title: 'ABOUT', most: 45, style: 'bold' },
  { title: 'BY', most: 40 },
  { title: 'TIMES', align: 'right' },
  { title: 'REFUSED FOR', most: 80 },
];
const REPUTATIONS: readonly TableColumn[] = [
  { title: 'ADDRESS', most: 45, style: 'bold' },
  { title: 'WORST', align: 'right' },
  { title: 'LEFT', align: 'right' },
  { title: 'AT' },
  { title: 'EVIDENCE', align: 'right' },
];

/** What was found, for people. */
export function renderSimulation(result: SimulationResult, top: number): string {
  const { records, firstUs, lastUs, overflows, evidence, excepted } = result;
  const { incidents, decisions, refusals, reputations, scenarios } = result;
  const span =
    firstUs === undefined || lastUs === undefined
      ? ''
      : `, ${clock(firstUs)} to ${clock(lastUs)} (${shortly((lastUs - firstUs) / 1000)})`;
  const left = excepted === 0 ? '' : `, ${excepted} excepted`;
  const lines = [
    `${counted(records, 'record')}${span}\n`,
    `${counted(evidence, 'piece')} of evidence${left}, ${counted(overflows, 'overflow')}, ${counted(incidents.count, 'incident')}, ${counted(decisions.count, 'decision')}, ${refusals.count} refused\n`,
  ];
  if (incidents.count > 0) {
    lines.push(
      '\nIncidents\n',
      ...incidents.items.slice(0, top).map(incidentText),
      more(incidents.count, top),
    );
  }
  if (scenarios.length > 0) {
    const rows = scenarios
      .slice(0, top)
      .map((one) => [one.scenario, String(one.overflows), aboutText(one.about), one.description]);
    lines.push('\nScenarios that ran over\n', table(SCENARIOS, rows), more(scenarios.length, top));
  }
  if (decisions.count > 0) {
    lines.push('\nDecisions that would have been taken\n', decisionRows(decisions.items, top));
    lines.push(more(decisions.count, top));
  }
  if (refusals.count > 0) {
    const rows = refusals.items.slice(0, top).map((one) => refusalRow(one));
    lines.push('\nDecisions that would have been refused\n', table(REFUSALS, rows));
    lines.push(more(refusals.items.length, top));
  }
  if (reputations.count > 0) {
    const rows = reputations.items
      .slice(0, top)
      .map((one) => [
        one.address,
        String(Math.round(one.peak)),
        String(Math.round(one.left)),
        clock(one.peakUs),
        String(one.evidence),
      ]);
    lines.push('\nReputations (0 to 100, higher is worse)\n', table(REPUTATIONS, rows));
    lines.push(more(reputations.count, top));
  }
  return lines.join('');
}

/** What would be different, for people. */
export function renderDifference(difference: SimulationDifference, top: number): string {
  const { scenarios, gone, fresh, changed, refusalsGone, refusalsFresh, reputations, incidents } = difference;
  const lines = ['\nWith the other scenarios\n'];
  const say = (count: number, what: string, rows: readonly string[]): void => {
    if (count === 0) return;
    lines.push(
      `  ${counted(count, 'decision')} ${what}\n`,
      ...rows.slice(0, top).map((row) => `    ${row}\n`),
    );
    lines.push(more(count, top));
  };
  say(gone.length, 'would not be taken', gone.map(decisionLine));
  say(fresh.length, 'would be taken besides', fresh.map(decisionLine));
  say(
    changed.length,
    'would be different',
    changed.map(({ before, after }) => `${decisionLine(before)}; then ${decisionLine(after)}`),
  );
  say(refusalsGone.length, 'would not be refused any more', refusalsGone.map(refusalLine));
  say(refusalsFresh.length, 'would be refused besides', refusalsFresh.map(refusalLine));
  lines.push(
    ...scenarios
      .slice(0, top)
      .map(
        ({ scenario, before, after }) =>
          `  ${terminalText(scenario)} ran over ${before} times, then ${after}\n`,
      ),
    more(scenarios.length, top),
    ...reputations
      .slice(0, top)
      .map(
        ({ address, before, after }) =>
          `  reputation of ${terminalText(address)}: ${before}, then ${after}\n`,
      ),
    more(reputations.length, top),
  );
  if (incidents.before !== incidents.after)
    lines.push(`  incidents: ${incidents.before}, then ${incidents.after}\n`);
  if (lines.join('').split('\n').length <= 3) lines.push('  nothing would be different\n');
  return lines.join('');
}

function incidentText(incident: Incident): string {
  const { severity, score, title, firstUs, lastUs, steps, attackers, victims, infrastructure } = incident;
  // Who did what to whom; where no attacker is known, what host called where.
  const ends = attackers.length > 0 ? [attackers, victims] : [victims, infrastructure];
  const who = ends.filter((one) => one.length > 0).map(short);
  const about = `${clock(firstUs)} to ${clock(lastUs)}; ${who.join(' -> ')}`;
  const shown = steps.map(({ stage, tacticName, techniques, count, reason, link }) => {
    const names = techniques.map(({ id }) => id).join(' ');
    const how = [names, tacticName].filter((text) => text !== '').join(', ');
    const why = link === '' ? '' : `; ${terminalText(link)}`;
    return `    ${stage.replaceAll('_', ' ')}${how === '' ? '' : ` (${how})`}: ${terminalText(reason)}${count > 1 ? `, ${count} pieces` : ''}${why}\n`;
  });
  const name = `${severity} ${Math.round(score)}`;
  return `  ${terminalPaint().bold(terminalText(title))}  ${name}\n    ${about}\n${shown.join('')}`;
}

function decisionRows(decisions: readonly SimulatedDecision[], top: number): string {
  const rows = decisions
    .slice(0, top)
    .map((one) => [
      clock(one.atUs),
      one.value,
      one.simulated ? `${one.type} (tried)` : one.type,
      shortly((one.untilUs - one.atUs) / 1000),
      one.afterMs === undefined ? '' : afterText(one.afterMs),
      one.scenario || one.origin,
      one.connectionsAfter === 0 ? '' : counted(one.connectionsAfter, 'connection'),
    ]);
  return table(DECISIONS, rows);
}

function refusalRow({ atUs, value, scenario, origin, count, guard, refused }: SimulatedRefusal): string[] {
  return [clock(atUs), value, scenario || origin, String(count), `${guard}: ${refused}`];
}

function decisionLine({
  type,
  value,
  durationMs,
  scenario,
  origin,
  atUs,
  afterMs,
}: SimulatedDecision): string {
  const after = afterMs === undefined ? '' : `, ${afterText(afterMs)} after its first packet`;
  return `${type} ${terminalText(value)} for ${formatDuration(durationMs)} at ${clock(atUs)} by ${terminalText(scenario || origin)}${after}`;
}

function refusalLine({ type, value, scenario, origin, guard }: SimulatedRefusal): string {
  return `${type} ${terminalText(value)} by ${terminalText(scenario || origin)}, refused by ${guard}`;
}

function table(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  return renderTable(
    columns,
    rows.map((row) => row.map(terminalText)),
    terminalPaint(),
  );
}

function afterText(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms) / 1000}s` : shortly(ms);
}

/** Two addresses, and how many more there are. */
function aboutText(addresses: readonly string[]): string {
  const more = addresses.length > 2 ? ` and ${addresses.length - 2} more` : '';
  return `${addresses.slice(0, 2).join(', ')}${more}`;
}

function short(addresses: readonly string[]): string {
  return terminalText(aboutText(addresses));
}

/** A line for what a list leaves out. */
function more(count: number, top: number): string {
  return count > top ? `  and ${count - top} more\n` : '';
}

function clock(timeUs: number): string {
  return formatTime(timeUs).slice(0, 19).replace('T', ' ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
