import { randomInt } from 'node:crypto';
import type { WebTransaction } from '../../transaction.ts';
import type { Analyser, Analysis, Finding } from '../analysis.ts';
import { Endpoints } from './endpoints/index.ts';
import { type EndpointsSnapshot, restoreEndpoints, snapshotEndpoints } from './endpoints/snapshot.ts';
import { FullWaf, findingsOf } from './full-waf.ts';
import { type AnalyserOptions, type AnalyserSettings, settingsOf } from './options.ts';
import { Rates } from './rates.ts';
import { read } from './reading.ts';
import { joinFindings } from './score.ts';
import { Sequences } from './sequences.ts';

/** An analyser whose models can be kept over a restart. */
export interface LearningAnalyser extends Analyser {
  /** What was learned, as plain JSON of bounded size; no values of requests are in it. */
  snapshot(): AnalyserSnapshot;
  /**
   * Takes what was learned before in place of what is known now; undefined: nothing was. Throws a `SnapshotError` that says what is wrong, and
   * changes nothing then.
   */
  restore(snapshot: unknown): void;
}

/** What {@link LearningAnalyser.snapshot} gives. Windows of minutes are not in it. */
export type AnalyserSnapshot = EndpointsSnapshot;

/** The more unusual a request is, the less it teaches, but never less than this: changes that many make are followed. */
const UNUSUAL_WEIGHT = 0.1;

/** Makes the analysers of buffer B. Rejects with an Error for options that make no sense. The rules are loaded with the first transaction. */
export async function createAnalyser(options: AnalyserOptions): Promise<LearningAnalyser> {
  return new AllAnalysers(settingsOf(options));
}

class AllAnalysers implements LearningAnalyser {
  private readonly settings: AnalyserSettings;
  private readonly waf: FullWaf | undefined;
  private readonly rates: Rates;
  private readonly sequences: Sequences;
  private endpoints: Endpoints;
  /** So that nobody can tell values by their hashes, or make them meet. */
  private salt = randomInt(2 ** 32);
  private analysed = 0;
  private threats = 0;
  private readonly byKind: Record<Finding['kind'], number> = {
    waf: 0,
    rate: 0,
    sequence: 0,
    session: 0,
    anomaly: 0,
  };

  constructor(settings: AnalyserSettings) {
    this.settings = settings;
    this.waf = settings.waf === undefined ? undefined : new FullWaf(settings.waf);
    this.rates = new Rates(settings.rates);
    this.sequences = new Sequences(settings.sequences);
    this.endpoints = new Endpoints(settings.endpoints, this.salt);
  }

  async analyse(transaction: WebTransaction): Promise<Analysis> {
    const reading = read(transaction, this.salt);
    const { endpoint, findings: unusual } = this.endpoints.judge(reading);
    const others = [
      ...this.rates.judge(reading),
      ...this.sequences.judge(reading, endpoint),
      ...this.judgeByRules(transaction),
    ];
    const analysis = joinFindings([...others, ...unusual]);
    const { alertScore } = this.settings;
    // Who is known to attack teaches nothing.
    if (joinFindings(others).score < alertScore) {
      this.endpoints.learn(reading, Math.max(UNUSUAL_WEIGHT, 1 - analysis.score / alertScore));
    }
    this.analysed++;
    if (analysis.score >= alertScore) this.threats++;
    for (const { kind } of analysis.findings) this.byKind[kind]++;
    return analysis;
  }

  statistics(): Readonly<Record<string, unknown>> {
    return {
      analysed: this.analysed,
      threats: this.threats,
      findings: { ...this.byKind },
      waf: this.waf?.statistics(),
      rates: this.rates.statistics(),
      sequences: this.sequences.statistics(),
      endpoints: this.endpoints.statistics(),
    };
  }

  snapshot(): AnalyserSnapshot {
    return snapshotEndpoints(this.endpoints, this.salt);
  }

  restore(snapshot: unknown): void {
    if (snapshot === undefined) {
      this.endpoints = new Endpoints(this.settings.endpoints, this.salt);
      return;
    }
    const { endpoints, salt } = restoreEndpoints(snapshot, this.settings.endpoints);
    this.endpoints = endpoints;
    this.salt = salt;
  }

  async close(): Promise<void> {}

  private judgeByRules(transaction: WebTransaction): Finding[] {
    if (this.waf !== undefined) return this.waf.judge(transaction);
    const matches = [
      ...(transaction.judgement.verdict?.matches ?? []),
      ...(transaction.responseJudgement?.verdict?.matches ?? []),
    ];
    return matches.length === 0 ? [] : findingsOf(matches, []);
  }
}
