import { useMemo } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { useApi, useApiList } from '../../data/queries.ts';
import type { Decision, Decisions } from '../../deciding/answers.ts';
import { DECISION_TYPES, modeSentence, originOf, wordsOf } from '../../deciding/decision-words.ts';
import { Unavailable } from '../../deciding/switched-off.tsx';
import {
  AddressLink,
  Badge,
  Button,
  type Column,
  DataTable,
  EmptyState,
  Select,
  TextInput,
  TimeAgo,
  Toolbar,
  ToolbarGroup,
  useNarrow,
} from '../../design/index.ts';
import { Countdown } from './countdown.tsx';
import { DecisionPanel } from './decision-panel.tsx';

const ANY = 'any';
const TYPES = [
  { value: ANY, label: 'All types' },
  ...DECISION_TYPES.map((type) => ({ value: type as string, label: wordsOf(type).label })),
];
const ORIGINS = [
  { value: ANY, label: 'All origins' },
  { value: 'scenario', label: 'Scenarios' },
  { value: 'reputation', label: 'Reputation' },
  { value: 'user', label: 'People' },
  { value: 'crowdsec', label: 'CrowdSec' },
  { value: 'list', label: 'Lists' },
];
/** Columns that a phone has no room for. */
const WIDE_ONLY = ['origin', 'since', 'state'];
/** Columns that the panel tells. */
const BESIDE_PANEL = ['origin', 'since', 'state'];
const MS_TO_US = 1000;

/** What a decision is about; an address leads to its context. */
export function Subject({ scope, value }: Pick<Decision, 'scope' | 'value'>) {
  return scope === 'session' ? value : <AddressLink value={value} />;
}

const COLUMNS: readonly Column<Decision>[] = [
  {
    id: 'value',
    header: 'About',
    width: 150,
    mono: true,
    cell: (row) => <Subject {...row} />,
    sortBy: (row) => row.value,
  },
  {
    id: 'type',
    header: 'What',
    width: 92,
    cell: ({ type }) => <Badge tone={wordsOf(type).tone}>{wordsOf(type).label}</Badge>,
    sortBy: (row) => row.type,
  },
  {
    id: 'left',
    header: 'Ends',
    width: 124,
    cell: (row) => <Countdown decision={row} />,
    sortBy: (row) => row.untilMs,
  },
  {
    id: 'why',
    header: 'Why',
    width: 200,
    grow: true,
    cell: ({ reason, scenario }) => (
      <span className="ellipsis" title={scenario === '' ? reason : `${reason} (${scenario})`}>
        {reason || '–'}
      </span>
    ),
    sortBy: (row) => row.reason,
  },
  {
    id: 'origin',
    header: 'By',
    width: 170,
    cell: (row) => (
      <span className="ellipsis" title={originOf(row)}>
        {row.scenario || originOf(row)}
      </span>
    ),
    sortBy: (row) => row.scenario || originOf(row),
  },
  {
    id: 'since',
    header: 'Since',
    width: 100,
    cell: ({ createdMs }) => <TimeAgo at={createdMs * MS_TO_US} />,
    sortBy: (row) => row.createdMs,
  },
  {
    id: 'state',
    header: 'State',
    width: 104,
    cell: ({ simulated }) => (
      <Badge tone={simulated ? 'warning' : 'good'}>{simulated ? 'simulated' : 'enforced'}</Badge>
    ),
    sortBy: (row) => Number(row.simulated),
  },
];

