import { createHash } from 'node:crypto';
import type { Way } from '../connection.ts';
import type { Judgement } from '../judge.ts';
import type { WebTransaction } from '../transaction.ts';
import { countCategories } from '../waf/categories.ts';
import type { Endpoint } from '../waf/index.ts';
import type { Analysis, Finding } from './analysis.ts';
import type { StoredTransaction } from './handover.ts';
import { headerValue, queryArguments, Redaction } from './redaction.ts';

/** What is shown of a stored transaction. Text of the request is binary, as it was sent; secrets are taken out. */
export interface BufferEntry {
  readonly reference: string;
  /** When its head was there, in microseconds since 1970. */
  readonly timeUs: number;
  readonly way: Way;
  readonly client: Endpoint;
  readonly server: Endpoint;
  readonly communityId: string;
  readonly method: string;
  /** In lower case, without its port. */
  readonly host: string;
  readonly port: number;
  /** Without the query. */
  readonly path: string;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly userAgent: string;
  readonly body: {
    /** Its beginning. */
    readonly preview: string;
    /** SHA-256 in hexadecimal of the first `hashedBytes` of it: the whole body, where that is its length. */
    readonly hash: string;
    readonly hashedBytes: number;
    /** As it was sent; -1 where nobody knows. */
    readonly bytes: number;
  };
  /** Something else than a body was too long to be kept wholly. */
  readonly isCut: boolean;
  readonly action: Judgement['action'];
  /** Why it was not let through, in words; empty where it was. */
  readonly reason: string;
  /** Neither the request nor its answer was let through as it was. */
  readonly blocked: boolean;
  /** Rules that matched on the live path. */
  readonly ruleIds: readonly number[];
  /** Whether buffer B's analysis is done; until then score and categories are the live path's. */
  readonly analysed: boolean;
  /** 0 to 100. */
  readonly score: number;
  readonly categories: readonly string[];
  readonly findings: readonly Finding[];
  readonly response:
    | {
        readonly status: number;
        /** Of the body; -1 where nobody knows. */
        readonly bytes: number;
        readonly type: string;
        /** Milliseconds; -1 where nobody knows. */
        readonly latencyMs: number;
      }
    | undefined;
}

/** What of a request says where it went. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

const LONGEST_SHOWN = 2048;
const MOST_FINDINGS = 32;
const MOST_RULES = 64;
const LONGEST_REASON = 500;
/** The score that a request gets for a point of the live path's rules: what the Core Rule Set denies, 5, gets 50. */
const SCORE_OF_POINT = 10;

