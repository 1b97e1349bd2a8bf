import {
  addressOf,
  countOf,
  type EveRecord,
  listOf,
  nameOf,
  newIdentifier,
  objectOf,
  timeOf,
} from '../event/index.ts';
import { EVIDENCE_TYPES, type Evidence, type Overflow } from './evidence.ts';
import type { EvidenceFacts } from './exception/index.ts';
import type { JoinedMatch, JoinedRequest } from './join/index.ts';

/** A piece of evidence with what exceptions look at besides. */
export interface EvidenceWithFacts {
  readonly evidence: Evidence;
  readonly facts: EvidenceFacts;
  /** Somebody said it, and not of which type it is. */
  readonly manual?: boolean;
}

/** What somebody says against an address. */
export interface ManualEvidence {
  readonly address: string;
  /** One of the types, `manual`, or another word: both weigh as `other`. */
  readonly type: string;
  readonly reason: string;
  /** 0 to 100. */
  readonly threat: number;
  /** Who says it. */
  readonly author: string;
}

/** Anomaly score of a critical rule of the Core Rule Set: less is a matter of form, as a host that is an address. */
const CRITICAL_SCORE = 5;
const SEVERITIES = ['EMERGENCY', 'ALERT', 'CRITICAL', 'ERROR', 'WARNING', 'NOTICE'];
const NO_FACTS: EvidenceFacts = { host: '', path: '', ruleId: '' };
/** Techniques of MITRE ATT&CK by the WAF's categories; all others are of an exploit (T1190). */
const TECHNIQUES: Readonly<Record<string, string>> = { scanner: 'T1595.002', dos: 'T1499' };

/**
 * What a web request says against its client; its reference is the evidence's identifier, so the same request is never
 * counted twice. Undefined where nothing grave matched.
 */
export function requestEvidence(request: JoinedRequest): EvidenceWithFacts | undefined {
  const worst = worstOf(request.matches);
  const blocked = request.action !== 'pass' && request.action !== 'allowed' && request.action !== '';
  if (worst === undefined || request.address === '') return undefined;
  if (request.kind === 'request' && !blocked && request.score < CRITICAL_SCORE) return undefined;
  const isScanner = worst.category === 'scanner';
  const threat = Math.min(100, Math.max(5 * request.score, blocked ? 60 : 40));
  return {
    evidence: {
      id: request.kind === 'request' ? request.id : newIdentifier(),
      type:
        request.kind === 'alert' ? 'dpi_threat' : isScanner ? 'scanner' : blocked ? 'waf_block' : 'waf_alert',
      timeUs: request.timeUs,
      address: request.address,
      // What the proxy let through was done to the server behind it.
      target: request.upstream || request.target,
      reason: `${worst.message || worst.category} (${worst.ruleId})`,
      source: String(worst.ruleId),
      threat,
      communityId: request.communityId,
      reference: request.kind === 'request' ? request.id : '',
      ja4: request.ja4,
      techniques: [TECHNIQUES[worst.category] ?? 'T1190'],
    },
    facts: { host: request.host, path: request.path, ruleId: String(worst.ruleId) },
  };
}

function worstOf(matches: readonly JoinedMatch[]): JoinedMatch | undefined {
  const rank = ({ severity }: JoinedMatch): number => {
    const at = SEVERITIES.indexOf(severity.toUpperCase());
    return at < 0 ? SEVERITIES.length : at;
  };
  return matches.reduce<JoinedMatch | undefined>(
    (worst, one) => (worst === undefined || rank(one) < rank(worst) ? one : worst),
    undefined,
  );
}

