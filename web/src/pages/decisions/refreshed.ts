import { useEffect, useRef } from 'react';
import type { LiveRecord } from '../../data/types.ts';
import { refreshDecisions } from '../../deciding/deciding.ts';

/** Milliseconds between two times that are asked because something was decided. */
const REFRESH_MS = 1_000;

/** Asks for decisions again when a record of one comes: once a second at most. */
export function useRefreshed(count: number, records: readonly LiveRecord[]): void {
  const last = useRef(0);
  useEffect(() => {
    if (count === 0 || records.length === 0) return;
    const waitMs = Math.max(0, last.current + REFRESH_MS - Date.now());
    const timer = setTimeout(() => {
      last.current = Date.now();
      refreshDecisions();
    }, waitMs);
    return () => clearTimeout(timer);
  }, [count, records]);
}
