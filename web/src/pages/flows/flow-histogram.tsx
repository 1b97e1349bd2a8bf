import { type PointerEvent, useMemo, useRef, useState } from 'react';
import type { Static } from 'typebox';
import type { SeriesSchema } from '../../../../src/api/schema/traffic.ts';
import { formatBytes, formatClock, formatCount, formatDay, formatDuration } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { spanWords, type TimeWindow } from '../../query/index.ts';
import { axisTimes, histogramOf, intervalSeconds } from './histogram-scale.ts';

/** Pixels that a press may move and still be no choice of a time. */
const CLICK_PX = 4;
const LABELS = 8;

/** How many flows ended when. Drawing over it with the pointer chooses that time. */
export function FlowHistogram({ query, window }: { readonly query: string; readonly window: TimeWindow }) {
  const { since, until, sinceMs, untilMs } = window;
  const series = useApi<Static<typeof SeriesSchema>>(
    '/series',
    { q: query, since, until, interval: intervalSeconds(sinceMs, untilMs) },
    { keepPrevious: true },
  );
  const place = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number>();
  const [from, setFrom] = useState<number>();
  const span = Math.max(1, untilMs - sinceMs);
  const histogram = useMemo(
    () => histogramOf(series.data?.items ?? [], series.data?.intervalSeconds ?? 60, sinceMs, untilMs),
    [series.data, sinceMs, untilMs],
  );
  const { bars, intervalMs, most } = histogram;
  const shareOf = (ms: number) => Math.min(1, Math.max(0, (ms - sinceMs) / span));
  const times = useMemo(() => axisTimes(sinceMs, untilMs, LABELS), [sinceMs, untilMs]);
  const total = bars.reduce((sum, { flows }) => sum + flows, 0);

  const msOf = (event: PointerEvent): number => {
    const box = place.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return sinceMs;
    return sinceMs + Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * span;
  };
  const finish = (event: PointerEvent) => {
    const at = msOf(event);
    const box = place.current?.getBoundingClientRect();
    if (from !== undefined && box !== undefined && (Math.abs(at - from) / span) * box.width > CLICK_PX) {
      window.setSpan(Math.floor(Math.min(at, from)), Math.ceil(Math.max(at, from)));
    } else if (from !== undefined && bar !== undefined) {
      window.setSpan(bar.fromMs, bar.fromMs + intervalMs);
    }
    setFrom(undefined);
  };
  const bar =
    pointed === undefined
      ? undefined
      : bars.find(({ fromMs }) => pointed >= fromMs && pointed < fromMs + intervalMs);
  const chosen =
    from === undefined || pointed === undefined
      ? undefined
      : ([Math.min(from, pointed), Math.max(from, pointed)] as const);

  return (
    <div className="histogram">
      <div className="histogram-note muted">
        {chosen !== undefined
          ? spanWords(...chosen)
          : bar !== undefined
            ? `${formatClock(bar.fromMs)}: ${formatCount(bar.flows)} flows, ${formatBytes(bar.bytes)}`
            : bars.length === 0
              ? ''
              : `at most ${formatCount(most)} flows in ${formatDuration(intervalMs / 1000)}`}
      </div>
      <div
        ref={place}
        className="histogram-plot"
        role="img"
        aria-label={`${formatCount(total)} flows ended between ${spanWords(sinceMs, untilMs)}, at most ${formatCount(most)} at once`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom(msOf(event));
        }}
        onPointerMove={(event) => setPointed(msOf(event))}
        onPointerUp={finish}
        onPointerCancel={() => setFrom(undefined)}
        onPointerLeave={() => setPointed(undefined)}
      >
        <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true">
          <path
            d={bars
              .map(({ fromMs, flows }) => {
                const x = shareOf(fromMs) * 1000;
                const width = Math.max(0.6, shareOf(fromMs + intervalMs) * 1000 - x - 0.8);
                const height = Math.max(2, (flows / most) * 96);
                return `M${x.toFixed(2)} 100v-${height.toFixed(2)}h${width.toFixed(2)}v${height.toFixed(2)}z`;
              })
              .join('')}
          />
        </svg>
        {chosen !== undefined && (
          <div
            className="histogram-chosen"
            style={{ left: `${shareOf(chosen[0]) * 100}%`, right: `${(1 - shareOf(chosen[1])) * 100}%` }}
          />
        )}
      </div>
      <div className="histogram-axis muted" aria-hidden="true">
        {times.map((ms) => (
          <span key={ms} style={{ left: `${shareOf(ms) * 100}%` }}>
            {span > 86_400_000 ? formatDay(ms).slice(5) : formatClock(ms).slice(0, span > 600_000 ? 5 : 8)}
          </span>
        ))}
      </div>
    </div>
  );
}