/** Where a request went: by its target, its Host field, and the connection where these are silent. */
export function destinationOf({ request }: WebTransaction): Destination {
  const { target, connection } = request;
  const absolute = /^([a-z][a-z0-9+.-]{0,20}):\/\/([^/?#]*)/i.exec(target.slice(0, 4096));
  const authority = absolute?.[2] ?? headerValue(request.headers, 'host');
  const { host, port } = splitAuthority(authority, connection.server.port);
  const local = absolute === null ? target : target.slice(absolute[0].length);
  const question = local.indexOf('?');
  return {
    host,
    port,
    path: question < 0 ? local : local.slice(0, question),
    query: question < 0 ? '' : local.slice(question + 1),
  };
}

function splitAuthority(
  authority: string,
  otherwise: number,
): { readonly host: string; readonly port: number } {
  const text = authority.slice(authority.lastIndexOf('@') + 1).slice(0, 512);
  const found = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text);
  const host = (found?.[1] ?? text).toLowerCase();
  return { host, port: found?.[2] === undefined ? otherwise : Number(found[2]) };
}

/** Whether the request or its answer was not let through. */
export function isBlocked({ judgement, responseJudgement }: WebTransaction): boolean {
  return (
    judgement.action !== 'pass' || (responseJudgement !== undefined && responseJudgement.action !== 'pass')
  );
}

/** What the live path's rules say of a transaction, in the analysis' terms. */
export function liveAnalysis({ judgement, responseJudgement }: WebTransaction): Analysis {
  const verdicts = [judgement.verdict, responseJudgement?.verdict].filter((one) => one !== undefined);
  const score = Math.max(0, ...verdicts.map((one) => one.score.inbound + one.score.outbound));
  const categories = countCategories(verdicts.flatMap(({ matches }) => matches));
  return {
    findings: [],
    score: Math.min(100, SCORE_OF_POINT * score),
    categories: categories.map(({ category }) => category),
  };
}

/** The analysis of a transaction; one that was blocked counts no less than it did on the live path. */
export function withLive(analysis: Analysis, transaction: WebTransaction): Analysis {
  if (!isBlocked(transaction)) return analysis;
  const live = liveAnalysis(transaction);
  return {
    findings: analysis.findings,
    score: Math.max(analysis.score, live.score),
    categories: analysis.categories.length > 0 ? analysis.categories : live.categories,
  };
}

/** An analysis within its bounds. */
export function boundedAnalysis({ findings, score, categories }: Analysis): Analysis {
  return {
    findings: findings.slice(0, MOST_FINDINGS).map((finding) => ({
      kind: finding.kind,
      category: finding.category.slice(0, 64),
      score: clamp(finding.score),
      reason: finding.reason.slice(0, LONGEST_REASON),
      ruleIds: finding.ruleIds.slice(0, MOST_RULES),
    })),
    score: clamp(score),
    categories: categories.slice(0, MOST_FINDINGS).map((category) => category.slice(0, 64)),
  };
}

/** Rules that matched on the live path, without repetitions. */
export function ruleIdsOf({ judgement, responseJudgement }: WebTransaction): readonly number[] {
  const ids = new Set<number>();
  for (const one of [judgement, responseJudgement])
    for (const { id } of one?.verdict?.matches ?? []) ids.add(id);
  return [...ids].slice(0, MOST_RULES);
}

/**
 * What is shown of a stored transaction.
 *
 * @param previewBytes bytes of the body that are shown
 * @param isRaw nothing is redacted: for those who may see it
 */
export function entryOf(
  { transaction, isCut }: StoredTransaction,
  analysis: Analysis | undefined,
  previewBytes: number,
  isRaw = false,
): BufferEntry {
  const { request, response, judgement, responseJudgement } = transaction;
  const { host, port, path, query } = destinationOf(transaction);
  const redaction = isRaw ? undefined : new Redaction(transaction, query);
  const text = (value: string): string => (redaction?.text(value) ?? value).slice(0, LONGEST_SHOWN);
  const pair = ([name, value]: readonly [string, string]): readonly [string, string] => [
    text(name).slice(0, 256),
    (redaction?.value(name, value) ?? value).slice(0, LONGEST_SHOWN),
  ];
  const judged = analysis ?? liveAnalysis(transaction);
  const denied = judgement.action === 'pass' ? responseJudgement : judgement;
  return {
    reference: transaction.reference,
    timeUs: request.timeUs,
    way: request.connection.way,
    client: request.connection.client,
    server: request.connection.server,
    communityId: request.connection.communityId,
    method: request.method,
    host,
    port,
    path: text(path),
    query: queryArguments(query).map(pair),
    headers: request.headers.map(pair),
    userAgent: text(headerValue(request.headers, 'user-agent')),
    body: {
      preview: redaction?.body(request, previewBytes) ?? request.body.slice(0, previewBytes),
      hash: createHash('sha256').update(request.body, 'latin1').digest('hex'),
      hashedBytes: request.body.length,
      bytes: request.bodyBytes,
    },
    isCut,
    action: denied?.action ?? 'pass',
    reason: denied?.reason ?? '',
    blocked: isBlocked(transaction),
    ruleIds: ruleIdsOf(transaction),
    analysed: analysis !== undefined,
    score: judged.score,
    categories: judged.categories,
    findings: judged.findings,
    response: response && {
      status: response.status,
      bytes: response.bodyBytes,
      type: headerValue(response.headers, 'content-type').slice(0, 256),
      latencyMs: transaction.latencyMs,
    },
  };
}

function clamp(score: number): number {
  return Number.isFinite(score) ? Math.max(0, Math.min(100, score)) : 0;
}
