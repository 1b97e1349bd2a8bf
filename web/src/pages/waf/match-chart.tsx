import { useMemo } from 'react';
import { formatClock, formatDay, formatExact } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import type { ListPage, LiveRecord } from '../../data/types.ts';
import { ErrorState, Skeleton, sinceOf, type TimeRange, useNow } from '../../design/index.ts';
import { matchesOverTime } from './matches-over-time.ts';

const PARTS = 60;
const HEIGHT = 120;
/** As many as one answer of the history has. */
const MOST_MATCHES = 1000;

/** Matches of the history as bars over time, each bar in the colours of its categories. */
export function MatchChart({ range }: { readonly range: TimeRange }) {
  const now = useNow();
  const since = sinceOf(range, now);
  const answer = useApi<ListPage<LiveRecord>>(
    '/records',
    { type: 'waf', limit: MOST_MATCHES, since },
    { keepPrevious: true },
  );
  const items = answer.data?.items;
  const untilMs = Math.floor(now / 30_000) * 30_000 + 30_000;
  // The newest are asked for: where there are more, the picture begins with the oldest of them.
  const isCut = answer.data?.next !== undefined;
  const oldest = items?.at(-1)?.timestamp;
  const fromMs =
    isCut && oldest !== undefined ? Date.parse(oldest.replace(/\+0000$/, 'Z')) : Date.parse(since);
  const { categories, highest } = useMemo(
    () => matchesOverTime(items ?? [], fromMs, untilMs, PARTS),
    [items, fromMs, untilMs],
  );
  if (answer.isError && items === undefined) {
    return (
      <ErrorState
        title="The history does not answer"
        error={answer.error}
        retry={() => void answer.refetch()}
      />
    );
  }
  if (items === undefined) return <Skeleton height={HEIGHT + 40} />;
  const total = categories.reduce((sum, one) => sum + one.total, 0);
  const words = categories.map(({ name, total: count }) => `${name} ${count}`).join(', ');
  return (
    <figure className="match-chart" aria-label={`Matches over time: ${words === '' ? 'none' : words}`}>
      <svg viewBox={`0 0 ${PARTS} ${HEIGHT}`} preserveAspectRatio="none" height={HEIGHT} aria-hidden="true">
        {Array.from({ length: PARTS }, (_, part) => {
          let top = HEIGHT;
          return categories.map(({ name, counts }, index) => {
            const size = highest === 0 ? 0 : (counts[part]! / highest) * HEIGHT;
            top -= size;
            return size === 0 ? null : (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other
                key={`${name} ${part}`}
                x={part + 0.1}
                width={0.8}
                y={top}
                height={size}
                fill={`var(--series-${index + 1})`}
              >
                <title>{`${name}: ${counts[part]}`}</title>
              </rect>
            );
          });
        })}
      </svg>
      <div className="match-times">
        <span>
          {formatDay(fromMs)} {formatClock(fromMs)}
        </span>
        <span>{highest === 0 ? 'no matches' : `up to ${formatExact(highest)} in each bar`}</span>
        <span>now</span>
      </div>
      <figcaption className="match-legend">
        {categories.map(({ name, total: count }, index) => (
          <span key={name}>
            <span className="match-swatch" style={{ background: `var(--series-${index + 1})` }} /> {name}{' '}
            <span className="muted">{formatExact(count)}</span>
          </span>
        ))}
        {isCut && <span className="muted">the newest {formatExact(total)} matches</span>}
      </figcaption>
    </figure>
  );
}
