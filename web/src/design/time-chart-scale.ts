/** The value of a series at a time; undefined where none is known. */
export interface TimePoint {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly value: number | undefined;
}

/** A piece of a chart, in pixels. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** Two points further apart are not joined: in between nobody measured. */
const MOST_GAP_MS = 6_000;

/**
 * The end of an axis from zero that holds `most`: 1, 2 or 5 times a power of ten, so that it moves seldom while values
 * do. 1 where there is nothing to hold.
 */
export function axisEnd(most: number): number {
  if (!Number.isFinite(most) || most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 5, 10].find((one) => one * power >= most * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** The largest value of all series that lies at `fromMs` or later; 0 where there is none. */
export function largest(series: readonly (readonly TimePoint[])[], fromMs: number): number {
  let most = 0;
  for (const points of series) {
    for (const { atMs, value } of points) {
      if (atMs >= fromMs && value !== undefined && value > most) most = value;
    }
  }
  return most;
}

/**
 * The lines of a series as an SVG path, from `untilMs - spanMs` on the left to `untilMs` on the right and from zero at the
 * bottom to `end` at the top. It breaks where values are missing. With `closed` the area below it.
 */
export function seriesPath(
  points: readonly TimePoint[],
  { untilMs, spanMs, end }: { readonly untilMs: number; readonly spanMs: number; readonly end: number },
  { width, height }: PlotSize,
  closed = false,
): string {
  let path = '';
  let previous: { readonly x: string; readonly atMs: number } | undefined;
  const close = () => {
    if (closed && previous !== undefined) path += `L${previous.x},${height}Z`;
    previous = undefined;
  };
  for (const { atMs, value } of points) {
    if (atMs < untilMs - spanMs || value === undefined || !Number.isFinite(value)) {
      if (value === undefined) close();
      continue;
    }
    const x = (((atMs - untilMs) / spanMs + 1) * width).toFixed(1);
    const y = ((1 - Math.min(1, Math.max(0, value / end))) * height).toFixed(1);
    if (previous !== undefined && atMs - previous.atMs > MOST_GAP_MS) close();
    if (previous === undefined) path += closed ? `M${x},${height}L${x},${y}` : `M${x},${y}`;
    else path += `L${x},${y}`;
    previous = { x, atMs };
  }
  close();
  return path;
}

/** The index of the point that is nearest to a time, by bisection; -1 without points. They lie in the order of time. */
export function nearestPoint(points: readonly TimePoint[], atMs: number): number {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.atMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  const before = points[low - 1];
  const after = points[low];
  if (after === undefined) return -1;
  return before !== undefined && atMs - before.atMs < after.atMs - atMs ? low - 1 : low;
}
