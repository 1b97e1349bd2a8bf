import './time-chart.css';
import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { formatClock } from '../data/format.ts';
import { classNames } from './class-names.ts';
import { axisEnd, largest, nearestPoint, seriesPath, type TimePoint } from './time-chart-scale.ts';

/** One line of a TimeChart. */
export interface TimeSeries {
  readonly name: string;
  /** The oldest first. */
  readonly points: readonly TimePoint[];
  /** A colour of the tokens, e.g. `var(--series-1)`. */
  readonly colour: string;
  /** Values as words. */
  readonly format: (value: number | undefined) => string;
  /** By the axis on the right, in dashes. All series of a side share its axis. */
  readonly right?: boolean;
  /** The area below is filled. */
  readonly filled?: boolean;
}

/** What TimeChart takes. */
export interface TimeChartProps {
  /** What it shows, for who cannot see it. */
  readonly label: string;
  /** One to four. Keep it the same between renders where nothing changed. */
  readonly series: readonly TimeSeries[];
  /** Milliseconds from the left to the right; the newest point lies at the right. */
  readonly spanMs: number;
  /** Pixels of the plot. */
  readonly height: number;
}

/** Below the plot stand the times. */
const FOOT = 16;
/** Parts that the lines of the grid divide the plot into. */
const ROWS = 2;
const COLUMNS = 5;
const SHARES = Array.from({ length: COLUMNS + 1 }, (_, column) => column / COLUMNS);

/** Lines over the last minutes, with an axis on each side. What is pointed at is told above. */
export function TimeChart({ label, series, spanMs, height }: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const [pointed, setPointed] = useState<number>();
  const untilMs = Math.max(...series.map(({ points }) => points.at(-1)?.atMs ?? 0));

  const lines = useMemo(() => {
    const ends = [false, true].map((right) => {
      const side = series.filter((one) => (one.right === true) === right);
      return axisEnd(
        largest(
          side.map((one) => one.points),
          untilMs - spanMs,
        ),
      );
    });
    return series.map((one) => {
      const view = { untilMs, spanMs, end: ends[one.right === true ? 1 : 0] ?? 1 };
      const size = { width, height };
      return {
        ...one,
        end: view.end,
        line: seriesPath(one.points, view, size),
        area: one.filled === true ? seriesPath(one.points, view, size, true) : '',
      };
    });
  }, [series, spanMs, height, width, untilMs]);

  // The time that is pointed at stays under the pointer while the plot moves on.
  const pointedMs =
    pointed === undefined || width === 0 ? undefined : untilMs - spanMs * (1 - pointed / width);
  const nearest = series.map(({ points }) =>
    pointedMs === undefined ? points.at(-1) : points[nearestPoint(points, pointedMs)],
  );
  const moment = nearest.find((point) => point !== undefined)?.atMs;
  const cursor =
    pointedMs === undefined || moment === undefined ? undefined : xOf(moment, untilMs, spanMs, width);

  const left = lines.find((one) => one.right !== true);
  const right = lines.find((one) => one.right === true);
  return (
    <figure className="time-chart" aria-label={label}>
      <div className="time-chart-legend">
        {series.map((one, index) => (
          <span key={one.name} className="time-chart-key">
            <span
              className={classNames('time-chart-swatch', one.right === true && 'time-chart-dashed')}
              style={{ borderColor: one.colour }}
            />
            {one.name}
            <span className="time-chart-value">
              {cursor !== undefined && one.format(nearest[index]?.value)}
            </span>
          </span>
        ))}
        {cursor !== undefined && (
          <span className="time-chart-moment">{formatClock(moment ?? Number.NaN)}</span>
        )}
      </div>
      <div
        ref={place}
        className="time-chart-plot"
        style={{ height: height + FOOT }}
        onPointerMove={(event: PointerEvent<HTMLDivElement>) =>
          setPointed(event.clientX - event.currentTarget.getBoundingClientRect().left)
        }
        onPointerLeave={() => setPointed(undefined)}
      >
        <svg aria-hidden="true" focusable="false">
          {Array.from({ length: ROWS + 1 }, (_, row) => {
            const y = Math.round((height * row) / ROWS) + 0.5;
            return <line key={y} className="time-chart-grid" x1={0} x2={width} y1={y} y2={y} />;
          })}
          {lines.map((one) => (
            <g key={one.name}>
              {one.area !== '' && <path className="time-chart-area" d={one.area} fill={one.colour} />}
              <path
                className={classNames('time-chart-line', one.right === true && 'time-chart-line-dashed')}
                d={one.line}
                stroke={one.colour}
              />
            </g>
          ))}
          {cursor !== undefined && (
            <line className="time-chart-cursor" x1={cursor} x2={cursor} y1={0} y2={height} />
          )}
          {Array.from({ length: ROWS }, (_, row) => {
            const share = 1 - row / ROWS;
            const y = (height * row) / ROWS + 12;
            return (
              <g key={share} className="time-chart-text">
                {left !== undefined && (
                  <text x={2} y={y}>
                    {left.format(left.end * share)}
                  </text>
                )}
                {right !== undefined && (
                  <text x={width - 2} y={y} textAnchor="end">
                    {right.format(right.end * share)}
                  </text>
                )}
              </g>
            );
          })}
          {SHARES.map((share, column) => (
            <text
              key={share}
              className="time-chart-text"
              x={width * share}
              y={height + FOOT - 3}
              textAnchor={column === 0 ? 'start' : column === COLUMNS ? 'end' : 'middle'}
            >
              {agoOf(spanMs * (1 - share))}
            </text>
          ))}
        </svg>
      </div>
    </figure>
  );
}

function xOf(atMs: number, untilMs: number, spanMs: number, width: number): number {
  return Math.round(((atMs - untilMs) / spanMs + 1) * width) + 0.5;
}

function agoOf(ms: number): string {
  if (ms < 500) return 'now';
  return ms < 59_000 ? `-${Math.round(ms / 1000)} s` : `-${Math.round(ms / 6000) / 10} min`;
}

/** The width of an element in pixels, now and whenever it changes; 0 before it was measured. */
function useWidth(place: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (place.current === null) return;
    const observer = new ResizeObserver(
      ([entry]) => entry !== undefined && setWidth(Math.floor(entry.contentRect.width)),
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [place]);
  return width;
}
