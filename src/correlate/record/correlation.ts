import { type EveRecord, timeOf, timeText } from '../../event/index.ts';
import { recordAddress } from '../../net/index.ts';
import type { AddressJoin } from '../address-join.ts';
import type { Evidence, EvidenceType } from '../evidence.ts';
import type { EvidenceFacts } from '../exception/index.ts';
import type { FlowSide } from '../join/index.ts';

/** Whether CrowdSec, or we, have a ban on an address: SecuBox's words. */
export type CrowdsecStatus = 'banned' | 'clean';

/** What weir knows beyond SecuBox's fields. Texts are empty and numbers -1 where something is not known. */
export interface CorrelationDetail {
  /** 20 lower-case letters and digits: that of the evidence. */
  readonly id: string;
  /** Identifier of the incident. */
  readonly incident: string;
  readonly community_id: string;
  /** Reference of the web request. */
  readonly reference: string;
  readonly ja4: string;
  /** Round trip between sensor and client, in microseconds. */
  readonly rtt_us: number;
  readonly tls_version: string;
  readonly app: string;
  readonly bytes_toserver: number;
  readonly bytes_toclient: number;
  /** Address that it was done to. */
  readonly target: string;
  /** Scenario or rule. */
  readonly source: string;
  /** Of the web request, without the query, which may hold secrets. */
  readonly host: string;
  readonly path: string;
  /** Identifiers of MITRE ATT&CK. */
  readonly techniques: readonly string[];
  /** By what it was joined: exactly, by its connection or request; by address and window; empty: with nothing. */
  readonly joined: 'connection' | 'address' | '';
  /** What lay within the window, where it was joined by address: references, and community ids. */
  readonly joined_requests: readonly string[];
  readonly joined_flows: readonly string[];
  /** Identifier of the evidence that weighs for the same behaviour; this one adds no points then. */
  readonly same_as: string;
}

/** One line of `correlated-threats.json`: SecuBox's fields, and ours in one object. */
export interface Correlation {
  readonly ip: string;
  /** As in records: ISO 8601 with microseconds, UTC. */
  readonly timestamp: string;
  readonly event_type: EvidenceType | 'manual';
  readonly reason: string;
  /** 0 to 100. */
  readonly threat_score: number;
  readonly reputation_score: number;
  readonly crowdsec_status: CrowdsecStatus;
  /** What the address did lately: lists, as SecuBox's views read them. */
  readonly context: {
    readonly mitm_requests: readonly object[];
    readonly dpi_flows: readonly object[];
    readonly waf_alerts: readonly object[];
  };
  readonly weir: CorrelationDetail;
}

/** What a correlation is made of. */
export interface CorrelationParts {
  readonly evidence: Evidence;
  readonly facts: EvidenceFacts;
  /** Somebody said it, and not of which type it is. */
  readonly manual?: boolean;
  /** Of the address, after this evidence; 0 to 100. */
  readonly reputation: number;
  readonly banned: boolean;
  /** Identifier; empty where there is none. */
  readonly incident: string;
  readonly context: Correlation['context'];
  readonly flow: FlowSide | undefined;
  /** Whether its own connection or request is known; without, whether its flow is. */
  readonly isExact?: boolean;
  /** What was found by its address alone; `context` is then that of the window. */
  readonly byAddress?: AddressJoin | undefined;
}

/** The correlation of a piece of evidence. */
export function correlationOf(parts: CorrelationParts): Correlation {
  const { evidence, facts, manual = false, reputation, banned, incident, context, flow, byAddress } = parts;
  const { isExact = flow !== undefined } = parts;
  return {
    ip: evidence.address,
    timestamp: timeText(evidence.timeUs),
    event_type: manual ? 'manual' : evidence.type,
    reason: evidence.reason,
    threat_score: Math.round(evidence.threat),
    reputation_score: Math.round(reputation),
    crowdsec_status: banned ? 'banned' : 'clean',
    context,
    weir: {
      id: evidence.id,
      incident,
      ...(byAddress === undefined ? connectionDetail(evidence, flow) : nearbyDetail(evidence, byAddress)),
      target: evidence.target,
      source: evidence.source,
      host: facts.host,
      path: facts.path.split('?', 1)[0] ?? '',
      techniques: evidence.techniques,
      joined: isExact ? 'connection' : byAddress === undefined ? '' : 'address',
      joined_requests: byAddress?.requests ?? [],
      joined_flows: byAddress?.flows ?? [],
      same_as: evidence.sameAs ?? '',
    },
  };
}

type ConnectionDetail = Pick<
  CorrelationDetail,
  | 'community_id'
  | 'reference'
  | 'ja4'
  | 'rtt_us'
  | 'tls_version'
  | 'app'
  | 'bytes_toserver'
  | 'bytes_toclient'
>;

