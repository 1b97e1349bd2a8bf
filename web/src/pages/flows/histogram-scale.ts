/** One bar: the traffic that ended in an interval. */
export interface HistogramBar {
  readonly fromMs: number;
  readonly flows: number;
  readonly bytes: number;
}

/** Bars over a time, none wider than it has to be. */
export interface Histogram {
  readonly bars: readonly HistogramBar[];
  readonly intervalMs: number;
  /** The largest count of flows; at least one. */
  readonly most: number;
}

/** Bars that a screen tells apart; intervals are joined until there are no more. */
const MOST_BARS = 180;

/**
 * Joins the intervals of an answer (those without a flow are missing in it) to bars. An interval of `seconds` may hold
 * several items.
 */
export function histogramOf(
  items: readonly { readonly timeUs: number; readonly flows: number; readonly bytes: number }[],
  seconds: number,
  sinceMs: number,
  untilMs: number,
): Histogram {
  const step = Math.max(1, seconds) * 1000;
  const factor = Math.max(1, Math.ceil((untilMs - sinceMs) / step / MOST_BARS));
  const intervalMs = step * factor;
  const bars = new Map<number, HistogramBar>();
  for (const { timeUs, flows, bytes } of items) {
    const fromMs = Math.floor(timeUs / 1000 / intervalMs) * intervalMs;
    const before = bars.get(fromMs) ?? { fromMs, flows: 0, bytes: 0 };
    bars.set(fromMs, { fromMs, flows: before.flows + flows, bytes: before.bytes + bytes });
  }
  const sorted = [...bars.values()].sort((a, b) => a.fromMs - b.fromMs);
  return { bars: sorted, intervalMs, most: sorted.reduce((most, { flows }) => Math.max(most, flows), 1) };
}

/** Seconds of an interval: about a hundred of them, of a round length. */
export function intervalSeconds(sinceMs: number, untilMs: number): number {
  const least = (untilMs - sinceMs) / MOST_BARS;
  return (STEPS_MS.find((one) => one >= least) ?? DAY) / 1000;
}

/** Times that the axis names: about `wanted` of them, at round moments of the viewer's zone. */
export function axisTimes(sinceMs: number, untilMs: number, wanted: number): readonly number[] {
  const least = (untilMs - sinceMs) / Math.max(1, wanted);
  const step = STEPS_MS.find((one) => one >= least) ?? STEPS_MS.at(-1) ?? least;
  const shift = new Date(sinceMs).getTimezoneOffset() * 60_000;
  const times: number[] = [];
  for (let at = Math.ceil((sinceMs - shift) / step) * step + shift; at < untilMs; at += step) times.push(at);
  return times.slice(0, 4 * wanted);
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS_MS = [
  SECOND,
  5 * SECOND,
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  5 * DAY,
  10 * DAY,
  30 * DAY,
];
