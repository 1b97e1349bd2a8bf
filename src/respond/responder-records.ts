import { type Decision, type DecisionType, formatTime, type Wish } from '../event/index.ts';
import { recordAddress } from '../net/index.ts';
import { hoursToSeconds } from './crowdsec/duration.ts';

/** What happened to a decision. */
export type DecisionEvent = 'taken' | 'refused' | 'expired' | 'lifted' | 'failed';

/** The object `decision` of a record of that type. */
export interface DecisionPart {
  /** Absent where nothing was decided. */
  readonly id?: string;
  readonly event: DecisionEvent;
  /** The same as `type`, by the name that CrowdSec's users look for. */
  readonly action: DecisionType;
  readonly type: DecisionType;
  readonly scope: Decision['scope'];
  readonly value: string;
  readonly origin: string;
  readonly scenario: string;
  readonly reason: string;
  /** As CrowdSec writes it: `4h0m0s`. */
  readonly duration: string;
  /** Absent where nothing was decided. */
  readonly until?: string;
  readonly simulated: boolean;
  readonly author: string;
  readonly evidence: readonly string[];
  /** From the record that led to it to being applied by all enforcers. */
  readonly latency_ms?: number;
  /** Enforcers that have applied it; of a failure, the one that could not. */
  readonly enforcers?: readonly string[];
  /** Of a refusal, and of a lifting by a guard. */
  readonly guard?: string;
  /** Why it was refused, lifted by a guard, or could not be applied. */
  readonly error?: string;
  /** Who lifted it. */
  readonly lifted_by?: string;
}

/** A record of the type `decision`. */
export interface DecisionRecord {
  readonly timestamp: string;
  readonly event_type: 'decision';
  /** Where it is about an address; IPv6 with all its digits. */
  readonly src_ip?: string;
  readonly decision: DecisionPart;
}

/** What a record says beside what its decision does. */
export type DecisionExtra = Pick<DecisionPart, 'latency_ms' | 'enforcers' | 'guard' | 'error' | 'lifted_by'>;

/** The record of what happened to a decision, or to a wish that was refused. */
export function decisionRecord(
  event: DecisionEvent,
  about: Wish | Decision,
  atMs: number,
  extra: DecisionExtra = {},
): DecisionRecord {
  const { type, scope, value, origin, scenario, reason, durationMs, simulated, author, evidence } = about;
  return {
    timestamp: formatTime(atMs * 1000),
    event_type: 'decision',
    ...(scope === 'address' ? { src_ip: recordAddress(value) } : {}),
    decision: {
      ...('id' in about ? { id: about.id } : {}),
      event,
      action: type,
      type,
      scope,
      value,
      origin,
      scenario,
      reason,
      duration: durationText(durationMs),
      ...('untilMs' in about ? { until: formatTime(about.untilMs * 1000) } : {}),
      simulated,
      author,
      evidence,
      ...extra,
    },
  };
}

/** A duration in CrowdSec's form, which is Go's: `4h0m0s`, `1m30s`, `1.5s`, `250ms`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  return hoursToSeconds(Math.round(ms));
}
