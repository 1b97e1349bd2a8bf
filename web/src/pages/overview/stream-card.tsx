import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Card } from '../../design/card.tsx';
import { TimeChart, type TimeSeries } from '../../design/time-chart.tsx';

/** Milliseconds that are shown: as many as are kept. */
const SPAN_MS = 300_000;
const HEIGHT = 112;

/** The frame of a stream: its figures in a line, and how they went. It has the same size in every state. */
export function StreamCard({
  title,
  detail,
  to,
  link,
  stats,
  chart,
  series,
  off,
}: {
  readonly title: string;
  readonly detail: ReactNode;
  /** The page with what the figures count. */
  readonly to: string;
  readonly link: string;
  readonly stats: ReactNode;
  /** What the chart shows, for who cannot see it. */
  readonly chart: string;
  readonly series: readonly TimeSeries[];
  /** Stands in place of all where the stream does not run. */
  readonly off: ReactNode;
}) {
  return (
    <Card
      className="stream"
      title={title}
      actions={
        <>
          <span className="stream-detail muted ellipsis">{detail}</span>
          <Link to={to} className="card-link">
            {link}
          </Link>
        </>
      }
    >
      {off ?? (
        <>
          <div className="stream-stats">{stats}</div>
          <TimeChart label={chart} series={series} spanMs={SPAN_MS} height={HEIGHT} />
        </>
      )}
    </Card>
  );
}
