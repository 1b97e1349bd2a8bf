import { useMemo } from 'react';
import { formatCount, formatDuration, formatRate, formatShare } from '../../data/format.ts';
import type { StatusSample } from '../../data/live.ts';
import type { StatusFigures } from '../../data/types.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { Stat } from '../../design/stat.tsx';
import type { TimeSeries } from '../../design/time-chart.tsx';
import { blockedPerSecond, passedPerSecond, pointsOf } from './figures.ts';
import { StreamCard } from './stream-card.tsx';

/** The active stream: requests and what was done with them. */
export function ActiveCard({
  figures,
  history,
}: {
  readonly figures: StatusFigures | undefined;
  readonly history: readonly StatusSample[];
}) {
  const active = figures?.active;
  const series = useMemo<readonly TimeSeries[]>(
    () => [
      {
        name: 'passed',
        points: pointsOf(history, passedPerSecond),
        colour: 'var(--series-1)',
        format: formatRate,
        filled: true,
      },
      {
        name: 'blocked',
        points: pointsOf(history, blockedPerSecond),
        colour: 'var(--series-5)',
        format: formatRate,
        filled: true,
      },
      {
        name: 'p99',
        points: pointsOf(history, (of) => of.active?.latency?.p99Ms),
        colour: 'var(--series-2)',
        format: milliseconds,
        right: true,
      },
    ],
    [history],
  );
  const stopped = active?.verdicts.filter(({ name, perSecond }) => name !== 'pass' && perSecond > 0) ?? [];
  return (
    <StreamCard
      title="Active stream"
      detail={active && <span title={`${active.ways.join(', ')}; ${active.rules}`}>{active.rules}</span>}
      to="/requests"
      link="Requests"
      off={figures?.state === 'running' && active === undefined ? <NoProxy figures={figures} /> : undefined}
      chart={`Requests per second that passed and that were blocked, and the 99th percentile of the time that judging took, over the last five minutes; now ${formatRate(active?.requests)}`}
      series={series}
      stats={
        <>
          <Stat
            label="Requests"
            value={active && formatRate(active.requests)}
            detail={active ? `${formatCount(active.requestsTotal)} so far` : ''}
          />
          <Stat
            label="Blocked"
            tone={stopped.length > 0 ? 'danger' : 'neutral'}
            value={active && formatRate(figures && blockedPerSecond(figures))}
            detail={
              active === undefined
                ? ''
                : stopped.map(({ name, perSecond }) => `${name} ${formatRate(perSecond)}`).join(', ') ||
                  'none now'
            }
          />
          <Stat
            label="Blocked so far"
            value={active && formatCount(active.blockedTotal)}
            detail={
              active !== undefined && active.requestsTotal > 0
                ? `${formatShare(active.blockedTotal / active.requestsTotal)} of all`
                : ''
            }
          />
          <Stat
            label="Judged in, p50"
            value={active && milliseconds(active.latency?.p50Ms)}
            detail="last minute"
          />
          <Stat
            label="Judged in, p99"
            value={active && milliseconds(active.latency?.p99Ms)}
            detail="last minute"
          />
        </>
      }
    />
  );
}

function milliseconds(value: number | undefined): string {
  return formatDuration(value === undefined ? undefined : value / 1000);
}

function NoProxy({ figures }: { readonly figures: StatusFigures }) {
  const proxy = figures.processes.find(({ name }) => name === 'proxy');
  return proxy === undefined ? (
    <EmptyState icon="requests" title="The active stream is switched off">
      <code>web.enabled: true</code> and a way in, such as <code>web.reverse.listen</code> or{' '}
      <code>web.haproxy.socket</code>, let requests pass through weir.
    </EmptyState>
  ) : (
    <EmptyState icon="requests" title={`The proxy is ${proxy.state} and tells nothing yet`}>
      It reads its rules first. Where that lasts, the log of <code>weir up</code> says why.
    </EmptyState>
  );
}
