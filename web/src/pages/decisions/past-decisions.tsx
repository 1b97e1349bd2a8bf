import { useMemo } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { useApiList } from '../../data/queries.ts';
import type { LiveRecord } from '../../data/types.ts';
import { Unavailable } from '../../deciding/switched-off.tsx';
import {
  AddressLink,
  Badge,
  type Column,
  DataTable,
  EmptyState,
  Select,
  TimeAgo,
  TimeRangeSelect,
  type Tone,
  Toolbar,
  ToolbarGroup,
  timeRangeOf,
  useNarrow,
} from '../../design/index.ts';
import { type PastDecision, pastDecisionOf } from './past-decision.ts';

const EVENTS: Readonly<Record<string, { readonly label: string; readonly tone: Tone }>> = {
  taken: { label: 'taken', tone: 'good' },
  expired: { label: 'expired', tone: 'neutral' },
  lifted: { label: 'lifted', tone: 'notice' },
  refused: { label: 'refused', tone: 'warning' },
  failed: { label: 'failed', tone: 'danger' },
};
const ENDED = 'ended';
const SHOWN = [
  { value: ENDED, label: 'Ended and refused' },
  { value: 'all', label: 'Everything, also taken' },
  ...Object.entries(EVENTS).map(([value, { label }]) => ({ value, label: `Only ${label}` })),
];
const WIDE_ONLY = ['origin', 'duration', 'enforcers'];

const COLUMNS: readonly Column<PastDecision>[] = [
  {
    id: 'time',
    header: 'When',
    width: 104,
    cell: ({ time }) => <TimeAgo at={time} />,
    sortBy: ({ time }) => time,
  },
  {
    id: 'event',
    header: 'Became',
    width: 92,
    cell: ({ event }) => (
      <Badge tone={EVENTS[event]?.tone ?? 'neutral'}>{EVENTS[event]?.label ?? event}</Badge>
    ),
    sortBy: ({ event }) => event,
  },
  {
    id: 'value',
    header: 'About',
    width: 150,
    mono: true,
    cell: ({ scope, value }) => (scope === 'session' ? value : <AddressLink value={value} />),
    sortBy: ({ value }) => value,
  },
  { id: 'type', header: 'What', width: 84, cell: ({ type }) => type, sortBy: ({ type }) => type },
  {
    id: 'why',
    header: 'Why',
    width: 220,
    grow: true,
    cell: ({ words }) => (
      <span className="ellipsis" title={words}>
        {words}
      </span>
    ),
    sortBy: ({ words }) => words,
  },
  { id: 'duration', header: 'For', width: 90, cell: ({ duration }) => duration },
  { id: 'origin', header: 'By', width: 130, cell: ({ by }) => by, sortBy: ({ by }) => by },
  {
    id: 'enforcers',
    header: 'Enforcers',
    width: 130,
    cell: ({ enforcers, latencyMs }) => (
      <span
        title={latencyMs === undefined ? undefined : `In force ${latencyMs.toFixed(1)} ms after its record`}
      >
        {enforcers}
      </span>
    ),
  },
];

/** What became of decisions lately: those that ended, that were lifted, refused by a guard, or that failed. */
export function PastDecisions() {
  const [search, setSearch] = usePageSearch();
  const isNarrow = useNarrow();
  const range = timeRangeOf(search.range, '7d');
  const event = SHOWN.find(({ value }) => value === search.event)?.value ?? ENDED;
  const list = useApiList<LiveRecord>('/records', { type: 'decision', since: range });
  const rows = useMemo(
    () =>
      list.items.flatMap((record) => {
        const past = pastDecisionOf(record);
        if (past === undefined) return [];
        const fits = event === 'all' || (event === ENDED ? past.event !== 'taken' : past.event === event);
        return fits ? [past] : [];
      }),
    [list.items, event],
  );
  if (list.error !== undefined && list.items.length === 0) {
    return (
      <Unavailable what="The history" error={list.error} setting="store.enabled: true" retry={list.reload}>
        What became of decisions is in the history.
      </Unavailable>
    );
  }
  return (
    <div className="in-force">
      <Toolbar label="Filter">
        <ToolbarGroup>
          <Select
            label="What became of it"
            value={event}
            options={SHOWN}
            onChange={(one) => setSearch({ event: one === ENDED ? undefined : one })}
          />
          <TimeRangeSelect
            value={range}
            onChange={(one) => setSearch({ range: one === '7d' ? undefined : one })}
          />
        </ToolbarGroup>
      </Toolbar>
      <div className="table-frame past-table">
        <DataTable
          label="What became of decisions"
          columns={COLUMNS}
          rows={rows}
          rowId={(row) => row.key}
          hidden={isNarrow ? WIDE_ONLY : []}
          loading={list.loading}
          onEnd={list.loadMore}
          loadingMore={list.loadingMore}
          empty={
            <EmptyState icon="decisions" title="Nothing of this in this time">
              Here stands what ended, was lifted or could not be applied, and what a guard refused, with its
              words.
            </EmptyState>
          }
        />
      </div>
    </div>
  );
}
