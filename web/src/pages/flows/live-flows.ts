import { useCallback, useEffect, useState } from 'react';
import type { LiveRecord } from '../../data/types.ts';
import { type LiveQuery, useLiveQuery } from '../../query/index.ts';
import { type FlowRow, withRecords } from './flow-row.ts';

const TYPES = ['flow', 'flow_progress'] as const;
/** Rows that are kept. */
const MOST = 2_000;
/** Records of the past that a list begins with. */
const BEGIN = 200;

/** What `useLiveFlows` gives. */
export interface LiveFlows extends LiveQuery {
  readonly rows: readonly FlowRow[];
  /** Records that came. */
  readonly count: number;
}

const NONE: Pick<LiveFlows, 'rows' | 'count'> = { rows: [], count: 0 };

/** The flows that a question finds, as they begin, go on and end. While paused, they are counted only. */
export function useLiveFlows(query: string, enabled: boolean, paused: boolean): LiveFlows {
  const [own, setOwn] = useState(NONE);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins anew
  useEffect(() => setOwn(NONE), [query, enabled]);
  const take = useCallback(
    (records: readonly LiveRecord[]) =>
      setOwn((before) => ({
        count: before.count + records.length,
        rows: paused ? before.rows : withRecords(before.rows, records, MOST),
      })),
    [paused],
  );
  const live = useLiveQuery(TYPES, query, enabled, BEGIN, take);
  return { ...live, ...own };
}
