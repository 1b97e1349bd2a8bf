import { categoryOf, countCategories } from '../../waf/categories.ts';
import type { WafPool } from '../../waf/index.ts';
import type { Finding } from '../analysis.ts';
import { reasonOf } from '../buffer-error.ts';
import type { StoredTransaction } from '../handover.ts';
import { type CandidateRules, candidatePool, judgeAgain } from './rejudge.ts';

/** What happens when an entry's score says that its address is up to something. */
export interface AlertReplayOptions {
  /** Rules that the address's stored requests are judged with again: all of them, at full paranoia. */
  readonly rules: CandidateRules;
  /** Score from which on, 0 to 100; 50 without. */
  readonly score?: number | undefined;
  /** Requests of the address, the newest ones; 20 without. */
  readonly requests?: number | undefined;
  /** Seconds before the same address is looked at again; 60 without. */
  readonly pauseSeconds?: number | undefined;
}

/** Where stored requests are, and where what is found goes. */
export interface AlertReplaySource {
  /** Ids of an address's entries, the newest first. */
  latest(address: string, most: number): readonly number[];
  stored(id: number): StoredTransaction | undefined;
  /** False where all of it was known. */
  found(id: number, finding: Finding): boolean;
}

/** Numbers since the start. */
export interface AlertReplayStatistics {
  readonly alerts: number;
  /** Alerts of an address that was looked at a short time ago, and those that came while too many waited. */
  readonly repeated: number;
  readonly dropped: number;
  readonly rejudged: number;
  readonly found: number;
  /** Why the rules cannot be used; empty where they can. */
  readonly problem: string;
}

const MOST_WAITING = 64;
/** Addresses of which is known when they were looked at. */
const MOST_RECENT = 4096;
/** The rules are let go when nothing has happened for so long. */
const IDLE_MS = 60_000;

/** Judges what an address sent before it raised an alert again, with stricter rules; one address after the other. */
export class AlertReplay {
  private readonly options: AlertReplayOptions;
  private readonly source: AlertReplaySource;
  private readonly waiting: string[] = [];
  private readonly recent = new Map<string, number>();
  private pool: WafPool | undefined;
  private usedMs = 0;
  private running: Promise<void> | undefined;
  private closed = false;
  private alerts = 0;
  private repeated = 0;
  private dropped = 0;
  private rejudged = 0;
  private found = 0;
  private problem = '';

  constructor(options: AlertReplayOptions, source: AlertReplaySource) {
    this.options = options;
    this.source = source;
  }

  /** Takes note of an entry's score. */
  scored(address: string, score: number): void {
    if (this.closed || score < (this.options.score ?? 50)) return;
    this.alerts++;
    const nowMs = performance.now();
    const before = this.recent.get(address);
    if (before !== undefined && nowMs - before < (this.options.pauseSeconds ?? 60) * 1000) {
      this.repeated++;
      return;
    }
    if (this.waiting.length >= MOST_WAITING) {
      this.dropped++;
      return;
    }
    this.recent.delete(address);
    this.recent.set(address, nowMs);
    const [oldest] = this.recent.keys();
    if (this.recent.size > MOST_RECENT && oldest !== undefined) this.recent.delete(oldest);
    this.waiting.push(address);
    this.running ??= this.run();
  }

  /** Lets the rules go where they have not been used for a while. */
  async rest(): Promise<void> {
    if (this.running !== undefined || performance.now() - this.usedMs < IDLE_MS) return;
    const { pool } = this;
    this.pool = undefined;
    await pool?.close();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.waiting.length = 0;
    await this.idle();
    await this.pool?.close();
    this.pool = undefined;
  }

  get statistics(): AlertReplayStatistics {
    const { alerts, repeated, dropped, rejudged, found, problem } = this;
    return { alerts, repeated, dropped, rejudged, found, problem };
  }

  private async run(): Promise<void> {
    try {
      this.pool ??= await candidatePool(this.options.rules);
      this.problem = '';
      for (let address = this.waiting.shift(); address !== undefined; address = this.waiting.shift()) {
        await this.lookAt(this.pool, address);
      }
    } catch (error) {
      this.problem = reasonOf(error);
      this.dropped += this.waiting.length;
      this.waiting.length = 0;
    } finally {
      this.usedMs = performance.now();
      this.running = undefined;
    }
  }

  private async lookAt(pool: WafPool, address: string): Promise<void> {
    for (const id of this.source.latest(address, this.options.requests ?? 20)) {
      if (this.closed) return;
      const stored = this.source.stored(id);
      if (stored === undefined) continue;
      const verdict = await judgeAgain(pool, stored);
      this.rejudged++;
      if (verdict.action === 'pass') continue;
      const [first] = countCategories(verdict.matches);
      // Rules that only add scores up say nothing of their own.
      const matches = verdict.matches.filter((match) => categoryOf(match) !== 'evaluation');
      const ids = [...new Set(matches.map((match) => match.id))];
      const isNew = this.source.found(id, {
        kind: 'waf',
        category: first?.category ?? 'other',
        score: Math.max(50, Math.min(100, 10 * (verdict.score.inbound + verdict.score.outbound))),
        reason: `judged again after an alert of its address: rule ${verdict.ruleId} denies it`,
        ruleIds: ids,
      });
      if (isNew) this.found++;
    }
  }
}
