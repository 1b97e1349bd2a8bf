import type { Decision, Wish } from '../event/index.ts';
import type { Enforcer } from './enforcer.ts';
import type { Refusal } from './guard/index.ts';
import { LatencyHistogram } from './responder-latency.ts';
import type { ResponderStatistics } from './responder-options.ts';
import {
  type DecisionEvent,
  type DecisionExtra,
  type DecisionRecord,
  decisionRecord,
} from './responder-records.ts';

/** Records of one call of an enforcer that failed; the figures have the others. */
const FAILURES_TOLD = 100;

/** Records and counts what happens to decisions. */
export class DecisionLog {
  private readonly write: (record: DecisionRecord) => void;
  private readonly tell: (message: string) => void;
  private readonly now: () => number;
  private readonly latency = new LatencyHistogram();
  private readonly refusals = new Map<string, number>();
  private readonly counts = { taken: 0, repeated: 0, expired: 0, lifted: 0, failed: 0 };

  constructor(write: (record: DecisionRecord) => void, tell: (message: string) => void, now: () => number) {
    this.write = write;
    this.tell = tell;
    this.now = now;
  }

  /** Enforcers that were concerned have answered. `doneMs`: when, in milliseconds since 1970, with fractions. */
  taken(
    decision: Decision,
    concerned: readonly Enforcer[],
    errors: ReadonlyMap<Enforcer, Error | undefined>,
    doneMs: number,
  ): void {
    this.counts.taken++;
    const enforcers = concerned.filter((enforcer) => errors.get(enforcer) === undefined);
    const names = enforcers.map(({ name }) => name);
    if (concerned.length === 0 || enforcers.length < concerned.length) {
      this.record('taken', decision, { enforcers: names });
      return;
    }
    const latency = Math.max(0, Math.round((doneMs - decision.askedMs) * 1000) / 1000);
    this.latency.add(latency);
    this.record('taken', decision, { enforcers: names, latency_ms: latency });
  }

  /** A decision is there that was there before: it was lifted or replaced, and that was undone. */
  restored(decision: Decision): void {
    this.record('taken', decision);
  }

  /** A wish for what was decided already, for as long. */
  repeated(): void {
    this.counts.repeated++;
  }

  refused(wish: Wish, { guard, reason }: Refusal): void {
    this.refusals.set(guard, (this.refusals.get(guard) ?? 0) + 1);
    this.record('refused', wish, { guard, error: reason });
  }

  expired(decision: Decision): void {
    this.counts.expired++;
    this.record('expired', decision);
  }

  lifted(decision: Decision, extra: DecisionExtra): void {
    this.counts.lifted++;
    this.record('lifted', decision, extra);
  }

  failed(enforcer: Enforcer, decisions: readonly Decision[], error: Error): void {
    this.counts.failed += decisions.length;
    this.tell(`enforcer ${enforcer.name} could not apply ${decisions.length} changes: ${error.message}`);
    for (const decision of decisions.slice(0, FAILURES_TOLD)) {
      this.record('failed', decision, { enforcers: [enforcer.name], error: error.message });
    }
  }

  figures(): Pick<
    ResponderStatistics,
    'taken' | 'repeated' | 'expired' | 'lifted' | 'failed' | 'refused' | 'latency'
  > {
    const quantile = (share: number) => Math.round(this.latency.quantile(share) * 1000) / 1000;
    return {
      ...this.counts,
      refused: Object.fromEntries(this.refusals),
      latency: { count: this.latency.count, p50_ms: quantile(0.5), p99_ms: quantile(0.99) },
    };
  }

  private record(event: DecisionEvent, about: Wish | Decision, extra: DecisionExtra = {}): void {
    try {
      this.write(decisionRecord(event, about, this.now(), extra));
    } catch (error) {
      // Who reads records must not be able to stop decisions.
      this.tell(`a decision could not be recorded: ${error instanceof Error ? error.message : error}`);
    }
  }
}
