import type { Incident, IncidentStep } from '../correlate/incident/index.ts';
import type { Paint } from '../output/summary/paint.ts';
import { counted, recordText, recordTime, someOf, timeSpan } from './record-text.ts';

/** Addresses of an incident that are named. */
const NAMED = 6;

/** An incident with its steps, on several lines. */
export function incidentText(incident: Incident, colors: Paint): string {
  const { title, status, severity, score, firstUs, lastUs, steps, count, id } = incident;
  const severe = severity === 'critical' || severity === 'high' ? colors.alarm : colors.notice;
  const evidence = counted(count, 'piece of evidence', 'pieces of evidence');
  return [
    `${colors.bold(recordText(title))}  ${colors.dim(id)}\n`,
    `  ${severe(severity)}, ${Math.round(score)} of 100, ${status}; ${timeSpan(firstUs, lastUs)} UTC; ${evidence}\n`,
    ...steps.map((step, i) => stepText(step, i + 1, colors)),
    addresses('by', incident.attackers, colors),
    addresses('against', incident.victims, colors),
    addresses('by way of', incident.infrastructure, colors),
    incident.ja4s.length === 0
      ? ''
      : `  ${colors.dim('with JA4'.padEnd(10))} ${recordText(someOf(incident.ja4s, 3))}\n`,
    incident.related.length === 0
      ? ''
      : `  ${colors.dim('related'.padEnd(10))} ${recordText(someOf(incident.related, 3))}\n`,
  ].join('');
}

function stepText(step: IncidentStep, number: number, colors: Paint): string {
  const { stage, tactic, tacticName, techniques, firstUs, count, reason, link, evidence } = step;
  const tactics = tactic === '' ? '' : `, ${tacticName} (${tactic})`;
  const names = techniques.map(({ id, name }) => (name === '' ? id : `${name} (${id})`));
  const indent = ' '.repeat(5 + String(number).length);
  const times = count > 1 ? `, ${count} times` : '';
  return [
    `  ${number}. ${colors.bold(stage.replaceAll('_', ' '))}${recordText(tactics)}, ${recordTime(firstUs)}${times}\n`,
    `${indent}${recordText(reason)}\n`,
    link === '' ? '' : `${indent}${recordText(link)}\n`,
    names.length === 0 ? '' : `${indent}${colors.dim(recordText(someOf(names, 4)))}\n`,
    evidence.length === 0 ? '' : `${indent}${colors.dim(`evidence ${recordText(someOf(evidence, 3))}`)}\n`,
  ].join('');
}

function addresses(what: string, list: readonly string[], colors: Paint): string {
  if (list.length === 0) return '';
  return `  ${colors.dim(what.padEnd(10))} ${recordText(someOf(list, NAMED))}\n`;
}
