import type { LiveRecord } from '../../data/types.ts';
import { originOf } from '../../deciding/decision-words.ts';

/** What became of a decision, out of its record. */
export interface PastDecision {
  /** The same for the same record. */
  readonly key: string;
  readonly time: string;
  readonly event: string;
  readonly type: string;
  readonly scope: string;
  readonly value: string;
  /** Why it was taken; of what was refused, lifted by a guard or failed, that. */
  readonly words: string;
  readonly by: string;
  readonly duration: string;
  readonly enforcers: string;
  readonly latencyMs: number | undefined;
}

/** Reads a record of type `decision`; undefined of any other. */
export function pastDecisionOf(record: LiveRecord): PastDecision | undefined {
  const { decision } = record;
  if (record.event_type !== 'decision' || typeof decision !== 'object' || decision === null) return undefined;
  const fields = decision as Readonly<Record<string, unknown>>;
  const text = (name: string): string => {
    const value = fields[name];
    return typeof value === 'string' ? value : '';
  };
  const error = text('error');
  const guard = text('guard');
  const lifter = text('lifted_by');
  const refusal = guard === '' ? error : `${error} (guard ${guard})`;
  const { enforcers, latency_ms: latencyMs } = fields;
  return {
    key: `${record.timestamp} ${text('event')} ${text('id')} ${text('value')} ${text('type')}`,
    time: record.timestamp,
    event: text('event'),
    type: text('type'),
    scope: text('scope'),
    value: text('value'),
    words:
      refusal === '' ? text('reason') : [refusal, text('reason')].filter((word) => word !== '').join('; '),
    by: lifter === '' ? originOf({ origin: text('origin'), author: text('author') }) : lifter,
    duration: text('duration').replace(/(?<=\D)0[ms](?=$|0s$)/g, ''),
    enforcers: Array.isArray(enforcers) ? enforcers.filter((one) => typeof one === 'string').join(', ') : '',
    latencyMs: typeof latencyMs === 'number' ? latencyMs : undefined,
  };
}
