import './requests.css';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { apiUrl } from '../../data/client.ts';
import { formatCount, formatDay } from '../../data/format.ts';
import { apiKey, queryClient, useApiList } from '../../data/queries.ts';
import {
  Button,
  DataTable,
  EmptyState,
  IconButton,
  Menu,
  MenuItem,
  Page,
  SidePanel,
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
import { NARROW_COLUMNS, PANEL_HIDDEN, requestColumns } from './request-columns.tsx';
import {
  type EveRecord,
  type RequestRow,
  rowOfStored,
  rowsOfRecords,
  type StoredRequest,
  withRecords,
} from './request-row.ts';

const RequestPanel = lazy(() =>
  import('./request-panel.tsx').then(({ RequestPanel }) => ({ default: RequestPanel })),
);

/** Requests as they come, and what rules found of them. */
const LIVE = { types: ['http', 'waf'], withRecords };
const NONE_HIDDEN: readonly string[] = [];

type View = 'buffer' | 'history' | 'live';

const VIEWS = [
  { value: 'buffer', label: 'Buffer', title: 'The last requests that came through weir, with their parts' },
  { value: 'history', label: 'History', title: 'Records of all requests, also of those only seen going by' },
  { value: 'live', label: 'Live', title: 'Requests as they come' },
] as const;

/** Web requests: those of buffer B, those of the history, and those that come now. */
export function RequestsPage() {
  const [search, setSearch] = usePageSearch();
  const [query, run] = usePageQuery();
  const [runs, setRuns] = useState(0);
  const view: View = search.view === 'history' || search.view === 'live' ? search.view : 'buffer';
  const window = useTimeWindow('24h', runs);
  const narrow = useNarrow();
  const { since, until } = window;
  const params = { q: query, since, until };
  const [paused, setPaused] = useState(false);

  const buffer = useApiList<StoredRequest>('/requests', params, { enabled: view === 'buffer' });
  const history = useApiList<EveRecord>(
    '/records',
    { ...params, type: 'http,waf' },
    { enabled: view === 'history' },
  );
  const live = useLiveRows(LIVE, query, view === 'live', paused);
  const bufferRows = useMemo(() => buffer.items.map(rowOfStored), [buffer.items]);
  const historyRows = useMemo(() => rowsOfRecords(history.items), [history.items]);
  const rows: readonly RequestRow[] =
    view === 'buffer' ? bufferRows : view === 'history' ? historyRows : live.rows;
  const list = view === 'buffer' ? buffer : view === 'history' ? history : undefined;
  // The oldest stands last.
  const oldest = rows.at(-1)?.timeUs;
  const withDay = oldest !== undefined && formatDay(oldest / 1000) !== formatDay(Date.now());
  const columns = useMemo(() => (narrow ? NARROW_COLUMNS : requestColumns(withDay)), [narrow, withDay]);
  const chosen = search.request;
  const chosenRow = useMemo(
    () => (chosen === undefined ? undefined : rows.find(({ id }) => id === chosen)),
    [rows, chosen],
  );
  const hidden = chosen === undefined ? NONE_HIDDEN : PANEL_HIDDEN;
  const askAgain = useCallback(() => {
    setRuns((before) => before + 1);
    // A list begins with its first page again: to ask for all pages that were seen would take long.
    for (const path of ['/requests', '/records']) {
      void queryClient.resetQueries({ queryKey: apiKey(path) });
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
    (row: RequestRow) => setSearch({ request: row.id }, { replace: chosen !== undefined }),
    [setSearch, chosen],
  );
  const close = useCallback(() => setSearch({ request: undefined }), [setSearch]);

  const detail =
    list === undefined
      ? `${formatCount(live.count)} records came${live.missed > 0 ? `, ${formatCount(live.missed)} missed` : ''}`
      : list.loading
        ? undefined
        : `${formatCount(rows.length)}${list.loadMore === undefined && !list.loadingMore ? '' : '+'} requests`;
  const exported = view === 'buffer' ? '/requests' : '/records';

  return (
    <Page
      title="Requests"
      fill
      detail={detail}
      actions={
        <>
          <Segments
            label="Which requests"
            value={view}
            options={VIEWS}
            onChange={(next) => setSearch({ view: next === 'buffer' ? undefined : next })}
          />
          {list === undefined ? (
            <IconButton
              icon={paused ? 'play' : 'pause'}
              label={paused ? 'Go on' : 'Hold the list still'}
              kind="plain"
              pressed={paused}
              onClick={() => setPaused(!paused)}
            />
          ) : (
            <IconButton icon="refresh" label="Ask again" kind="plain" onClick={askAgain} />
          )}
          <Menu
            align="end"
            trigger={
              <Button icon="download" disabled={list === undefined}>
                Export
              </Button>
            }
          >
            {(['csv', 'ndjson'] as const).map((format) => (
              <MenuItem
                key={format}
                icon="download"
                link={
                  <a
                    href={apiUrl(exported, {
                      ...params,
                      ...(view === 'history' ? { type: 'http,waf' } : {}),
                      format,
                    })}
                    download
                  />
                }
              >
                All of these as {format.toUpperCase()}
              </MenuItem>
            ))}
          </Menu>
        </>
      }
    >
      <Toolbar label="Which requests">
        <QueryLine value={query} onRun={ask} scope="requests" hint="e.g. action:deny not path:/admin*" />
        {view !== 'live' && <TimeWindowControl window={window} />}
      </Toolbar>
      <div className="split">
        {/* biome-ignore lint/a11y/noStaticElementInteractions: hears of the buttons in the table */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the buttons have keys of their own */}
        <div className="table-frame" onClick={pivotClick(query, ask)}>
          <DataTable
            label="Requests"
            columns={columns}
            rows={rows}
            rowId={rowId}
            hidden={hidden}
            selectedId={chosenRow?.id}
            onSelect={select}
            tone={toneOf}
            loading={list?.loading ?? false}
            error={
              list === undefined
                ? live.problem === undefined
                  ? undefined
                  : new Error(live.problem)
                : list.error
            }
            retry={() => list?.reload()}
            onEnd={list?.loadMore}
            loadingMore={list?.loadingMore ?? false}
            empty={<NoRequests view={view} query={query} />}
          />
        </div>
        {chosen !== undefined && (
          <Suspense
            fallback={
              <SidePanel title="Request" onClose={close}>
                <Skeleton height={320} />
              </SidePanel>
            }
          >
            <RequestPanel
              key={chosen}
              id={chosen}
              row={chosenRow}
              onClose={close}
              onPivot={pivotClick(query, ask)}
            />
          </Suspense>
        )}
      </div>
    </Page>
  );
}

function rowId(row: RequestRow): string {
  return row.id;
}

function toneOf(row: RequestRow): 'danger' | 'warning' | undefined {
  if (row.action === 'deny' || row.action === 'drop') return 'danger';
  return (row.score ?? 0) > 30 || row.action === 'limit' ? 'warning' : undefined;
}

function NoRequests({ view, query }: { readonly view: View; readonly query: string }) {
  if (query !== '') {
    return (
      <EmptyState icon="filter" title="No request is so">
        {view === 'live' ? 'Ask for less: ' : 'Look further back, or ask for less: '}
        <code>{query}</code> finds none.
      </EmptyState>
    );
  }
  switch (view) {
    case 'buffer':
      return (
        <EmptyState icon="requests" title="The buffer has no request of this time">
          It keeps what comes through weir: set <code>web.enabled</code> and one of <code>web.haproxy</code>,{' '}
          <code>web.reverse</code>, <code>web.mitmproxy</code> in weir.yaml. <code>web.buffer.requests</code>{' '}
          and <code>web.buffer.age</code> say how much it keeps and how long.
        </EmptyState>
      );
    case 'history':
      return (
        <EmptyState icon="requests" title="No request was recorded in this time">
          Requests that the sensor sees in clear, and those that come through weir, are recorded while{' '}
          <code>store.enabled</code> is on.
        </EmptyState>
      );
    case 'live':
      return (
        <EmptyState icon="play" title="Waiting for requests">
          They stand here as they come, with what the rules say of them.
        </EmptyState>
      );
    default:
      return view satisfies never;
  }
}
