import { setImmediate as turn } from 'node:timers/promises';
import type { Analyser, Finding } from './analysis.ts';
import { BufferError, reasonOf } from './buffer-error.ts';
import { addressFilter } from './catalogue.ts';
import { type Count, contextOf, topCounts } from './context.ts';
import { boundedAnalysis, withLive } from './entry.ts';
import { ForensicLog, type ForensicLogOptions } from './forensic-log.ts';
import type { Handed } from './handover.ts';
import type { Answers, Question } from './messages.ts';
import { keepModels, MODELS_FILE, restoreModels } from './models.ts';
import {
  AlertReplay,
  type AlertReplayOptions,
  type AlertReplayStatistics,
  candidatePool,
  checkedSandbox,
  rejudge,
  resend,
} from './replay/index.ts';
import type { RingStatistics } from './ring/index.ts';
import { ALERT_SCORE, BufferStatusFiles, type StatusFileOptions } from './status-files.ts';
import { type Read, type Stored, type StoreOptions, TransactionStore } from './store.ts';

/** What buffer B works with; all of it can be sent to a thread. */
export interface ReaderOptions extends StoreOptions {
  /** A module that exports `createAnalyser(options): Promise<Analyser>`; without, nothing is analysed. */
  readonly analyser?: { readonly url: string; readonly options: unknown } | undefined;
  /** Time for the analysis of one transaction. */
  readonly analysisTimeoutMs: number;
  /** What an address sent before an alert is judged again; without, it is not. */
  readonly alertReplay?: AlertReplayOptions | undefined;
  /** dpi-dual's files; without, none are written. */
  readonly statusFiles?: StatusFileOptions | undefined;
  /** The log of findings in the ring's folder; without, none is written. */
  readonly forensicLog?: ForensicLogOptions | undefined;
  /** `host:port` of every back end that requests really go to: nothing is sent there again. */
  readonly upstreams: readonly string[];
}

/** Numbers of buffer B; counts are since its thread started. */
export interface ReaderStatistics {
  readonly ring: RingStatistics;
  /** Entries of before that could not be read: of another version, say. */
  readonly unreadable: number;
  readonly stored: number;
  readonly analysed: number;
  /** Analyses that failed or took too long, and why the last one did. */
  readonly analysisFailures: number;
  readonly analysisProblem: string;
  /** Why what the analyser learns is not kept for the next start; empty where it is. */
  readonly modelProblem: string;
  /** Scores above 30. */
  readonly threats: number;
  readonly blocked: number;
  /** Of the entries in the ring. */
  readonly categories: readonly Count[];
  readonly topHosts: readonly Count[];
  readonly topClients: readonly Count[];
  /** Times of the oldest and the newest entry in microseconds since 1970; 0 without. */
  readonly oldestUs: number;
  readonly newestUs: number;
  readonly analyser: Readonly<Record<string, unknown>>;
  readonly alertReplay: AlertReplayStatistics | undefined;
  readonly forensicLog:
    | { readonly lines: number; readonly dropped: number; readonly problem: string }
    | undefined;
  /** Why dpi-dual's files cannot be written; empty where they can, or are not wanted. */
  readonly statusProblem: string;
}

/** What was learned is kept so often, and at the end. */
const MODELS_MS = 600_000;
const NO_STATISTICS = {};

/** Buffer B without its thread: stores transactions, has them analysed, and answers questions about them. */
export class BufferReader {
  private readonly options: ReaderOptions;
  private readonly store: TransactionStore;
  private readonly analyser: Analyser | undefined;
  private readonly alerts: AlertReplay | undefined;
  private readonly status: BufferStatusFiles | undefined;
  private readonly log: ForensicLog | undefined;
  private readonly clock: () => number;
  private modelsAtMs: number;
  private modelProblem = '';
  private statusAtMs = 0;
  private statusProblem = '';
  private stored = 0;
  private analysed = 0;
  private analysisFailures = 0;
  private analysisProblem = '';
  private threats = 0;
  private blocked = 0;