function connectionDetail(evidence: Evidence, flow: FlowSide | undefined): ConnectionDetail {
  return {
    community_id: evidence.communityId,
    reference: evidence.reference,
    ja4: evidence.ja4 || (flow?.ja4 ?? ''),
    rtt_us: flow?.rttClientUs ?? -1,
    tls_version: flow?.tlsVersion ?? '',
    app: flow?.application ?? '',
    bytes_toserver: flow?.bytesToServer ?? -1,
    bytes_toclient: flow?.bytesToClient ?? -1,
  };
}

/** Of the request and the flow that lie nearest in time; what names a connection that is not known keeps its name. */
function nearbyDetail(evidence: Evidence, { reference, flow }: AddressJoin): ConnectionDetail {
  if (evidence.communityId !== '' || evidence.reference !== '') return connectionDetail(evidence, undefined);
  const { isClient = true, bytesSent = -1, bytesReceived = -1 } = flow ?? {};
  return {
    community_id: flow?.communityId ?? '',
    reference,
    ja4: evidence.ja4 || (flow?.ja4 ?? ''),
    rtt_us: flow?.rttClientUs ?? -1,
    tls_version: flow?.tlsVersion ?? '',
    app: flow?.application ?? '',
    bytes_toserver: isClient ? bytesSent : bytesReceived,
    bytes_toclient: isClient ? bytesReceived : bytesSent,
  };
}

/** The evidence of a correlation that was read back; undefined where somebody else wrote it. */
export function evidenceOf(
  correlation: Correlation,
): { evidence: Evidence; facts: EvidenceFacts } | undefined {
  const { ip, event_type: type, reason, threat_score: threat } = correlation;
  const detail: CorrelationDetail | undefined = correlation.weir;
  const timeUs = timeOf(correlation.timestamp);
  if (detail === undefined || timeUs === undefined) return undefined;
  const { id, target, source, techniques, host, path, same_as: sameAs } = detail;
  // What only happened near it is not its own.
  const isNearby = detail.joined === 'address';
  return {
    evidence: {
      id,
      type: type === 'manual' ? 'other' : type,
      timeUs,
      address: ip,
      target,
      reason,
      source,
      threat,
      communityId: isNearby ? '' : detail.community_id,
      reference: isNearby ? '' : detail.reference,
      ja4: isNearby ? '' : detail.ja4,
      techniques,
      // Lines of before have none.
      ...(sameAs ? { sameAs } : {}),
    },
    facts: { host, path, ruleId: /^\d+$/.test(source) ? source : '' },
  };
}

/** Bytes of a line; the context is left out of one that is longer. */
const MOST_LINE = 32_768;

/** A correlation as its line, with the end of the line. */
export function correlationLine(correlation: Correlation): string {
  const line = JSON.stringify(correlation);
  if (line.length <= MOST_LINE) return `${line}\n`;
  const context = { mitm_requests: [], dpi_flows: [], waf_alerts: [] };
  const reason = correlation.reason.slice(0, 1024);
  return `${JSON.stringify({ ...correlation, reason, context })}\n`;
}

/** Reads a line; undefined where it is none of a correlation. SecuBox's own lines have no `weir`. */
export function parseCorrelation(line: string): ReadCorrelation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { ip, timestamp, threat_score: score } = value as Record<string, unknown>;
  const timeUs = timeOf(timestamp);
  if (typeof ip !== 'string' || timeUs === undefined) return undefined;
  return { timeUs, score: typeof score === 'number' ? score : 0, correlation: value as Correlation };
}

/** A correlation that was read from a file. Fields of a line that somebody else wrote may be missing. */
export interface ReadCorrelation {
  /** Microseconds since 1970. */
  readonly timeUs: number;
  readonly score: number;
  readonly correlation: Correlation;
}

/** A correlation as an EVE record of type `correlation`. */
export function correlationRecord(correlation: Correlation): EveRecord {
  const { ip, timestamp, event_type: type, reason, context, weir } = correlation;
  const { id, community_id: communityId, target, ...detail } = weir;
  const known = Object.entries(detail).filter(
    ([, value]) => value !== '' && value !== -1 && !(Array.isArray(value) && value.length === 0),
  );
  return {
    timestamp: timeText(timeOf(timestamp) ?? 0),
    event_type: 'correlation',
    ip_v: ip.includes(':') ? 6 : 4,
    src_ip: recordAddress(ip),
    ...(target === '' ? {} : { dest_ip: recordAddress(target) }),
    ...(communityId === '' ? {} : { community_id: communityId }),
    correlation: {
      id,
      type,
      reason,
      threat: correlation.threat_score,
      reputation: correlation.reputation_score,
      status: correlation.crowdsec_status,
      ...Object.fromEntries(known),
      requests: context.mitm_requests.length,
      flows: context.dpi_flows.length,
      waf_matches: context.waf_alerts.length,
    },
  };
}
