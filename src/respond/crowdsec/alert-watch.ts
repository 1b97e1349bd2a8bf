import type { Lapi } from './lapi.ts';
import { LapiError } from './lapi-error.ts';
import { WEIR_PREFIX } from './own.ts';
import { type CrowdSecAlert, readAlert } from './shapes.ts';

/** Where alerts are asked for, and who is told of them. */
export interface AlertWatchOptions {
  readonly lapi: Lapi;
  /** How far back the first question goes, in milliseconds; 60 s without: what happened during a restart. */
  readonly lookBackMs?: number | undefined;
  /** Each alert once, the oldest first. */
  readonly alert: (alert: CrowdSecAlert) => void;
  /** Whether an alert with this id is one that this run pushed. */
  readonly isPushed: (id: number) => boolean;
  /** Milliseconds since 1970; the clock without. */
  readonly now?: (() => number) | undefined;
}

const LOOK_BACK_MS = 60_000;
/** The LAPI counts in seconds, and by its own clock: questions overlap, and what was seen is known. */
const OVERLAP_MS = 10_000;
/** After a long silence the rest is history. */
const LONGEST_LOOK_BACK_MS = 3_600_000;
/** Alerts of one answer. */
const LIMIT = 500;
/** Alerts that are remembered to be told once. */
const MOST_SEEN = 10_000;

/** Watches for alerts of CrowdSec's own scenarios. */
export class AlertWatch {
  private readonly options: AlertWatchOptions;
  private readonly now: () => number;
  private readonly seen = new Set<string>();
  private answeredMs: number | undefined;
  private readonly counts = { told: 0, own: 0, otherScopes: 0, malformed: 0, cutAnswers: 0 };

  constructor(options: AlertWatchOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
  }

  /** Asks once; rejects with a {@link LapiError}. */
  async pull(signal?: AbortSignal): Promise<void> {
    const { lapi, lookBackMs = LOOK_BACK_MS } = this.options;
    const askedMs = this.now();
    const back = this.answeredMs === undefined ? lookBackMs : askedMs - this.answeredMs + OVERLAP_MS;
    const since = Math.max(1, Math.ceil(Math.min(back, LONGEST_LOOK_BACK_MS) / 1000));
    // Not with `include_capi=false`: CrowdSec 1.4 then leaves out alerts without a decision too.
    const path = `/v1/alerts?since=${since}s&limit=${LIMIT}`;
    const answer = await lapi.asMachine('GET', path, undefined, signal);
    if (answer !== null && !Array.isArray(answer)) {
      throw new LapiError('answer', 'the alerts are no list');
    }
    const list: readonly unknown[] = answer ?? [];
    this.answeredMs = askedMs;
    if (list.length >= LIMIT) this.counts.cutAnswers++;
    // The LAPI gives the newest first.
    for (const value of list.slice(0, LIMIT).reverse()) this.take(value);
  }

  /** Alerts that were told, that came from a weir, that are about no address, that are none; answers that were cut. */
  statistics(): Readonly<Record<string, number>> {
    return { ...this.counts };
  }

  private take(value: unknown): void {
    const alert = readAlert(value);
    if (alert === undefined) {
      this.counts.malformed++;
      return;
    }
    // With the time: a LAPI that was set up anew counts from 1 again.
    const key = `${alert.id} ${alert.createdMs}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    if (this.seen.size > MOST_SEEN) this.seen.delete(this.seen.values().next().value as string);
    if (alert.scenario.startsWith(WEIR_PREFIX) || this.options.isPushed(alert.id)) {
      this.counts.own++;
      return;
    }
    // About a country, a user, or the update of a list of the central API.
    if (alert.address === '' && alert.range === '') {
      this.counts.otherScopes++;
      return;
    }
    this.counts.told++;
    this.options.alert(alert);
  }
}
