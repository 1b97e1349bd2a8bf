import { formatTime } from '../../event/index.ts';
import { recordAddress } from '../../net/index.ts';
import { clientConnection } from '../connection.ts';
import type { Judgement } from '../judge.ts';
import type { IncomingRequest, IncomingResponse, WebTransaction } from '../transaction.ts';
import { categoryOf, type Match, redactMatch, redactText } from '../waf/index.ts';

/** Characters of a field of a request that a record shows. */
const MOST_TEXT = 4096;
/** Matches of a transaction that get a record. */
const MOST_MATCHES = 100;

/** An EVE record. */
export interface WebRecord {
  readonly event_type: 'http' | 'waf';
  readonly [name: string]: unknown;
}

/** The records of a transaction: one `http`, and a `waf` for each rule that matched. */
export function webRecords(transaction: WebTransaction): readonly WebRecord[] {
  const { request, judgement, responseJudgement } = transaction;
  const http = httpOf(transaction);
  const found = judgement.verdict?.matches ?? [];
  // The rules of an answer tell of the request's matches again.
  const later = (responseJudgement?.verdict?.matches ?? []).slice(found.length);
  const records: WebRecord[] = [
    { ...beginning('http', request), http, web: webOf(transaction, [...found, ...later]) },
  ];
  for (const match of found.slice(0, MOST_MATCHES))
    records.push(wafRecord(transaction, http, match, judgement));
  if (responseJudgement !== undefined) {
    for (const match of later.slice(0, MOST_MATCHES))
      records.push(wafRecord(transaction, http, match, responseJudgement));
  }
  return records;
}

function beginning<T extends WebRecord['event_type']>(
  type: T,
  { timeUs, connection, protocol }: IncomingRequest,
) {
  const { client, server, communityId } = connection;
  return {
    timestamp: formatTime(timeUs),
    event_type: type,
    ip_v: client.address.includes(':') ? 6 : 4,
    src_ip: recordAddress(client.address),
    src_port: client.port,
    dest_ip: recordAddress(server.address),
    dest_port: server.port,
    proto: 'TCP',
    ...(communityId === '' ? {} : { community_id: communityId }),
    app_proto: protocol.startsWith('HTTP/2') ? 'http2' : 'http',
  };
}

function httpOf({ request, response, judgement }: WebTransaction): Record<string, unknown> {
  const { name, port } = splitHost(fieldOf(request, 'host'));
  const status = response?.status ?? (judgement.status === 0 ? undefined : judgement.status);
  return defined({
    hostname: shown(name),
    http_port: port,
    url: shown(withoutSecrets(request.target)),
    http_user_agent: shown(fieldOf(request, 'user-agent')),
    xff: shown(fieldOf(request, 'x-forwarded-for')),
    http_content_type: shown(
      response === undefined ? undefined : fieldOf(response, 'content-type')?.split(';')[0],
    ),
    http_refer: shown(withoutSecrets(fieldOf(request, 'referer'))),
    http_method: shown(request.method),
    protocol: request.protocol,
    status,
    redirect: shown(withoutSecrets(response === undefined ? undefined : fieldOf(response, 'location'))),
    length: response === undefined || response.bodyBytes < 0 ? undefined : response.bodyBytes,
  });
}

function webOf(transaction: WebTransaction, matches: readonly Match[]): Record<string, unknown> {
  const { reference, request, judgement, responseJudgement, judgedMs, latencyMs } = transaction;
  const { way, tls } = request.connection;
  const verdict = responseJudgement?.verdict ?? judgement.verdict;
  const decisive =
    judgement.action === 'pass' && responseJudgement !== undefined ? responseJudgement : judgement;
  const ids = [...new Set(matches.map(({ id }) => id))];
  return defined({
    reference,
    way,
    action: judgement.action,
    response_action: responseJudgement?.action,
    status: decisive.status === 0 ? undefined : decisive.status,
    reason: shown(decisive.reason),
    score: verdict?.score.inbound || undefined,
    rule_ids: ids.length === 0 ? undefined : ids,
    limit: shown(verdict?.limit),
    judged_ms: rounded(judgedMs),
    latency_ms: latencyMs < 0 ? undefined : rounded(latencyMs),
    ...upstreamOf(transaction.response),
    request_bytes: request.bodyBytes < 0 ? undefined : request.bodyBytes,
    tls:
      tls === undefined
        ? undefined
        : defined({
            version: shown(tls.version),
            sni: shown(tls.serverName),
            alpn: shown(tls.alpn),
            ja4: shown(tls.ja4),
          }),
  });
}

/** The connection to the server behind the proxy, as the passive stream names it, and the server's address. */
function upstreamOf(response: IncomingResponse | undefined): Record<string, unknown> {
  if (response?.upstream === undefined) return {};
  const { from, to } = response.upstream;
  const { communityId, server } = clientConnection('proxy', from, to);
  return { upstream_community_id: communityId || undefined, upstream_ip: recordAddress(server.address) };
}

function wafRecord(
  { reference, request, judgement }: WebTransaction,
  http: Record<string, unknown>,
  match: Match,
  decided: Judgement,
): WebRecord {
  const clean = redactMatch(match);
  return {
    ...beginning('waf', request),
    http,
    waf: defined({
      reference,
      rule_id: match.id,
      phase: match.phase,
      message: shown(clean.message),
      data: shown(clean.data),
      severity: shown(match.severity),
      category: categoryOf(match),
      tags: match.tags.length === 0 ? undefined : match.tags,
      variable: shown(clean.variable),
      value: shown(clean.value),
      score: (decided.verdict ?? judgement.verdict)?.score.inbound ?? 0,
      action: decided.action,
      decided: decided.action !== 'pass' && decided.verdict?.ruleId === match.id ? true : undefined,
    }),
  };
}

/** The value of the first field of a name, which is in lower case. */
export function fieldOf({ headers }: IncomingRequest | IncomingResponse, name: string): string | undefined {
  return headers.find((field) => field[0].length === name.length && field[0].toLowerCase() === name)?.[1];
}

function splitHost(host: string | undefined): { readonly name?: string; readonly port?: number } {
  if (host === undefined || host === '') return {};
  const found = /^(.*?)(?::(\d{1,5}))?$/.exec(host);
  const name = found?.[1] ?? host;
  return found?.[2] === undefined ? { name } : { name, port: Number(found[2]) };
}

/** A target without the values of arguments that are named like secrets; without arguments there are none. */
function withoutSecrets(target: string | undefined): string | undefined {
  return target?.includes('=') ? redactText(target.slice(0, MOST_TEXT)) : target;
}

/** Binary text as people read it: UTF-8 where it is that. Undefined where it is empty. */
function shown(binary: string | undefined): string | undefined {
  if (binary === undefined || binary === '') return undefined;
  const cut = binary.length > MOST_TEXT ? binary.slice(0, MOST_TEXT) : binary;
  return /[\x80-\xff]/.test(cut) ? Buffer.from(cut, 'latin1').toString('utf8') : cut;
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) result[name] = value;
  return result;
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
