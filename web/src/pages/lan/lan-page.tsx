import './lan.css';
import { useDeferredValue, useMemo, useRef } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { useShortcut } from '../../app/shortcuts.ts';
import { ApiError } from '../../data/api-error.ts';
import { formatBytes, formatExact } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import {
  Card,
  Checkbox,
  DataTable,
  EmptyState,
  Page,
  TextInput,
  TimeRangeSelect,
  Toolbar,
  ToolbarGroup,
  timeRangeOf,
  useNarrow,
  useNow,
} from '../../design/index.ts';
import { type ClientRow, COLUMNS, HIDDEN_BESIDE, HIDDEN_NARROW } from './client-columns.tsx';
import { ClientPanel } from './client-panel.tsx';
import { isNew, type Lan, type LanClient, type LanClients, searchWords } from './lan-figures.ts';
import { TrafficChart } from './traffic-chart.tsx';

const EVERY_MS = 10_000;
/** Devices that are asked for, and entries of each one's lists. */
const MOST_CLIENTS = 10_000;
const TOP = 5;
/** Networks that the chart's question names. */
const MOST_NETWORKS = 16;

/** The clients of the LAN. */
export function LanPage() {
  const [search, setSearch] = usePageSearch();
  const narrow = useNarrow();
  const now = useNow();
  const field = useRef<HTMLInputElement>(null);
  useShortcut('/', 'Search devices', () => field.current?.focus());
  const range = timeRangeOf(search.range);
  const onlyNew = search.new === '1';
  const chosen = search.client;
  const wanted = useDeferredValue((search.search ?? '').trim().toLowerCase());

  const lan = useApi<Lan>('/lan', {}, { everyMs: EVERY_MS });
  const clients = useApi<LanClients>(
    '/lan/clients',
    { limit: MOST_CLIENTS, top: TOP },
    { everyMs: EVERY_MS },
  );
  const all = clients.data?.items;
  // A device turns old once in a day: the minute is near enough, and the rows stay the same in between.
  const minuteMs = Math.floor(now / 60_000) * 60_000;
  const rows = useMemo<readonly ClientRow[]>(
    () =>
      (all ?? [])
        .filter((client) => wanted === '' || searchWords(client).includes(wanted))
        .map((client) => ({ client, isNew: isNew(client, minuteMs) }))
        .filter((row) => !onlyNew || row.isNew),
    [all, wanted, onlyNew, minuteMs],
  );
  const networks = lan.data?.networks.slice(0, MOST_NETWORKS).join(' or ') ?? '';
  const off = clients.error instanceof ApiError && clients.error.status === 409;

  return (
    <Page title="LAN" fill detail={<Sums lan={lan.data} shown={rows.length} />}>
      <Toolbar label="Which devices">
        <ToolbarGroup grow>
          <TextInput
            ref={field}
            aria-label="Search devices"
            placeholder="Name, address, vendor, destination"
            value={search.search ?? ''}
            maxLength={200}
            onChange={(event) =>
              setSearch({ search: event.currentTarget.value || undefined }, { replace: true })
            }
          />
        </ToolbarGroup>
        <Checkbox checked={onlyNew} onChange={(checked) => setSearch({ new: checked ? '1' : undefined })}>
          New in the last day
        </Checkbox>
        <ToolbarGroup end>
          <TimeRangeSelect value={range} onChange={(value) => setSearch({ range: value })} />
        </ToolbarGroup>
      </Toolbar>
      {!off && (
        <Card title="Traffic of the LAN by protocol" className="lan-traffic">
          <TrafficChart
            label="Bits per second of the LAN by protocol"
            query={networks}
            range={range}
            height={150}
            lines={narrow ? 3 : 7}
          />
        </Card>
      )}
      <div className="split lan-split">
        <div className="table-frame">
          <DataTable
            label="Devices"
            columns={COLUMNS}
            rows={rows}
            rowId={rowId}
            onSelect={({ client }) => setSearch({ client: client.id === chosen ? undefined : client.id })}
            selectedId={chosen}
            hidden={narrow ? HIDDEN_NARROW : chosen === undefined ? NONE : HIDDEN_BESIDE}
            sort={SORT}
            loading={clients.isPending}
            error={off ? undefined : clients.error}
            retry={() => void clients.refetch()}
            empty={<NoDevice off={off} filtered={(all?.length ?? 0) > 0} networks={lan.data?.networks} />}
          />
        </div>
        {chosen !== undefined && (
          <ClientPanel
            key={chosen}
            id={chosen}
            listed={find(all, chosen)}
            range={range}
            onClose={() => setSearch({ client: undefined })}
          />
        )}
      </div>
    </Page>
  );
}

const SORT = { id: 'last', descending: true } as const;
const NONE: readonly string[] = [];

function rowId({ client }: ClientRow): string {
  return client.id;
}

function find(clients: readonly LanClient[] | undefined, id: string): LanClient | undefined {
  return clients?.find((client) => client.id === id);
}

function Sums({ lan, shown }: { readonly lan: Lan | undefined; readonly shown: number }) {
  if (lan === undefined) return null;
  const { all } = lan.totals;
  return (
    <span title={lan.networks.join(', ')}>
      {shown === lan.clients ? formatExact(shown) : `${formatExact(shown)} of ${formatExact(lan.clients)}`}{' '}
      devices, {formatBytes(all.bytesUp)} sent, {formatBytes(all.bytesDown)} received
    </span>
  );
}

function NoDevice({
  off,
  filtered,
  networks,
}: {
  readonly off: boolean;
  readonly filtered: boolean;
  readonly networks: readonly string[] | undefined;
}) {
  if (off) {
    return (
      <EmptyState icon="lan" title="The LAN is not watched">
        <code>lan.enabled: true</code> keeps the devices of <code>lan.networks</code> with names, destinations
        and protocols.
      </EmptyState>
    );
  }
  if (filtered) return <EmptyState icon="search" title="No device is like that" />;
  return (
    <EmptyState icon="lan" title="No device was seen yet">
      Devices of <code>lan.networks</code>
      {networks !== undefined && ` (${networks.slice(0, 6).join(', ')})`} stand here once the sensor sees
      their packets.
    </EmptyState>
  );
}
