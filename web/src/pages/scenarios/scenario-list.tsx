import { useDeferredValue, useMemo, useRef } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { useShortcut } from '../../app/shortcuts.ts';
import { useApi } from '../../data/queries.ts';
import {
  AddressLink,
  Badge,
  type Column,
  Count,
  DataTable,
  EmptyState,
  Select,
  TextInput,
  TimeAgo,
  Toolbar,
  ToolbarGroup,
  useNarrow,
} from '../../design/index.ts';
import type { Scenario, Scenarios } from './answers.ts';
import { ScenarioPanel } from './scenario-panel.tsx';
import { effectOf, originOf } from './scenario-words.ts';

const COLUMNS: readonly Column<Scenario>[] = [
  {
    id: 'name',
    header: 'Scenario',
    width: 180,
    grow: true,
    mono: true,
    cell: ({ name }) => <span title={name}>{name}</span>,
    sortBy: ({ name }) => name,
  },
  {
    id: 'description',
    header: 'Looks for',
    width: 240,
    grow: true,
    cell: ({ description }) => <span title={description}>{description}</span>,
  },
  { id: 'origin', header: 'Origin', width: 110, cell: originOf, sortBy: originOf },
  { id: 'type', header: 'Type', width: 90, cell: ({ type }) => type, sortBy: ({ type }) => type },
  {
    id: 'effect',
    header: 'Who runs it over',
    width: 130,
    cell: (one) => (
      <Badge tone={one.remediation && !one.simulated ? 'danger' : 'neutral'}>{effectOf(one)}</Badge>
    ),
    sortBy: effectOf,
  },
  {
    id: 'techniques',
    header: 'MITRE ATT&CK',
    width: 120,
    mono: true,
    cell: ({ techniques }) => techniques.join(' '),
    sortBy: ({ techniques }) => techniques[0] ?? '',
  },
  {
    id: 'overflows',
    header: 'Ran over',
    width: 90,
    number: true,
    cell: ({ overflows }) =>
      overflows === 0 ? <span className="muted">–</span> : <Count value={overflows} />,
    sortBy: ({ overflows }) => overflows,
  },
  {
    id: 'last',
    header: 'Last',
    width: 90,
    cell: ({ lastUs, overflows }) => (overflows === 0 ? null : <TimeAgo at={lastUs} />),
    sortBy: ({ lastUs }) => lastUs,
  },
  {
    id: 'met',
    header: 'Whom',
    width: 150,
    mono: true,
    cell: ({ met }) =>
      met.length === 0 ? null : (
        <>
          <AddressLink value={met[0]?.value} />
          {met.length > 1 && <span className="muted"> +{met.length - 1}</span>}
        </>
      ),
  },
];
const ON_PHONES = ['origin', 'type', 'techniques', 'effect', 'met', 'description'];
const BESIDE_PANEL = ['origin', 'type', 'techniques', 'met'];
const NONE: readonly string[] = [];
const ANY = '';

/** The scenarios that run: what each looks for, and whom it met. */
export function ScenarioList() {
  const [search, setSearch] = usePageSearch();
  const narrow = useNarrow();
  const answer = useApi<Scenarios>('/scenarios', {}, { everyMs: 10_000 });
  const words = useDeferredValue((search.q ?? '').trim().toLowerCase());
  const origin = search.origin ?? ANY;
  const input = useRef<HTMLInputElement>(null);
  useShortcut('/', 'Filter scenarios', () => input.current?.focus());
  const items = answer.data?.items;
  const origins = useMemo(() => [...new Set(items?.map(originOf))].sort(), [items]);
  const rows = useMemo(
    () =>
      (items ?? []).filter(
        (one) =>
          (origin === ANY || originOf(one) === origin) &&
          words
            .split(/\s+/)
            .every((word) =>
              `${one.name} ${one.description} ${one.type} ${one.techniques.join(' ')} ${one.evidence}`
                .toLowerCase()
                .includes(word),
            ),
      ),
    [items, origin, words],
  );
  const off = answer.error?.status === 409 || answer.error?.status === 503;
  return (
    <div className="stack scenarios-list">
      <Toolbar label="Filter">
        <ToolbarGroup grow>
          <TextInput
            ref={input}
            type="search"
            aria-label="Filter scenarios"
            placeholder="Name, what it looks for, T1595 …"
            value={search.q ?? ''}
            onChange={({ currentTarget }) => setSearch({ q: currentTarget.value }, { replace: true })}
          />
        </ToolbarGroup>
        <Select
          label="Origin"
          value={origin}
          options={[
            { value: ANY, label: 'All origins' },
            ...origins.map((one) => ({ value: one, label: one })),
          ]}
          onChange={(chosen) => setSearch({ origin: chosen })}
        />
        {answer.data !== undefined && (
          <span className="muted">
            {rows.length} of {answer.data.items.length}, counted since{' '}
            <TimeAgo at={answer.data.sinceUs} clock />
          </span>
        )}
      </Toolbar>
      {(answer.data?.mistakes.length ?? 0) > 0 && (
        <ul className="scenario-mistakes" role="status">
          {answer.data?.mistakes.map(({ file, line, column, message }) => (
            <li key={`${file}:${line}:${column}:${message}`}>
              <strong>Left out:</strong>{' '}
              <code>
                {file}:{line}:{column}
              </code>{' '}
              {message}
            </li>
          ))}
        </ul>
      )}
      <div className="split">
        <div className="table-frame">
          <DataTable
            label="Scenarios"
            columns={COLUMNS}
            rows={rows}
            rowId={({ name }) => name}
            selectedId={search.scenario}
            onSelect={({ name }) => setSearch({ scenario: name })}
            hidden={narrow ? ON_PHONES : search.scenario === undefined ? NONE : BESIDE_PANEL}
            sort={{ id: 'overflows', descending: true }}
            loading={answer.isPending}
            error={off ? undefined : answer.error}
            retry={() => void answer.refetch()}
            empty={
              off ? (
                <EmptyState icon="scenarios" title="Scenarios are off">
                  {answer.error?.message}
                </EmptyState>
              ) : items?.length === 0 ? (
                <EmptyState icon="scenarios" title="No scenarios">
                  Switch <code>correlation.scenarios.builtin</code> on, or name files of scenarios in{' '}
                  <code>correlation.scenarios.files</code>.
                </EmptyState>
              ) : (
                <EmptyState icon="search" title="No scenario has these words" />
              )
            }
          />
        </div>
        {search.scenario !== undefined && (
          <ScenarioPanel
            key={search.scenario}
            name={search.scenario}
            onClose={() => setSearch({ scenario: undefined })}
          />
        )}
      </div>
    </div>
  );
}
