import type { PrefixSet } from '../../net/index.ts';
import { type Condition, matches } from '../../query/index.ts';
import type { LiveRecord } from './feed.ts';

/** Which records somebody wants to see. */
export type RecordFilter = (record: LiveRecord) => boolean;

/** What a filter is made of; all that is given must hold. */
export interface FilterWish {
  /** Types of records; undefined: all but the progress of open flows. */
  readonly types?: ReadonlySet<string> | undefined;
  /** Addresses or networks of which one must be the source or the destination. */
  readonly addresses?: PrefixSet | undefined;
  /** A question in the query language. */
  readonly condition?: Condition | undefined;
}

/** Types that are told only to who names them: their records repeat what the end of the flow tells again. */
const ON_DEMAND: ReadonlySet<string> = new Set(['flow_progress']);

/** Makes the filter of a wish. */
export function filterOf({ types, addresses, condition }: FilterWish): RecordFilter {
  return ({ type, record }) => {
    if (types === undefined ? ON_DEMAND.has(type) : !types.has(type)) return false;
    if (addresses !== undefined && !isIn(addresses, record.src_ip) && !isIn(addresses, record.dest_ip)) {
      return false;
    }
    return condition === undefined || matches(condition, record);
  };
}

function isIn(addresses: PrefixSet, text: unknown): boolean {
  return typeof text === 'string' && addresses.hasText(text);
}
