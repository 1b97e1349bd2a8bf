import './flows.css';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import type { Static } from 'typebox';
import type { OpenFlowsSchema } from '../../../../src/api/schema/flow.ts';
import { usePageSearch } from '../../app/search.ts';
import { apiUrl } from '../../data/client.ts';
import { formatCount } from '../../data/format.ts';
import { apiKey, queryClient, useApi, useApiList } from '../../data/queries.ts';
import {
  Button,
  DataTable,
  IconButton,
  Menu,
  MenuItem,
  Page,
  Skeleton,
  Toolbar,
  useNarrow,
} from '../../design/index.ts';
import {
  pivotClick,
  QueryLine,
  Segments,
  TimeWindowControl,
  useLiveRows,
  usePageQuery,
  useTimeWindow,
} from '../../query/index.ts';
import { flowColumns, NARROW_COLUMNS } from './flow-columns.tsx';
import { FlowHistogram } from './flow-histogram.tsx';
import { type Flow, type FlowRow, flowKey, rowOf, withRecords } from './flow-row.ts';
import { NoFlows, type View } from './no-flows.tsx';

const FlowPanel = lazy(() => import('./flow-panel.tsx').then(({ FlowPanel }) => ({ default: FlowPanel })));

const VIEWS = [
  { value: 'stored', label: 'Stored', title: 'Flows that have ended, from the history' },
  { value: 'live', label: 'Live', title: 'Flows as they begin, go on and end' },
  { value: 'open', label: 'Open', title: 'Flows that are open now, the busiest first' },
] as const;

/** Flows as they begin, go on and end. */
const LIVE = { types: ['flow', 'flow_progress'], withRecords };
const OPEN_LIMIT = 1000;
const OPEN_EVERY_MS = 2_000;

