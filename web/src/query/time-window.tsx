import { useMemo, useState } from 'react';
import { usePageSearch } from '../app/search.ts';
import { formatClock, formatDay } from '../data/format.ts';
import {
  Button,
  Field,
  IconButton,
  Popover,
  sinceOf,
  TextInput,
  type TimeRange,
  TimeRangeSelect,
  timeRangeOf,
} from '../design/index.ts';

/** Which time a page looks at, and how that is changed. It stands in the page's address. */
export interface TimeWindow {
  /** For the API: ISO 8601. */
  readonly since: string;
  /** Missing: until now. */
  readonly until?: string;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** How far back; undefined while a time of its own was chosen. */
  readonly range: TimeRange | undefined;
  readonly setRange: (range: TimeRange) => void;
  /** Both in milliseconds since 1970. */
  readonly setSpan: (sinceMs: number, untilMs: number) => void;
}

/** Reads `range`, or `since` and `until` (ISO 8601), from the address. `runs` counts how often it was asked anew. */
export function useTimeWindow(fallback: TimeRange, runs: number): TimeWindow {
  const [search, setSearch] = usePageSearch();
  const { range: word, since, until } = search;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew, a time up to now is another one
  return useMemo(() => {
    const setRange = (range: TimeRange) => setSearch({ range, since: undefined, until: undefined });
    const setSpan = (sinceMs: number, untilMs: number) =>
      setSearch({
        range: undefined,
        since: new Date(sinceMs).toISOString(),
        until: new Date(untilMs).toISOString(),
      });
    const from = Date.parse(since ?? '');
    const to = Date.parse(until ?? '');
    if (Number.isFinite(from) && Number.isFinite(to) && from < to) {
      return {
        since: new Date(from).toISOString(),
        until: new Date(to).toISOString(),
        sinceMs: from,
        untilMs: to,
        range: undefined,
        setRange,
        setSpan,
      };
    }
    // Counted from when it was asked: each answer then belongs to the same question until it is asked anew.
    const nowMs = Date.now();
    const range = timeRangeOf(word, fallback);
    const begin = sinceOf(range, nowMs);
    return { since: begin, sinceMs: Date.parse(begin), untilMs: nowMs, range, setRange, setSpan };
  }, [word, since, until, fallback, runs, setSearch]);
}

/** Chooses the time: so far back, or from one moment to another. */
export function TimeWindowControl({ window }: { readonly window: TimeWindow }) {
  return (
    <div className="row">
      {window.range === undefined ? (
        <>
          <span className="mono">{spanWords(window.sinceMs, window.untilMs)}</span>
          <IconButton
            icon="close"
            label="Look at the last hour again"
            onClick={() => window.setRange('1h')}
          />
        </>
      ) : (
        <TimeRangeSelect value={window.range} onChange={window.setRange} />
      )}
      <Popover
        title="From one moment to another"
        align="end"
        trigger={<IconButton icon="edit" label="Choose the time exactly" kind="plain" />}
      >
        <SpanForm window={window} />
      </Popover>
    </div>
  );
}

function SpanForm({ window }: { readonly window: TimeWindow }) {
  const [since, setSince] = useState(local(window.sinceMs));
  const [until, setUntil] = useState(local(window.untilMs));
  const from = Date.parse(since);
  const to = Date.parse(until);
  const valid = Number.isFinite(from) && Number.isFinite(to) && from < to;
  return (
    <form
      className="window-fields"
      onSubmit={(event) => {
        event.preventDefault();
        if (valid) window.setSpan(from, to);
      }}
    >
      <Field label="From">
        <TextInput
          type="datetime-local"
          step={1}
          value={since}
          onChange={(event) => setSince(event.target.value)}
        />
      </Field>
      <Field label="To" error={valid ? undefined : 'This has to be later than the beginning.'}>
        <TextInput
          type="datetime-local"
          step={1}
          value={until}
          onChange={(event) => setUntil(event.target.value)}
        />
      </Field>
      <Button kind="primary" type="submit" disabled={!valid}>
        Look at this time
      </Button>
    </form>
  );
}

/** As `datetime-local` has it, in the viewer's zone. */
function local(ms: number): string {
  return `${formatDay(ms)}T${formatClock(ms)}`;
}

/** `14:05:09 – 14:10:00`, with days where they differ from today. */
export function spanWords(sinceMs: number, untilMs: number): string {
  const today = formatDay(Date.now());
  const day = (ms: number) => (formatDay(ms) === today ? '' : `${formatDay(ms)} `);
  const second = formatDay(untilMs) === formatDay(sinceMs) ? '' : day(untilMs);
  return `${day(sinceMs)}${formatClock(sinceMs)} – ${second}${formatClock(untilMs)}`;
}
