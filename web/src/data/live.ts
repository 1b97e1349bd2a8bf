import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { ApiError } from './api-error.ts';
import { api, apiUrl } from './client.ts';
import { LiveConnection, type LiveState } from './live-connection.ts';
import { checkSession } from './session.ts';
import type { LiveRecord, StatusFigures } from './types.ts';

/** Samples of the status that are kept: five minutes of one a second. */
export const STATUS_SAMPLES = 300;

/** The figures of one second. */
export interface StatusSample {
  /** When it came, milliseconds since 1970. */
  readonly atMs: number;
  readonly figures: StatusFigures;
}

/** What `useStatus` gives. */
export interface LiveStatus {
  /** The newest figures; undefined before the first came. */
  readonly latest: StatusSample | undefined;
  /** Up to five minutes, the oldest first; the same array until the next sample. */
  readonly history: readonly StatusSample[];
}

/** What `useLive` gives. */
export interface LiveRecords {
  /** The newest records, the newest first; the same array until there are others. */
  readonly records: readonly LiveRecord[];
  /** Records that came while this was open. */
  readonly count: number;
  /** Records that were lost on the way because this reader was too slow. */
  readonly missed: number;
  /** Empties the list. */
  readonly clear: () => void;
}

/** How live records are wanted. */
export interface LiveOptions {
  /** True: records are counted, but the list stands still. */
  readonly paused?: boolean;
  /** Records that are not to be shown. Keep the function the same between renders. */
  readonly match?: (record: LiveRecord) => boolean;
}

/** A type that no record has: without any, the server would tell all. */
const NO_TYPE = 'none';

const connection = new LiveConnection((types, after) =>
  apiUrl('/live', { types: types.length === 0 ? NO_TYPE : types.join(), after }),
);
// A refused stream tells no status: only the session does, and an ended one leads to the login page.
connection.whenRefused(() => void checkSession());

const EMPTY: LiveStatus = { latest: undefined, history: [] };
let status = EMPTY;

/** Asked for once: what was before somebody looked. */
let isRecalled = false;

/** Puts the figures of the last minutes in front of those that have come since. */
async function recallPast(changed: () => void): Promise<void> {
  try {
    const { items } = await api<{ readonly items: readonly StatusFigures[] }>('/overview/past');
    const first = status.history[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const before = items
      .map((figures) => ({ atMs: figures.timeUs / 1000, figures }))
      .filter(({ atMs }) => atMs < first);
    status = { ...status, history: [...before, ...status.history].slice(-STATUS_SAMPLES) };
    changed();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // The charts begin empty: what comes from now on fills them.
    isRecalled = false;
  }
}

function onStatus(changed: () => void): () => void {
  if (!isRecalled) {
    isRecalled = true;
    void recallPast(changed);
  }
  return connection.listen({
    types: [],
    status: (figures, atMs) => {
      // Several components listen; the first that hears of a sample keeps it.
      if (status.latest?.figures !== figures) {
        const latest = { atMs, figures };
        status = { latest, history: [...status.history.slice(1 - STATUS_SAMPLES), latest] };
      }
      changed();
    },
  });
}

/** The figures of each second, with five minutes of history for sparklines. */
export function useStatus(): LiveStatus {
  return useSyncExternalStore(onStatus, () => status);
}

/** Where the live stream is: for the sign in the header. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(
    (changed) => connection.onState(changed),
    () => connection.state,
  );
}

const NO_RECORDS: LiveRecords['records'] = [];

/**
 * The newest `limit` records of the given types as they come, at most four updates a second. `useLive(['flow', 'dns'], 500)`
 */
export function useLive(types: readonly string[], limit: number, options: LiveOptions = {}): LiveRecords {
  const [state, setState] = useState({ records: NO_RECORDS, count: 0, missed: 0 });
  const wanted = useRef(options);
  wanted.current = options;
  const key = types.join();
  useEffect(
    () =>
      connection.listen({
        types: key === '' ? [] : key.split(','),
        records: (batch) => {
          const { paused = false, match } = wanted.current;
          const own = match === undefined ? batch : batch.filter(match);
          if (own.length === 0) return;
          setState((before) => ({
            ...before,
            count: before.count + own.length,
            records: paused ? before.records : newest(before.records, own, limit),
          }));
        },
        missed: (count) => setState((before) => ({ ...before, missed: before.missed + count })),
      }),
    [key, limit],
  );
  const clear = useCallback(() => setState({ records: NO_RECORDS, count: 0, missed: 0 }), []);
  return { ...state, clear };
}

function newest(
  before: readonly LiveRecord[],
  batch: readonly LiveRecord[],
  limit: number,
): readonly LiveRecord[] {
  const first = batch.slice(-limit).reverse();
  return first.length >= limit ? first : [...first, ...before.slice(0, limit - first.length)];
}
