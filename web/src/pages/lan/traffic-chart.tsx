import { useMemo } from 'react';
import { formatBitRate } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { Chart, type ChartOption, ErrorState, Skeleton, type TimeRange } from '../../design/index.ts';
import { type Series, trafficLines } from './lan-figures.ts';

const EVERY_MS = 15_000;

/** Bits per second by protocol over time, of what a question names. */
export function TrafficChart({
  label,
  query,
  range,
  height,
  lines,
}: {
  /** What it shows, for who cannot see it. */
  readonly label: string;
  /** In weir's language. */
  readonly query: string;
  readonly range: TimeRange;
  readonly height: number;
  /** Protocols that have a line of their own, as the words above have room. */
  readonly lines: number;
}) {
  const { data, error, refetch } = useApi<Series>(
    '/series',
    { since: range, by: 'protocol', q: query },
    { everyMs: EVERY_MS, keepPrevious: true },
  );
  const option = useMemo<ChartOption>(
    () => ({
      legend: {},
      tooltip: { trigger: 'axis', valueFormatter: (value: unknown) => formatBitRate(Number(value)) },
      xAxis: { type: 'time' },
      yAxis: {
        type: 'value',
        splitNumber: 3,
        axisLabel: { formatter: (value: number) => formatBitRate(value) },
      },
      series: (data === undefined ? [] : trafficLines(data, Date.now(), lines)).map(({ name, points }) => ({
        name,
        type: 'line',
        stack: 'all',
        symbol: 'none',
        lineStyle: { width: 1 },
        areaStyle: { opacity: 0.5 },
        data: points,
      })),
    }),
    [data, lines],
  );
  return (
    <div className="traffic-chart" style={{ height }}>
      {error !== null && data === undefined ? (
        <ErrorState title="The traffic could not be read" error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Skeleton height={height} />
      ) : data.items.length === 0 ? (
        <p className="traffic-none muted">
          No flow ended in this time. Look further back, or wait for some to end.
        </p>
      ) : (
        <Chart label={label} option={option} height={height} />
      )}
    </div>
  );
}
