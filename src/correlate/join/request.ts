import { addressOf, countOf, type EveRecord, objectOf, timeOf } from '../../event/index.ts';
import type { FlowSide, FlowState } from './flow-side.ts';

/** A rule of the WAF, or a signature, that matched. */
export interface JoinedMatch {
  readonly ruleId: number;
  readonly message: string;
  /** `sqli`, `xss` ...; of an alert, its category. */
  readonly category: string;
  readonly severity: string;
}

/** How far the join of a request has come. */
export type JoinState =
  /** No flow is known. */
  | 'alone'
  /** Its flow is open. */
  | 'open'
  /** Its flow has ended: all is known. */
  | 'complete';

/** A web request, or an alert, with what the passive stream tells of its connections. Empty where nothing is known. */
export interface JoinedRequest {
  readonly kind: 'request' | 'alert';
  /** The request's reference; of an alert, a name that is its own. */
  readonly id: string;
  /** Microseconds since 1970. */
  readonly timeUs: number;
  /** When the answer came. */
  readonly untilUs: number;
  /** The client, in its short form; of an alert, its source. */
  readonly address: string;
  readonly port: number;
  readonly target: string;
  readonly targetPort: number;
  /** The server behind the proxy, in its short form; empty where the request did not get there, or nobody said. */
  readonly upstream: string;
  readonly communityId: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly userAgent: string;
  /** JA4 of the client, as the proxy or the passive stream saw it. */
  readonly ja4: string;
  /** 0 where there is none. */
  readonly status: number;
  /** What was done with it: `pass`, `deny` ...; of an alert `allowed` or `blocked`. */
  readonly action: string;
  readonly score: number;
  /** The first 16 matches, and how many there were. */
  readonly matches: readonly JoinedMatch[];
  readonly matchCount: number;
  /** The flow between client and proxy, or server where there is no proxy. */
  readonly client: FlowSide | undefined;
  /** The flow between proxy and server. */
  readonly server: FlowSide | undefined;
  /** How that was found: its proxy named it, or the same request was seen in it. */
  readonly serverBy: '' | 'community_id' | 'request';
  readonly state: JoinState;
}

/** Characters of a field of a request that are kept. */
const MOST_TEXT = 1024;
const MOST_MATCHES = 16;
const NO_MATCHES: readonly JoinedMatch[] = [];

/** A request as its records tell of it, and the flows that were found for it. */
export class HeldRequest {
  readonly kind: JoinedRequest['kind'];
  readonly id: string;
  readonly timeUs: number;
  untilUs: number;
  readonly communityId: string;
  /** Connection of its client: the community id, or a name of its own where that is not known. */
  readonly connectionId: string;
  upstreamId = '';
  /** As the records have it. */
  readonly source: unknown;
  readonly destination: unknown;
  method = '';
  host = '';
  path = '';
  client: FlowState | undefined;
  server: FlowState | undefined;
  serverBy: JoinedRequest['serverBy'] = '';
  /** Whether it is waited for no longer. */
  isReleased = false;
  /** Whether it was told that all is known. */
  isTold = false;
  /** Slot of the wheel that decides about the side of the server. */
  slot = -1;
  private readonly port: number;
  private readonly targetPort: number;
  private upstream: unknown;
  private userAgent = '';
  private ja4 = '';
  private status = 0;
  private action = '';
  private score = 0;
  private matches: JoinedMatch[] | undefined;
  private matchCount = 0;

  constructor(kind: JoinedRequest['kind'], id: string, record: EveRecord, timeUs: number) {
    this.kind = kind;
    this.id = id;
    this.timeUs = timeUs;
    this.untilUs = timeUs;
    this.communityId = textOf(record.community_id, 64);
    this.connectionId = this.communityId || `request ${id}`;
    this.source = record.src_ip;
    this.destination = record.dest_ip;
    this.port = countOf(record.src_port) ?? 0;
    this.targetPort = countOf(record.dest_port) ?? 0;
  }

  /** Bytes that it takes, as an estimate. */
  get bytes(): number {
    return 600 + 2 * (this.path.length + this.host.length + this.userAgent.length);
  }