  /** Opens the ring and makes the analyser. Rejects with {@link BufferError}, or what the analyser's module throws. */
  static async open(options: ReaderOptions, clock: () => number = Date.now): Promise<BufferReader> {
    const { analyser } = options;
    let made: Analyser | undefined;
    if (analyser !== undefined) {
      const module: { readonly createAnalyser?: (options: unknown) => Promise<Analyser> } = await import(
        analyser.url
      );
      if (module.createAnalyser === undefined)
        throw new BufferError(`${analyser.url} exports no createAnalyser`);
      made = await module.createAnalyser(analyser.options);
    }
    try {
      return new BufferReader(options, made, clock);
    } catch (error) {
      await made?.close();
      throw error;
    }
  }

  private constructor(options: ReaderOptions, analyser: Analyser | undefined, clock: () => number) {
    this.options = options;
    this.analyser = analyser;
    this.clock = clock;
    this.modelsAtMs = clock();
    const { statusFiles, forensicLog, alertReplay } = options;
    if (statusFiles !== undefined) this.status = new BufferStatusFiles(statusFiles.folder ?? '/tmp/secubox');
    this.store = new TransactionStore(options, clock);
    if (analyser !== undefined) this.modelProblem = restoreModels(analyser, this.store.folder);
    const { catalogue } = this.store;
    for (const summary of catalogue.all()) this.status?.take(summary);
    if (forensicLog !== undefined) this.log = new ForensicLog(this.store.folder, forensicLog);
    if (alertReplay !== undefined) {
      this.alerts = new AlertReplay(alertReplay, {
        latest: (address, most) => catalogue.select({ address, most }).map(({ id }) => id),
        stored: (id) => this.store.read(id)?.stored,
        found: (id, finding) => this.foundLater(id, finding),
      });
    }
  }

  /** Stores a transaction and has it analysed; whether it was stored. Does not reject for what is wrong with one. */
  async take(handed: Handed): Promise<boolean> {
    const stored = this.store.add(handed);
    if (stored === undefined) return false;
    this.stored++;
    if (this.analyser !== undefined) await this.analyse(this.analyser, stored);
    const summary = this.store.catalogue.get(stored.id);
    if (summary === undefined) return true;
    if (summary.blocked) this.blocked++;
    if (summary.score > ALERT_SCORE) this.threats++;
    this.status?.take(summary);
    this.alerts?.scored(summary.client, summary.score);
    return true;
  }

  /** Answers a question. Rejects with {@link BufferError} where it means nothing, or cannot be done. */
  async answer(question: Question): Promise<Answers[keyof Answers]> {
    const { store } = this;
    switch (question.kind) {
      case 'list':
        return store.list(question.selection);
      case 'entry':
        return store.entry(question.reference, question.isRaw);
      case 'context':
        return contextOf(store.catalogue, question.address, question.windowSeconds, this.clock() * 1000);
      case 'statistics':
        return this.statistics;
      case 'rejudge': {
        const pool = await candidatePool(question.rules);
        try {
          return await rejudge(pool, store.replayed(question.selection), question.budgetMs);
        } finally {
          await pool.close();
        }
      }
      case 'resend': {
        const real = [...this.options.upstreams, ...store.servers()];
        const sandbox = await checkedSandbox(question.origin, real);
        return resend(sandbox, store.replayed(question.selection), question.bounds);
      }
      case 'wipe': {
        const entries = store.size;
        const isKeyReplaced = store.wipe();
        this.status?.clear();
        this.log?.clear();
        this.analyser?.restore?.(undefined);
        this.store.folder.remove(MODELS_FILE);
        return { entries, isKeyReplaced };
      }
      case 'forget':
        return this.forget(question.address);
      default:
        return question satisfies never;
    }
  }

  /** What is to be done now and then, also while nothing comes: once a second or so. */
  async tick(): Promise<void> {
    this.store.expire();
    await this.alerts?.rest();
    const nowMs = this.clock();
    this.log?.expire(nowMs);
    const intervalMs = (this.options.statusFiles?.intervalSeconds ?? 5) * 1000;
    if (Math.abs(nowMs - this.modelsAtMs) >= MODELS_MS) this.keepModels(nowMs);
    if (Math.abs(nowMs - this.statusAtMs) >= intervalMs) this.writeStatus(nowMs);
  }

  private keepModels(nowMs: number): void {
    this.modelsAtMs = nowMs;
    if (this.analyser !== undefined) this.modelProblem = keepModels(this.analyser, this.store.folder);
  }

  async close(): Promise<void> {
    await this.alerts?.close();
    this.keepModels(this.clock());
    await this.analyser?.close();
    this.writeStatus(this.clock());
    this.status?.close();
    this.log?.close();
    this.store.close();
  }

