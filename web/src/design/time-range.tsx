import { Select, type SelectOption } from './select.tsx';

/** How far back one looks; written as such into the page's address. */
export type TimeRange = '5m' | '15m' | '1h' | '6h' | '24h' | '7d' | '30d';

const SECONDS: Readonly<Record<TimeRange, number>> = {
  '5m': 300,
  '15m': 900,
  '1h': 3_600,
  '6h': 21_600,
  '24h': 86_400,
  '7d': 604_800,
  '30d': 2_592_000,
};

const OPTIONS: readonly SelectOption<TimeRange>[] = [
  { value: '5m', label: 'Last 5 minutes' },
  { value: '15m', label: 'Last 15 minutes' },
  { value: '1h', label: 'Last hour' },
  { value: '6h', label: 'Last 6 hours' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: '30d', label: 'Last 30 days' },
];

/** The range that a word of the page's address names, else `fallback`. */
export function timeRangeOf(word: string | undefined, fallback: TimeRange = '1h'): TimeRange {
  return word !== undefined && Object.hasOwn(SECONDS, word) ? (word as TimeRange) : fallback;
}

/**
 * `since` for the API: ISO 8601, rounded down to half a minute, so that the same question is asked again and not one more
 * with each rendering.
 */
export function sinceOf(range: TimeRange, nowMs: number): string {
  return new Date(Math.floor(nowMs / 30_000) * 30_000 - SECONDS[range] * 1000).toISOString();
}

/** Chooses how far back one looks. */
export function TimeRangeSelect({
  value,
  onChange,
}: {
  readonly value: TimeRange;
  readonly onChange: (range: TimeRange) => void;
}) {
  return <Select label="Time range" value={value} options={OPTIONS} onChange={onChange} />;
}
