import type { Tone } from '../../design/index.ts';
import type { Correlation } from './answers.ts';

/** Types of evidence and what they are called. */
export const EVIDENCE_TYPES: Readonly<Record<string, string>> = {
  waf_block: 'WAF block',
  waf_alert: 'WAF alert',
  crowdsec_ban: 'CrowdSec',
  dpi_threat: 'Traffic',
  scanner: 'Scanner',
  brute_force: 'Brute force',
  other: 'Other',
  manual: 'By hand',
};

/** What a type of evidence is called; its own name where it is another program's. */
export function typeName(type: string): string {
  return Object.hasOwn(EVIDENCE_TYPES, type) ? (EVIDENCE_TYPES[type] ?? type) : type;
}

/** The colour of a threat or a reputation, 0 to 100. */
export function toneOf(score: number): Tone {
  return score >= 70 ? 'danger' : score >= 40 ? 'warning' : score > 0 ? 'notice' : 'neutral';
}

/** The word for a threat, 0 to 100. */
export function severityOf(score: number): string {
  return score >= 90 ? 'critical' : score >= 70 ? 'high' : score >= 40 ? 'medium' : 'low';
}

/** True where the source of evidence is a rule of the WAF: a number. */
export function isRule(source: string): boolean {
  return /^\d{1,9}$/.test(source);
}

/** What happened, without the number of the rule, which stands beside it. */
export function deedOf({ reason, source, type }: Pick<Correlation, 'reason' | 'source' | 'type'>): string {
  const end = ` (${source})`;
  const words = source !== '' && reason.endsWith(end) ? reason.slice(0, -end.length) : reason;
  return words === '' ? typeName(type) : words;
}

/** The part of the address bar's text that the API takes for a path: community ids have slashes. */
export function inPath(id: string): string {
  return encodeURIComponent(id);
}