  /** Resolves when replays that alerts have set off are done. */
  async settled(): Promise<void> {
    await this.alerts?.idle();
  }

  get statistics(): ReaderStatistics {
    const summaries = [...this.store.catalogue.all()];
    const times = summaries.map(({ timeUs }) => timeUs);
    const {
      stored,
      analysed,
      analysisFailures,
      analysisProblem,
      modelProblem,
      threats,
      blocked,
      statusProblem,
      log,
    } = this;
    return {
      ring: this.store.statistics,
      unreadable: this.store.unreadable,
      stored,
      analysed,
      analysisFailures,
      analysisProblem,
      modelProblem,
      threats,
      blocked,
      categories: topCounts(summaries.flatMap(({ categories }) => categories)),
      topHosts: topCounts(summaries.map(({ host }) => host)),
      topClients: topCounts(summaries.map(({ client }) => client)),
      oldestUs: times.reduce((least, time) => Math.min(least, time), times[0] ?? 0),
      newestUs: times.reduce((most, time) => Math.max(most, time), 0),
      analyser: this.analyser?.statistics() ?? NO_STATISTICS,
      alertReplay: this.alerts?.statistics,
      forensicLog: log && { lines: log.lines, dropped: log.dropped, problem: log.problem },
      statusProblem,
    };
  }

  private async analyse(analyser: Analyser, stored: Stored): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const { analysisTimeoutMs } = this.options;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`it took longer than ${analysisTimeoutMs} ms`)),
        analysisTimeoutMs,
      );
    });
    try {
      const found = await Promise.race([analyser.analyse(stored.transaction), late]);
      const analysis = boundedAnalysis(withLive(found, stored.transaction));
      this.analysed++;
      this.store.annotate(stored.id, analysis);
      this.tell({ stored, analysis }, analysis.findings);
    } catch (error) {
      this.analysisFailures++;
      this.analysisProblem = `analysis of ${stored.transaction.reference}: ${reasonOf(error)}`;
    } finally {
      clearTimeout(timer);
    }
    // An analyser that never waits would leave no turn for questions.
    await turn();
  }

  /** What a replay on alert found is put beside what was known; false where all of it was. */
  private foundLater(id: number, finding: Finding): boolean {
    const found = this.store.read(id);
    if (found === undefined) return false;
    const before = found.analysis ?? { findings: [], score: 0, categories: [] };
    const known = new Set(before.findings.flatMap(({ ruleIds }) => ruleIds));
    if (finding.ruleIds.every((rule) => known.has(rule))) return false;
    const analysis = boundedAnalysis({
      findings: [finding, ...before.findings],
      score: Math.max(before.score, finding.score),
      categories: [...new Set([...before.categories, finding.category])],
    });
    this.store.annotate(id, analysis);
    this.tell({ stored: found.stored, analysis }, [finding]);
    const summary = this.store.catalogue.get(id);
    if (summary !== undefined) this.status?.take(summary);
    return true;
  }

  private tell(read: Read, findings: readonly Finding[]): void {
    const { minimalScore = ALERT_SCORE + 1 } = this.options.forensicLog ?? {};
    // At full paranoia most requests have something.
    if (this.log === undefined || findings.length === 0 || (read.analysis?.score ?? 0) < minimalScore) return;
    this.log.write(this.store.shown(read), findings, this.clock());
  }

  /** Also out of the log of findings and the alerts. */
  private forget(address: string): number {
    const isMeant = addressFilter(address);
    this.log?.forget(isMeant);
    this.status?.forget(isMeant);
    return this.store.forget(isMeant);
  }

  private writeStatus(nowMs: number): void {
    if (this.status === undefined) return;
    this.statusAtMs = nowMs;
    try {
      const numbers = {
        maxSize: this.options.bounds.entries,
        requestsTotal: this.stored,
        threatsDetected: this.threats,
        blockedCount: this.blocked,
        analysisEnabled: this.analyser !== undefined,
        replayEnabled: this.alerts !== undefined,
      };
      this.status.write([...this.store.catalogue.all()], numbers, nowMs);
      this.statusProblem = '';
    } catch (error) {
      this.statusProblem = `dpi-buffer.json and waf-alerts.json cannot be written: ${reasonOf(error)}`;
    }
  }
}
