import { type EveRecord, nameOf } from '../../event/index.ts';
import type { Observation } from '../evidence.ts';

/** What an observation is made of, besides what its record says of itself. */
export interface Parts {
  readonly kind: string;
  readonly timeUs: number;
  readonly address: string;
  readonly target: string;
  readonly record: EveRecord;
  readonly meta: Readonly<Record<string, string>>;
  readonly parsed: Readonly<Record<string, string | number | boolean>>;
}

/** An observation; its community id, where the record has one, is in `meta`. */
export function observation({ kind, timeUs, address, target, record, meta, parsed }: Parts): Observation {
  const communityId = nameOf(record.community_id);
  return {
    timeUs,
    kind,
    address,
    target,
    meta: communityId === undefined ? meta : { ...meta, community_id: communityId },
    parsed,
    record,
  };
}