/** What an overflow says against an address; undefined where it is about something else. */
export function overflowEvidence(overflow: Overflow): EvidenceWithFacts | undefined {
  const {
    id,
    scope,
    value,
    evidence: type,
    timeUs,
    target,
    scenario,
    description,
    threat,
    techniques,
  } = overflow;
  if (scope !== 'address') return undefined;
  const last = overflow.observations.at(-1);
  const { record } = last ?? {};
  return {
    evidence: {
      id,
      type,
      timeUs,
      address: value,
      target,
      reason: description || scenario,
      source: scenario,
      threat,
      communityId: nameOf(record?.community_id) ?? '',
      reference: '',
      ja4: last?.meta.ja4 ?? '',
      techniques,
    },
    facts: { host: last?.meta.http_host ?? '', path: last?.meta.http_path ?? '', ruleId: '' },
  };
}

/** What a replay of stored requests found: attacks that had passed. Undefined where it found none. */
export function replayEvidence(record: EveRecord): EvidenceWithFacts | undefined {
  const replay = objectOf(record.replay);
  const timeUs = timeOf(record.timestamp);
  const address = addressOf(record.src_ip);
  const found = countOf(replay?.changed) ?? 0;
  if (replay === undefined || timeUs === undefined || address === undefined || found === 0) return undefined;
  const ruleId = countOf(replay.rule_id);
  const source = ruleId === undefined ? 'replay' : String(ruleId);
  const requests = found === 1 ? 'a request' : `${found} requests`;
  return {
    evidence: {
      id: newIdentifier(),
      type: 'waf_alert',
      timeUs,
      address,
      target: '',
      reason: `Attack in ${requests} that had passed, found by a replay (${source})`,
      source,
      threat: Math.min(100, Math.max(40, 5 * (countOf(replay.score) ?? 0))),
      communityId: '',
      reference: nameOf(listOf(replay.references)[0]) ?? '',
      ja4: '',
      techniques: ['T1190'],
    },
    facts: { ...NO_FACTS, ruleId: source },
  };
}

/** What a decision or an alert of CrowdSec says against an address; undefined for other records. */
export function crowdsecEvidence(record: EveRecord): EvidenceWithFacts | undefined {
  const timeUs = timeOf(record.timestamp);
  const address = addressOf(record.src_ip);
  if (timeUs === undefined || address === undefined) return undefined;
  const common = { timeUs, address, target: '', communityId: '', reference: '', ja4: '', techniques: [] };
  if (record.event_type === 'crowdsec') {
    const alert = objectOf(record.crowdsec);
    if (alert === undefined || alert.simulated === true) return undefined;
    const scenario = nameOf(alert.scenario) ?? 'CrowdSec';
    const reason = `CrowdSec: ${nameOf(alert.message) ?? scenario} (${countOf(alert.events) ?? 0} events)`;
    return {
      evidence: { ...common, id: newIdentifier(), type: 'other', reason, source: scenario, threat: 50 },
      facts: NO_FACTS,
    };
  }
  const decision = objectOf(record.decision);
  if (decision?.event !== 'taken' || decision.origin !== 'crowdsec' || decision.type !== 'ban')
    return undefined;
  const source = nameOf(decision.scenario) ?? 'CrowdSec';
  // What another weir decided is no second opinion: two of them would raise each other.
  if (source.startsWith('weir/')) return undefined;
  const id = nameOf(decision.id) ?? newIdentifier();
  return {
    evidence: {
      ...common,
      id,
      type: 'crowdsec_ban',
      reason: `CrowdSec banned it: ${source}`,
      source,
      threat: 70,
    },
    facts: NO_FACTS,
  };
}

/** What somebody says against an address, as evidence. */
export function manualEvidence(
  { address, type, reason, threat, author }: ManualEvidence,
  timeUs: number,
): EvidenceWithFacts {
  const known = EVIDENCE_TYPES.find((one) => one === type);
  const isWord = known === undefined && type !== 'default' && type !== 'manual';
  return {
    evidence: {
      id: newIdentifier(),
      type: known ?? 'other',
      timeUs,
      address,
      target: '',
      reason: isWord ? `${type}: ${reason}` : reason,
      source: `manual/${author || 'unknown'}`,
      threat,
      communityId: '',
      reference: '',
      ja4: '',
      techniques: [],
    },
    facts: NO_FACTS,
    manual: known === undefined && type !== 'default',
  };
}
