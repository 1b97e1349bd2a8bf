import {
  type AnalyserOptions,
  createAnalyser,
  DEFAULT_ALERT_SCORE,
} from '../../../src/mitm/buffer/analysis/index.ts';
import { together } from '../../../src/mitm/buffer/analysis/score.ts';
import type { Analysis } from '../../../src/mitm/buffer/analysis.ts';
import type { WebTransaction } from '../../../src/mitm/transaction.ts';
import { type AttackValue, attacks } from './attacks.ts';
import { shopTraffic } from './index.ts';
import { Random } from './random.ts';

/** How an analyser is tried. */
export interface Trial {
  /** Of the traffic and of where the attacks are. */
  readonly seed: number;
  /** Benign requests that it learns from first. */
  readonly training: number;
  /** Benign requests that are counted, with the attacks among them. */
  readonly counted: number;
  readonly attackValues: readonly AttackValue[];
  readonly options?: AnalyserOptions;
}

/** Something that was counted, and how much of it was found. */
export interface Share {
  total: number;
  /** By all analysers. */
  found: number;
  /** By the endpoints' models alone. */
  unusual: number;
}

/** What came of it. */
export interface TrialResult {
  /** Benign requests above the alert score while it learned, and afterwards. */
  readonly training: Share;
  readonly benign: Share;
  readonly attacks: Share;
  readonly byKind: ReadonlyMap<string, Share>;
  readonly byPlace: ReadonlyMap<string, Share>;
  /** The first benign requests that it took for threats: method, target, score and reasons. */
  readonly mistaken: readonly string[];
  /** The same of attacks that it missed. */
  readonly missed: readonly string[];
  /** Microseconds for a transaction, mean. */
  readonly microseconds: number;
}

/** Addresses that attack. */
const ATTACKERS = 60;
const MOST_SHOWN = 500;

/** Lets an analyser learn from benign traffic of a shop, then counts what it says of more of it, and of attacks among it. */
export async function tryAnalyser(trial: Trial): Promise<TrialResult> {
  const analyser = await createAnalyser(trial.options ?? {});
  const alertScore = trial.options?.alertScore ?? DEFAULT_ALERT_SCORE;
  const { seed, training, counted } = trial;
  const traffic = shopTraffic({ seed, requests: training + counted });
  const evil = attacks(new Random(seed + 1000), trial.attackValues, ATTACKERS);
  const result = {
    training: share(),
    benign: share(),
    attacks: share(),
    byKind: new Map<string, Share>(),
    byPlace: new Map<string, Share>(),
    mistaken: [] as string[],
    missed: [] as string[],
  };
  const every = Math.max(1, Math.floor(counted / Math.max(1, evil.length)));
  let sent = 0;
  const startMs = performance.now();
  for (const [i, transaction] of traffic.entries()) {
    const analysis = await analyser.analyse(transaction);
    const isCounted = i >= training;
    count(isCounted ? result.benign : result.training, analysis, alertScore);
    if (analysis.score >= alertScore) note(result.mistaken, transaction, analysis);
    if (!isCounted || (i - training) % every !== 0) continue;
    const attack = evil[sent];
    if (attack === undefined) continue;
    sent++;
    const { timeUs } = transaction.request;
    const placed = { ...attack.transaction, request: { ...attack.transaction.request, timeUs } };
    const said = await analyser.analyse(placed);
    for (const one of [result.attacks, of(result.byKind, attack.kind), of(result.byPlace, attack.place)]) {
      count(one, said, alertScore);
    }
    if (said.score < alertScore) note(result.missed, placed, said);
  }
  const microseconds = ((performance.now() - startMs) * 1000) / (traffic.length + sent);
  await analyser.close();
  return { ...result, microseconds };
}

/** `12 of 20,000 (0.06 %)`. */
export function shareText(found: number, total: number): string {
  const percent = total === 0 ? 0 : (100 * found) / total;
  return `${found} of ${total.toLocaleString('en-US')} (${percent.toFixed(percent < 10 ? 2 : 1)} %)`;
}

function share(): Share {
  return { total: 0, found: 0, unusual: 0 };
}

function of(shares: Map<string, Share>, name: string): Share {
  const known = shares.get(name) ?? share();
  shares.set(name, known);
  return known;
}

function count(one: Share, { score, findings }: Analysis, alertScore: number): void {
  one.total++;
  if (score >= alertScore) one.found++;
  const unusual = findings.filter(({ kind }) => kind === 'anomaly').map((finding) => finding.score);
  if (Math.round(together(unusual)) >= alertScore) one.unusual++;
}

function note(list: string[], { request }: WebTransaction, { score, findings }: Analysis): void {
  if (list.length >= MOST_SHOWN) return;
  const reasons = findings.map((finding) => `\n    ${finding.score} ${finding.reason}`).join('');
  const body = request.body === '' ? '' : ` ${JSON.stringify(request.body.slice(0, 160))}`;
  list.push(`${score} ${request.method} ${request.target.slice(0, 160)}${body}${reasons}`);
}
