import { listOf } from '../../event/index.ts';
import type { Lapi } from './lapi.ts';
import { LapiError } from './lapi-error.ts';
import { alertBody, type OutgoingAlert } from './outgoing-alert.ts';

/** Where alerts go. */
export interface AlertPushOptions {
  readonly lapi: Lapi;
  readonly ownOrigin: string;
  readonly version: string;
  /** Alerts of one call; 200 without. */
  readonly batch?: number | undefined;
  /** Alerts that wait at most; 2000 without. Beyond that the oldest goes. */
  readonly mostWaiting?: number | undefined;
  /** Milliseconds since 1970; the clock without. */
  readonly now?: (() => number) | undefined;
}

const BATCH = 200;
const MOST_WAITING = 2000;
/** A batch that the LAPI answers with an error is tried so often: the next ones are not to wait for ever. */
const MOST_REFUSALS = 3;
/** Ids of alerts that are remembered, to know them when they come back. */
const MOST_IDS = 10_000;

/** Pushes alerts in batches: those with decisions at once, others when there is time. */
export class AlertPush {
  private readonly options: AlertPushOptions;
  private readonly now: () => number;
  private readonly ids = new Set<number>();
  private waiting: OutgoingAlert[] = [];
  private refusals = 0;
  private readonly counts = { pushed: 0, dropped: 0, refused: 0 };

  constructor(options: AlertPushOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
  }

  /** Whether this run pushed the alert. */
  has(id: number): boolean {
    return this.ids.has(id);
  }

  /** Puts an alert into the queue; the oldest one goes where it is full. */
  queue(alert: OutgoingAlert): void {
    if (this.waiting.length >= (this.options.mostWaiting ?? MOST_WAITING)) {
      this.waiting.shift();
      this.counts.dropped++;
    }
    this.waiting.push(alert);
  }

  /** Pushes what waits; rejects with a LapiError, and then what was not pushed still waits, but not for ever. */
  async flush(signal?: AbortSignal): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, this.options.batch ?? BATCH);
      try {
        await this.send(batch, signal);
      } catch (error) {
        if (!(error instanceof LapiError) || error.fault !== 'answer') throw error;
        if (++this.refusals < MOST_REFUSALS) throw error;
        this.counts.refused += batch.length;
        this.forget(batch);
        throw error;
      }
      this.forget(batch);
    }
  }

  /** Pushes these now; rejects with a LapiError, and then some may have arrived. */
  async push(alerts: readonly OutgoingAlert[], signal?: AbortSignal): Promise<void> {
    const size = this.options.batch ?? BATCH;
    for (let at = 0; at < alerts.length; at += size) await this.send(alerts.slice(at, at + size), signal);
  }

  /** Alerts that were pushed, dropped for lack of room, given up because the LAPI refuses them, and that wait. */
  statistics(): Readonly<Record<string, number>> {
    return { ...this.counts, waiting: this.waiting.length };
  }

  /** Takes these out of the queue; while they were sent, its bound may have taken some from the front. */
  private forget(batch: readonly OutgoingAlert[]): void {
    const sent = new Set(batch);
    this.waiting = this.waiting.filter((alert) => !sent.has(alert));
    this.refusals = 0;
  }

  private async send(alerts: readonly OutgoingAlert[], signal: AbortSignal | undefined): Promise<void> {
    const { lapi, ownOrigin, version } = this.options;
    const nowMs = this.now();
    const body = alerts.map((alert) => alertBody(alert, ownOrigin, version, nowMs));
    const answer = await lapi.asMachine('POST', '/v1/alerts', body, signal);
    this.counts.pushed += alerts.length;
    // The LAPI answers with the number of each alert, as text.
    for (const text of listOf(answer).slice(0, alerts.length)) {
      const id = Number(text);
      if (!Number.isSafeInteger(id)) continue;
      this.ids.add(id);
      if (this.ids.size > MOST_IDS) this.ids.delete(this.ids.values().next().value as number);
    }
  }
}
