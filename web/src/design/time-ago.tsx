import { useSyncExternalStore } from 'react';
import { formatAgo, formatMoment, formatTime, timeMs } from '../data/format.ts';

/** Seconds between two renderings of what depends on the time. */
const STEP_MS = 5_000;

const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for all: a timer in each cell of a table would wake the page for every row. */
function onTick(changed: () => void): () => void {
  listeners.add(changed);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const listener of listeners) listener();
  }, STEP_MS);
  return () => {
    listeners.delete(changed);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time now, in milliseconds since 1970, in steps of five seconds. */
export function useNow(): number {
  return useSyncExternalStore(onTick, () => now);
}

/** What TimeAgo takes. */
export interface TimeAgoProps {
  /** Microseconds (`…Us`), ISO 8601 or a Date. */
  readonly at: number | string | Date | undefined;
  /** True: the time of day instead of how long ago. */
  readonly clock?: boolean;
}

/** When something was, in words; the exact time is its title. */
export function TimeAgo({ at, clock = false }: TimeAgoProps) {
  const moment = timeMs(at);
  const current = useNow();
  // The clock goes in steps: what is newer than its last one is now, and what is further ahead lies ahead.
  const seenAt = moment > current && moment - current <= STEP_MS ? moment : current;
  if (!Number.isFinite(moment)) return <span className="muted">{formatAgo(moment, current)}</span>;
  return (
    <time dateTime={new Date(moment).toISOString()} title={formatMoment(moment)}>
      {clock ? formatTime(moment, current) : formatAgo(moment, seenAt)}
    </time>
  );
}
