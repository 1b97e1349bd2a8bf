import { useCallback, useEffect, useState } from 'react';
import type { LiveRecord } from '../../data/types.ts';
import { type LiveQuery, useLiveQuery } from '../../query/index.ts';
import { type RequestRow, withRecords } from './request-row.ts';

const TYPES = ['http', 'waf'] as const;
/** Rows that are kept. */
const MOST = 2_000;
/** Records of the past that a list begins with. */
const BEGIN = 200;

/** What `useLiveRequests` gives. */
export interface LiveRequests extends LiveQuery {
  readonly rows: readonly RequestRow[];
  /** Records that came. */
  readonly count: number;
}

const NONE: Pick<LiveRequests, 'rows' | 'count'> = { rows: [], count: 0 };

/** The requests that a question finds, as they come. While paused, they are counted only. */
export function useLiveRequests(query: string, enabled: boolean, paused: boolean): LiveRequests {
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