/** Flows, stored, live and open, with one language for questions; and what is known of each. */
export function FlowsPage() {
  const [search, setSearch] = usePageSearch();
  const [query, run] = usePageQuery();
  const [runs, setRuns] = useState(0);
  const view: View = search.view === 'live' || search.view === 'open' ? search.view : 'stored';
  const window = useTimeWindow('1h', runs);
  const narrow = useNarrow();
  const { since, until, sinceMs } = window;
  const params = { q: query, since, until };
  const columns = useMemo(() => (narrow ? NARROW_COLUMNS : flowColumns(sinceMs)), [narrow, sinceMs]);

  const stored = useApiList<Flow>('/flows', params, { enabled: view === 'stored' });
  const open = useApi<Static<typeof OpenFlowsSchema>>(
    '/flows/open',
    { q: query, limit: OPEN_LIMIT },
    { enabled: view === 'open', everyMs: OPEN_EVERY_MS, keepPrevious: true },
  );
  const [paused, setPaused] = useState(false);
  const live = useLiveRows(LIVE, query, view === 'live', paused);

  const storedRows = useMemo(() => stored.items.map(rowOf), [stored.items]);
  const openRows = useMemo(
    () => (open.data?.items ?? []).map((flow) => ({ ...rowOf(flow), id: flowKey(flow) })),
    [open.data],
  );
  const rows: readonly FlowRow[] = view === 'stored' ? storedRows : view === 'open' ? openRows : live.rows;
  const chosen = search.flow;
  const selectedId = useMemo(
    () => (chosen === undefined ? undefined : rows.find((row) => flowKey(row) === chosen)?.id),
    [rows, chosen],
  );
  const hidden = useMemo(
    () => [
      ...(view === 'open' ? [] : ['rate']),
      ...(chosen === undefined ? [] : ['packets', 'duration', 'application', 'state']),
    ],
    [view, chosen],
  );
  const askAgain = useCallback(() => {
    setRuns((before) => before + 1);
    // A list begins with its first page again: to ask for all pages that were seen would take long.
    void queryClient.resetQueries({ queryKey: apiKey('/flows') });
    for (const path of ['/flows/open', '/series']) {
      void queryClient.invalidateQueries({ queryKey: apiKey(path) });
    }
  }, []);
  const ask = useCallback(
    (text: string) => {
      askAgain();
      run(text);
    },
    [run, askAgain],
  );
  const select = useCallback(
    (row: FlowRow) => setSearch({ flow: flowKey(row), tab: undefined }, { replace: chosen !== undefined }),
    [setSearch, chosen],
  );

  const detail =
    view === 'stored'
      ? stored.loading
        ? undefined
        : `${formatCount(rows.length)}${stored.loadMore === undefined && !stored.loadingMore ? '' : '+'} flows`
      : view === 'open'
        ? open.data === undefined
          ? undefined
          : `${formatCount(open.data.matching)} of ${formatCount(open.data.open)} open`
        : `${formatCount(live.count)} came${live.missed > 0 ? `, ${formatCount(live.missed)} missed` : ''}`;

  return (
    <Page
      title="Flows"
      fill
      detail={detail}
      actions={
        <>
          <Segments
            label="Which flows"
            value={view}
            options={VIEWS}
            onChange={(next) => setSearch({ view: next === 'stored' ? undefined : next })}
          />
          {view === 'live' && (
            <IconButton
              icon={paused ? 'play' : 'pause'}
              label={paused ? 'Go on' : 'Hold the list still'}
              kind="plain"
              pressed={paused}
              onClick={() => setPaused(!paused)}
            />
          )}
          {view !== 'live' && <IconButton icon="refresh" label="Ask again" kind="plain" onClick={askAgain} />}
          <Menu
            align="end"
            trigger={
              <Button icon="download" disabled={view !== 'stored'}>
                Export
              </Button>
            }
          >
            {(['csv', 'ndjson'] as const).map((format) => (
              <MenuItem
                key={format}
                icon="download"
                link={<a href={apiUrl('/flows', { ...params, format })} download />}
              >
                All of these as {format.toUpperCase()}
              </MenuItem>
            ))}
          </Menu>
        </>
      }
    >
      <Toolbar label="Which flows">
        <QueryLine value={query} onRun={ask} scope="flows" />
        {view === 'stored' && <TimeWindowControl window={window} />}
      </Toolbar>
      {view === 'stored' && <FlowHistogram query={query} window={window} />}
      <div className="split">
        {/* biome-ignore lint/a11y/noStaticElementInteractions: hears of the buttons in the table */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the buttons have keys of their own */}
        <div className="table-frame" onClick={pivotClick(query, ask)}>
          <DataTable
            label="Flows"
            columns={columns}
            rows={rows}
            rowId={rowId}
            hidden={hidden}
            selectedId={selectedId}
            onSelect={select}
            loading={view === 'stored' ? stored.loading : view === 'open' && open.isPending}
            error={view === 'stored' ? stored.error : view === 'open' ? open.error : problemOf(live.problem)}
            retry={() => (view === 'open' ? void open.refetch() : stored.reload())}
            onEnd={view === 'stored' ? stored.loadMore : undefined}
            loadingMore={stored.loadingMore}
            empty={<NoFlows view={view} query={query} window={window} ask={ask} />}
          />
        </div>
        {chosen !== undefined && (
          <Suspense
            fallback={
              <aside className="side-panel" aria-label="Details">
                <div className="side-panel-body">
                  <Skeleton height={240} />
                </div>
              </aside>
            }
          >
            <FlowPanel
              key={chosen}
              id={chosen}
              tab={search.tab}
              setTab={(tab) => setSearch({ tab: tab === 'facts' ? undefined : tab }, { replace: true })}
              onClose={() => setSearch({ flow: undefined, tab: undefined })}
              onPivot={pivotClick(query, ask)}
            />
          </Suspense>
        )}
      </div>
    </Page>
  );
}

function rowId(row: FlowRow): string {
  return row.id;
}

function problemOf(problem: string | undefined): Error | undefined {
  return problem === undefined ? undefined : new Error(problem);
}