/** The decisions that are in force, each with its reason and its end. */
export function InForce({ onExtend }: { readonly onExtend: (decision: Decision) => void }) {
  const [search, setSearch] = usePageSearch();
  const isNarrow = useNarrow();
  const { value, decision: chosenId } = search;
  const type = DECISION_TYPES.find((one) => one === search.type);
  const origin = ORIGINS.find((one) => one.value === search.origin)?.value;
  const asked = {
    ...(value === undefined ? {} : { value }),
    ...(type === undefined ? {} : { type }),
    ...(origin === undefined ? {} : { origin }),
  };
  const list = useApiList<Decision>('/decisions', asked, { everyMs: 30_000 });
  const summary = useApi<Decisions>(
    '/decisions',
    { ...asked, limit: 1 },
    { everyMs: 10_000, keepPrevious: true },
  );
  const listed = useMemo(() => list.items.find(({ id }) => id === chosenId), [list.items, chosenId]);
  const isNamed = chosenId !== undefined && /^[a-z0-9]{1,64}$/.test(chosenId);
  const named = useApi<Decision>(
    `/decisions/${chosenId ?? ''}`,
    {},
    { enabled: isNamed && listed === undefined && !list.loading },
  );
  const chosen = listed ?? (named.data?.id === chosenId && named.error === null ? named.data : undefined);
  const isGone = isNamed && listed === undefined && named.error?.status === 404;
  const isFiltered = Object.keys(asked).length > 0;

  if (list.error !== undefined && list.items.length === 0) {
    return (
      <Unavailable what="Decisions" error={list.error} setting="respond.mode: observe" retry={list.reload}>
        Nothing is banned or throttled, and nothing is taken over from CrowdSec.
      </Unavailable>
    );
  }
  return (
    <div className="in-force">
      {summary.data === undefined ? <p className="mode-line" /> : <ModeLine summary={summary.data} />}
      {isGone && (
        <p className="gone-line" role="status">
          This decision is not in force any more: Ended and refused tells what became of it.
        </p>
      )}
      <Toolbar label="Filter">
        <ToolbarGroup grow>
          <TextInput
            className="mono in-force-value"
            aria-label="About an address or a network"
            placeholder="Address, network or session"
            defaultValue={value ?? ''}
            key={value ?? ''}
            autoComplete="off"
            spellCheck={false}
            onKeyDown={(event) => {
              if (event.key === 'Enter') setSearch({ value: event.currentTarget.value.trim() || undefined });
            }}
          />
        </ToolbarGroup>
        <ToolbarGroup>
          <Select
            label="Type"
            value={type ?? ANY}
            options={TYPES}
            onChange={(one) => setSearch({ type: one === ANY ? undefined : one })}
          />
          <Select
            label="Origin"
            value={origin ?? ANY}
            options={ORIGINS}
            onChange={(one) => setSearch({ origin: one === ANY ? undefined : one })}
          />
        </ToolbarGroup>
      </Toolbar>
      <div className="split">
        <div className="table-frame">
          <DataTable
            label="Decisions in force"
            columns={COLUMNS}
            rows={list.items}
            rowId={(row) => row.id}
            selectedId={chosenId}
            onSelect={({ id }) =>
              setSearch({ decision: id === chosenId ? undefined : id }, { replace: true })
            }
            hidden={isNarrow ? WIDE_ONLY : chosen === undefined ? [] : BESIDE_PANEL}
            loading={list.loading}
            onEnd={list.loadMore}
            loadingMore={list.loadingMore}
            empty={
              <EmptyState
                icon="decisions"
                title={isFiltered ? 'None of these is in force' : 'Nothing is decided'}
                action={
                  isFiltered && (
                    <Button
                      onClick={() => setSearch({ value: undefined, type: undefined, origin: undefined })}
                    >
                      Show all
                    </Button>
                  )
                }
              >
                {isFiltered
                  ? 'It may have ended: see Ended and refused.'
                  : 'Nobody is banned or throttled. Scenarios with a remediation decide by themselves; Decide does it by hand, or weir ban ADDRESS.'}
              </EmptyState>
            }
          />
        </div>
        {chosen !== undefined && (
          <DecisionPanel
            decision={chosen}
            onExtend={() => onExtend(chosen)}
            onClose={() => setSearch({ decision: undefined }, { replace: true })}
          />
        )}
      </div>
    </div>
  );
}

function ModeLine({ summary: { mode, total, enforcers } }: { readonly summary: Decisions }) {
  const names = Object.keys(enforcers);
  return (
    <p className="mode-line">
      <Badge tone={mode === 'enforce' ? 'good' : 'warning'} dot>
        {mode}
      </Badge>
      <span>{modeSentence(mode)}</span>
      <span className="muted">
        {total} in force; enforced by {names.length === 0 ? 'nothing' : names.join(', ')}
      </span>
    </p>
  );
}
