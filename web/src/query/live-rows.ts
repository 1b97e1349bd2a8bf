import { useCallback, useEffect, useState } from 'react';
import type { LiveRecord } from '../data/types.ts';
import { type LiveQuery, useLiveQuery } from './live-query.ts';

/** Rows that are kept. */
const MOST = 2_000;
/** Records of the past that a list begins with. */
const BEGIN = 200;

/** Rows made of records as they come. */
export interface LiveRows<Row> extends LiveQuery {
  readonly rows: readonly Row[];
  /** Records that came. */
  readonly count: number;
}

/** Which records make rows, and how; the same object for each call. */
export interface RowMaking<Row> {
  readonly types: readonly string[];
  /** The rows with more records, at most so many. */
  withRecords(rows: readonly Row[], records: readonly LiveRecord[], most: number): readonly Row[];
}

/** The rows that a question finds, as their records come. While paused, they are counted only. */
export function useLiveRows<Row>(
  { types, withRecords }: RowMaking<Row>,
  query: string,
  enabled: boolean,
  paused: boolean,
): LiveRows<Row> {
  const [own, setOwn] = useState<Pick<LiveRows<Row>, 'rows' | 'count'>>({ rows: [], count: 0 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another question begins anew
  useEffect(() => setOwn({ rows: [], count: 0 }), [query, enabled]);
  const take = useCallback(
    (records: readonly LiveRecord[]) =>
      setOwn((before) => ({
        count: before.count + records.length,
        rows: paused ? before.rows : withRecords(before.rows, records, MOST),
      })),
    [paused, withRecords],
  );
  const live = useLiveQuery(types, query, enabled, BEGIN, take);
  return { ...live, ...own };
}