  /** Takes the `http` record of the active stream, a `waf` record or an `alert`. */
  take(record: EveRecord): void {
    const http = objectOf(record.http);
    if (http !== undefined) this.describe(http);
    switch (record.event_type) {
      case 'http': {
        const web = objectOf(record.web);
        this.action = textOf(web?.action);
        this.score = countOf(web?.score) ?? this.score;
        this.ja4 = textOf(objectOf(web?.tls)?.ja4, 64);
        this.upstreamId = textOf(web?.upstream_community_id, 64);
        this.upstream = web?.upstream_ip;
        const latencyMs = web?.latency_ms;
        if (typeof latencyMs === 'number' && latencyMs > 0) this.untilUs = this.timeUs + 1000 * latencyMs;
        break;
      }
      case 'waf': {
        const waf = objectOf(record.waf);
        this.action ||= textOf(waf?.action);
        this.score = countOf(waf?.score) ?? this.score;
        this.match(waf?.rule_id, waf?.message, waf?.category, waf?.severity);
        break;
      }
      case 'alert': {
        const alert = objectOf(record.alert);
        this.action = textOf(alert?.action);
        this.match(alert?.signature_id, alert?.signature, alert?.category, String(alert?.severity ?? ''));
        break;
      }
      default:
    }
  }

  /** What is known by now. */
  joined(): JoinedRequest {
    return {
      kind: this.kind,
      id: this.id,
      timeUs: this.timeUs,
      untilUs: this.untilUs,
      address: addressOf(this.source) ?? '',
      port: this.port,
      target: addressOf(this.destination) ?? '',
      targetPort: this.targetPort,
      upstream: addressOf(this.upstream) ?? '',
      communityId: this.communityId,
      method: this.method,
      host: this.host,
      path: this.path,
      userAgent: this.userAgent,
      ja4: this.ja4 || (this.client?.ja4 ?? ''),
      status: this.status,
      action: this.action,
      score: this.score,
      matches: this.matches === undefined ? NO_MATCHES : [...this.matches],
      matchCount: this.matchCount,
      client: this.client?.side(),
      server: this.server?.side(),
      serverBy: this.serverBy,
      state: this.state,
    };
  }

  /** How far it has come. */
  get state(): JoinState {
    if (this.client === undefined) return 'alone';
    return this.client.isEnded ? 'complete' : 'open';
  }

  private describe(http: { readonly [name: string]: unknown }): void {
    this.method = textOf(http.http_method, 32);
    this.host = textOf(http.hostname, 255);
    this.path = textOf(http.url);
    this.userAgent = textOf(http.http_user_agent, 255);
    this.status = countOf(http.status) ?? this.status;
  }

  private match(ruleId: unknown, message: unknown, category: unknown, severity: unknown): void {
    this.matchCount++;
    this.matches ??= [];
    if (this.matches.length >= MOST_MATCHES) return;
    this.matches.push({
      ruleId: countOf(ruleId) ?? 0,
      message: textOf(message, 255),
      category: textOf(category, 64),
      severity: textOf(severity, 32),
    });
  }
}

/**
 * Name of what a record is about: the reference of a request of the active stream, or a name for an alert. Undefined
 * for all other records.
 */
export function subjectOf(record: EveRecord): string | undefined {
  switch (record.event_type) {
    case 'http':
      return referenceOf(objectOf(record.web)?.reference);
    case 'waf':
      return referenceOf(objectOf(record.waf)?.reference);
    case 'alert': {
      const signature = countOf(objectOf(record.alert)?.signature_id) ?? 0;
      const flow = textOf(record.community_id, 64) || String(addressOf(record.src_ip) ?? '');
      return `alert ${signature} ${flow} ${timeOf(record.timestamp) ?? 0}`;
    }
    default:
      return undefined;
  }
}

function referenceOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 64 ? value : undefined;
}

function textOf(value: unknown, most = MOST_TEXT): string {
  return typeof value === 'string' ? value.slice(0, most) : '';
}
