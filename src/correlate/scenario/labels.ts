import { type Consequences, EVIDENCE_TYPES, type EvidenceType } from '../evidence.ts';
import { parseDuration } from './duration.ts';
import { suggestion } from './nearest.ts';

type Labels = Readonly<Record<string, unknown>>;

/** By `labels.confidence`, 0 to 3, of CrowdSec. */
const THREAT_OF_CONFIDENCE: readonly number[] = [40, 50, 65, 80];
const DEFAULT_THREAT = 60;
const OWN_KEYS = ['ban', 'evidence', 'threat', 'simulated'];
const MOST_TECHNIQUES = 32;

/**
 * Reads CrowdSec's labels (`remediation`, `classification`, `behavior`, `type`, `confidence`) and our own
 * (`labels.weir`: `{ban: 4h, evidence: brute_force, threat: 80, simulated: true}`). `wrong` is told what is wrong with
 * a key of `weir`, or with all of it.
 */
export function consequencesOf(labels: Labels, wrong: (key: string, message: string) => void): Consequences {
  const own = ownLabels(labels, wrong);
  return {
    remediation: labels.remediation === true || labels.remediation === 'true',
    banMs: banOf(own, wrong),
    evidence: evidenceOf(own, wrong) ?? evidenceByLabels(labels),
    threat: threatOf(own, wrong) ?? threatByLabels(labels),
    techniques: techniquesOf(labels),
    simulated: simulatedOf(own, wrong),
  };
}

function ownLabels(labels: Labels, wrong: (key: string, message: string) => void): Labels {
  const own = labels.weir;
  if (own === undefined || own === null) return {};
  if (typeof own !== 'object' || Array.isArray(own)) {
    wrong('', `labels.weir has keys, as {ban: 4h, threat: 80}`);
    return {};
  }
  for (const key of Object.keys(own)) {
    if (!OWN_KEYS.includes(key)) wrong(key, `labels.weir has no ${key}${suggestion(key, OWN_KEYS)}`);
  }
  return own as Labels;
}

function banOf(own: Labels, wrong: (key: string, message: string) => void): number | undefined {
  if (own.ban === undefined) return undefined;
  const ns = typeof own.ban === 'string' ? parseDuration(own.ban) : undefined;
  if (ns !== undefined && ns > 0) return Math.round(ns / 1e6);
  wrong('ban', 'labels.weir.ban is a duration, as 4h');
  return undefined;
}

function evidenceOf(own: Labels, wrong: (key: string, message: string) => void): EvidenceType | undefined {
  if (own.evidence === undefined) return undefined;
  const found = EVIDENCE_TYPES.find((type) => type === own.evidence);
  if (found === undefined) {
    const near = suggestion(String(own.evidence), EVIDENCE_TYPES);
    wrong('evidence', `labels.weir.evidence is one of ${EVIDENCE_TYPES.join(', ')}${near}`);
  }
  return found;
}

function threatOf(own: Labels, wrong: (key: string, message: string) => void): number | undefined {
  const { threat } = own;
  if (threat === undefined) return undefined;
  if (typeof threat === 'number' && threat >= 0 && threat <= 100) return threat;
  wrong('threat', 'labels.weir.threat is a number from 0 to 100');
  return undefined;
}

function simulatedOf(own: Labels, wrong: (key: string, message: string) => void): boolean {
  if (own.simulated === undefined || typeof own.simulated === 'boolean') return own.simulated === true;
  wrong('simulated', 'labels.weir.simulated is true or false');
  return false;
}

/** By the words of `behavior`, `type` and `service`: what a scenario of CrowdSec speaks of. */
function evidenceByLabels(labels: Labels): EvidenceType {
  const words = `${labels.behavior ?? ''} ${labels.behaviors ?? ''} ${labels.type ?? ''}`.toLowerCase();
  if (/brute-?force|\bbf\b/.test(words)) return 'brute_force';
  if (/scan|crawl|prob|discovery|enum/.test(words)) return 'scanner';
  if (/exploit|attack|sqli|xss/.test(words)) {
    return labels.service === 'http' || words.includes('http') ? 'waf_alert' : 'dpi_threat';
  }
  return 'other';
}

function threatByLabels(labels: Labels): number {
  const { confidence } = labels;
  return (typeof confidence === 'number' ? THREAT_OF_CONFIDENCE[confidence] : undefined) ?? DEFAULT_THREAT;
}

/** `attack.T1110` is T1110. */
function techniquesOf(labels: Labels): readonly string[] {
  const { classification } = labels;
  if (!Array.isArray(classification)) return [];
  const found = classification
    .map((each) => /^attack\.(T\d{4}(?:\.\d{3})?)$/i.exec(String(each))?.[1]?.toUpperCase())
    .filter((each) => each !== undefined);
  return [...new Set(found)].slice(0, MOST_TECHNIQUES);
}
