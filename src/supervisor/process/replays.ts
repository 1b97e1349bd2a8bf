import { jsonOf } from '../../control/index.ts';
import { formatTime } from '../../event/index.ts';
import type { CandidateRules, RejudgeReport } from '../../mitm/buffer/index.ts';
import { parseAddress, parsePrefix, recordAddress } from '../../net/index.ts';
import { reasonOf } from './member.ts';

/** Requests of an address, the newest ones, that are judged again. */
const MOST_REQUESTS = 100;
/** Less than a process has to end in. */
const BUDGET_MS = 4000;
const MOST_WAITING = 64;
/** The same address is looked at again after so long. */
const PAUSE_MS = 60_000;
/** Addresses of which is known when they were looked at. */
const MOST_RECENT = 4096;
const LONGEST_TRIGGER = 128;

/** Who asks for a replay, and of what. */
export interface ReplayWish {
  /** An address, or a network. */
  readonly value: string;
  /** Who alerted, `crowdsec`, and with which scenario. */
  readonly trigger: string;
  readonly scenario: string;
}

/** What replays work with. */
export interface ReplayParts {
  /** Buffer B, as far as it is needed; undefined where no requests are kept. */
  readonly buffer:
    | {
        rejudge(
          selection: { readonly address: string; readonly most: number },
          rules: CandidateRules,
          budgetMs: number,
        ): Promise<RejudgeReport>;
      }
    | undefined;
  /** All that the rules know, as they are configured now; throws where there are none. */
  readonly rules: () => CandidateRules['sources'];
  /** Takes a record. */
  readonly record: (record: object) => void;
  readonly report: (line: string) => void;
}

/**
 * Judges stored requests of an address that somebody alerted of with all rules, one address after the other and off the
 * live path; what came of it is a record `replay`.
 */
export class Replays {
  private readonly parts: ReplayParts;
  private readonly waiting: ReplayWish[] = [];
  private readonly recent = new Map<string, number>();
  private running: Promise<void> | undefined;
  private closed = false;
  private readonly counts = { asked: 0, repeated: 0, dropped: 0, done: 0, failed: 0, found: 0 };

  constructor(parts: ReplayParts) {
    this.parts = parts;
  }

  /** Takes lines of the topic of replays. Those that are none are not looked at. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      const wish = replayWish(line);
      if (wish !== undefined) this.want(wish);
    }
  }

  private want(wish: ReplayWish): void {
    if (this.closed || this.parts.buffer === undefined) return;
    this.counts.asked++;
    const nowMs = performance.now();
    const before = this.recent.get(wish.value);
    if (before !== undefined && nowMs - before < PAUSE_MS) {
      this.counts.repeated++;
      return;
    }
    if (this.waiting.length >= MOST_WAITING) {
      this.counts.dropped++;
      return;
    }
    this.recent.delete(wish.value);
    this.recent.set(wish.value, nowMs);
    const [oldest] = this.recent.keys();
    if (this.recent.size > MOST_RECENT && oldest !== undefined) this.recent.delete(oldest);
    this.waiting.push(wish);
    this.running ??= this.run();
  }

  private async run(): Promise<void> {
    for (let wish = this.waiting.shift(); wish !== undefined; wish = this.waiting.shift()) {
      try {
        await this.replay(wish);
        this.counts.done++;
      } catch (error) {
        this.counts.failed++;
        this.parts.report(`requests of ${wish.value} could not be judged again: ${reasonOf(error)}`);
      }
    }
    this.running = undefined;
  }

  private async replay(wish: ReplayWish): Promise<void> {
    const { buffer, rules, record } = this.parts;
    if (buffer === undefined) return;
    const { value } = wish;
    // Also where the live path only watches: what would be refused is what is looked for.
    const candidate: CandidateRules = { sources: rules(), settings: { mode: 'on' } };
    const report = await buffer.rejudge({ address: value, most: MOST_REQUESTS }, candidate, BUDGET_MS);
    this.counts.found += report.newlyDeniedCount;
    record(replayRecord(wish, report));
  }

  /** Numbers for the status; `found` counts attacks that had passed. */
  statistics(): Readonly<Record<string, number>> {
    return { ...this.counts, waiting: this.waiting.length };
  }

  /** What waits is left; resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.closed = true;
    this.waiting.length = 0;
    await this.running;
  }
}

/** A wish as a line of the topic of replays. */
export function replayLine({ value, trigger, scenario }: ReplayWish): string {
  return JSON.stringify({ value, trigger, scenario });
}

/** Reads such a line; undefined for what is none. */
export function replayWish(line: string): ReplayWish | undefined {
  const wish = jsonOf(line);
  if (typeof wish !== 'object' || wish === null) return undefined;
  const { value, trigger, scenario } = wish as { readonly [name: string]: unknown };
  if (typeof value !== 'string' || value.length > 64 || parsePrefix(value) === undefined) return undefined;
  if (typeof trigger !== 'string' || typeof scenario !== 'string') return undefined;
  return {
    value,
    trigger: trigger.slice(0, LONGEST_TRIGGER),
    scenario: scenario.slice(0, LONGEST_TRIGGER),
  };
}

/** The record of type `replay`. */
export function replayRecord(
  { value, trigger, scenario }: ReplayWish,
  report: RejudgeReport,
  timeUs: number = 1000 * Date.now(),
): object {
  const { judged, left, deniedBefore, deniedAfter, newlyDenied, newlyDeniedCount, highestScore } = report;
  const [worst] = newlyDenied;
  const about = newlyDenied.slice(0, 16).map(({ reference }) => reference);
  return {
    timestamp: formatTime(timeUs),
    event_type: 'replay',
    ...(parseAddress(value) === undefined ? {} : { src_ip: recordAddress(value) }),
    replay: {
      trigger,
      scenario,
      address: value,
      requests: judged,
      left,
      blocked_before: deniedBefore,
      blocked: deniedAfter,
      changed: newlyDeniedCount,
      score: highestScore,
      ...(worst === undefined ? {} : { rule_id: worst.ruleId, references: about }),
    },
  };
}
