import {
  type LoadOptions,
  type PolicyOptions,
  type RuleSource,
  type Verdict,
  WafPool,
} from '../../waf/index.ts';
import { redactText } from '../../waf/redact.ts';
import { destinationOf } from '../entry.ts';
import type { StoredTransaction } from '../handover.ts';

/** Rules that stored requests are judged with again. */
export interface CandidateRules {
  readonly sources: readonly RuleSource[];
  readonly settings?: LoadOptions['settings'];
  readonly policy?: PolicyOptions | undefined;
}

/** A request that the candidate rules judge in another way. */
export interface Change {
  readonly reference: string;
  readonly timeUs: number;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  /** Redacted. */
  readonly path: string;
  /** Rules that matched on the live path, and those of the candidate. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The rule that decides now; 0 where none does. */
  readonly ruleId: number;
}

/** What would change with the candidate rules. */
export interface RejudgeReport {
  readonly judged: number;
  /** Requests that were not judged because the time was over. */
  readonly left: number;
  /** Judged without the end of their body, which was not kept. */
  readonly partial: number;
  /** Requests that could not be judged within the rules' bounds. */
  readonly limited: number;
  /** Requests that no rules had judged before (banned, limited): they count as passed. */
  readonly unjudgedBefore: number;
  readonly deniedBefore: number;
  readonly deniedAfter: number;
  /** The highest anomaly score of a request with the candidate rules; 0 where these keep none. */
  readonly highestScore: number;
  /** So many of them; the counts say how many there are. */
  readonly newlyDenied: readonly Change[];
  readonly newlyDeniedCount: number;
  readonly noLongerDenied: readonly Change[];
  readonly noLongerDeniedCount: number;
  /** How many requests each rule matches, before and after, where that differs; the biggest difference first. */
  readonly rules: readonly { readonly id: number; readonly before: number; readonly after: number }[];
  readonly tookMs: number;
}

/** Rows of each list of a report. */
const MOST_ROWS = 100;
const RULES_BUDGET_MS = 2000;

/** A pool for replays: one thread, of the priority of the thread that makes it. Rejects as `WafPool.start`. */
export function candidatePool({ sources, settings, policy }: CandidateRules): Promise<WafPool> {
  return WafPool.start({
    sources,
    settings,
    policy,
    workers: 1,
    queueLength: 4,
    onLimit: 'pass',
    budgetMs: RULES_BUDGET_MS,
    deadlineMs: 2 * RULES_BUDGET_MS,
  });
}

/**
 * Judges stored transactions with other rules, one after the other, and tells what differs from what was decided when
 * they came.
 */
export async function rejudge(
  pool: WafPool,
  transactions: Iterable<StoredTransaction>,
  budgetMs: number,
): Promise<RejudgeReport> {
  const begunMs = performance.now();
  const newlyDenied: Change[] = [];
  const noLongerDenied: Change[] = [];
  const counts = {
    judged: 0,
    left: 0,
    partial: 0,
    limited: 0,
    unjudgedBefore: 0,
    deniedBefore: 0,
    deniedAfter: 0,
    highestScore: 0,
    newlyDeniedCount: 0,
    noLongerDeniedCount: 0,
  };
  const rules = new Map<number, { before: number; after: number }>();
  for (const stored of transactions) {
    if (performance.now() - begunMs >= budgetMs) {
      counts.left++;
      continue;
    }
    const { transaction } = stored;
    const verdict = await judgeAgain(pool, stored);
    counts.judged++;
    if (isPartial(stored)) counts.partial++;
    if (verdict.limit !== '') counts.limited++;
    const verdicts = [transaction.judgement.verdict, transaction.responseJudgement?.verdict];
    if (verdicts[0] === undefined) counts.unjudgedBefore++;
    const wasDenied = verdicts.some((one) => one !== undefined && one.action !== 'pass');
    const isDenied = verdict.action !== 'pass';
    if (wasDenied) counts.deniedBefore++;
    if (isDenied) counts.deniedAfter++;
    counts.highestScore = Math.max(counts.highestScore, verdict.score.inbound);
    const before = idsOf(verdicts);
    const after = idsOf([verdict]);
    for (const id of before) count(rules, id).before++;
    for (const id of after) count(rules, id).after++;
    if (wasDenied === isDenied) continue;
    const list = isDenied ? newlyDenied : noLongerDenied;
    if (isDenied) counts.newlyDeniedCount++;
    else counts.noLongerDeniedCount++;
    if (list.length < MOST_ROWS) list.push(changeOf(stored, before, after, verdict));
  }
  return {
    ...counts,
    newlyDenied,
    noLongerDenied,
    rules: [...rules]
      .map(([id, { before, after }]) => ({ id, before, after }))
      .filter(({ before, after }) => before !== after)
      .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || a.id - b.id)
      .slice(0, MOST_ROWS),
    tookMs: performance.now() - begunMs,
  };
}

/** Judges a stored request, with its answer where there is one. Does not reject. */
export function judgeAgain(pool: WafPool, { transaction }: StoredTransaction): Promise<Verdict> {
  const { request, response } = transaction;
  const { method, target, protocol, headers, body, connection } = request;
  const { client, server } = connection;
  return pool.inspect({ method, target, protocol, headers, body, client, server }, response);
}

/** Whether a part of the request was not kept. */
export function isPartial({ transaction, isCut }: StoredTransaction): boolean {
  const { body, bodyBytes } = transaction.request;
  return isCut || bodyBytes > body.length;
}

function changeOf(
  { transaction }: StoredTransaction,
  before: readonly number[],
  after: readonly number[],
  { ruleId }: Verdict,
): Change {
  const { request, reference } = transaction;
  const { host, path } = destinationOf(transaction);
  return {
    reference,
    timeUs: request.timeUs,
    client: request.connection.client.address,
    method: request.method,
    host,
    path: redactText(path.slice(0, 2048)).slice(0, 256),
    before,
    after,
    ruleId,
  };
}

function idsOf(verdicts: readonly (Verdict | undefined)[]): readonly number[] {
  return [...new Set(verdicts.flatMap((verdict) => verdict?.matches.map(({ id }) => id) ?? []))];
}

function count(
  rules: Map<number, { before: number; after: number }>,
  id: number,
): { before: number; after: number } {
  let found = rules.get(id);
  if (found === undefined) {
    found = { before: 0, after: 0 };
    rules.set(id, found);
  }
  return found;
}
