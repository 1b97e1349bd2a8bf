import { useMemo, useState } from 'react';
import { useApiList } from '../../data/queries.ts';
import {
  AddressLink,
  Badge,
  Button,
  Card,
  Checkbox,
  type Column,
  DataTable,
  EmptyState,
  TimeAgo,
} from '../../design/index.ts';
import type { AuditEntry } from './answers.ts';

const COLUMNS: readonly Column<AuditEntry>[] = [
  { id: 'time', header: 'Time', width: 150, cell: ({ timeUs }) => <TimeAgo at={timeUs} clock /> },
  {
    id: 'name',
    header: 'Who',
    width: 130,
    cell: ({ name, by }) => (
      <span title={`by ${by}`}>{name || <span className="muted">nobody known</span>}</span>
    ),
  },
  {
    id: 'address',
    header: 'From',
    width: 130,
    mono: true,
    cell: ({ address }) => <AddressLink value={address} />,
  },
  {
    id: 'status',
    header: 'Status',
    width: 70,
    cell: ({ status }) => <Badge tone={status < 400 ? 'good' : 'danger'}>{status}</Badge>,
  },
  {
    id: 'route',
    header: 'What',
    width: 260,
    grow: true,
    mono: true,
    cell: ({ method, route, params }) => (
      <span title={routeOf(route, params)}>{`${method} ${routeOf(route, params)}`}</span>
    ),
  },
  {
    id: 'sent',
    header: 'Sent',
    width: 200,
    grow: true,
    mono: true,
    cell: ({ sent, left }) => {
      const words = [
        ...Object.entries(sent).map(([name, value]) => `${name}: ${value}`),
        ...(left === undefined ? [] : [`${left} failed logins before it`]),
      ].join(', ');
      return <span title={words}>{words}</span>;
    },
  },
];

/** Routes that change nothing: they only tell what would be. */
const ONLY_ASKS = /\/(?:plan|check|test|rejudge)$/;

/** Who changed what, and logins that failed; the newest first. */
export function AuditTable() {
  const list = useApiList<AuditEntry>('/audit');
  const [all, setAll] = useState(false);
  const rows = useMemo(
    () => (all ? list.items : list.items.filter(({ route }) => !ONLY_ASKS.test(route))),
    [list.items, all],
  );
  return (
    <Card
      title="Record of changes"
      flush
      actions={
        <Checkbox checked={all} onChange={setAll}>
          Plans and tests, too
        </Checkbox>
      }
    >
      <DataTable
        label="Changes and failed logins"
        height={400}
        columns={COLUMNS}
        rows={rows}
        rowId={({ id }) => String(id)}
        loading={list.loading}
        error={list.error}
        retry={list.reload}
        onEnd={list.loadMore}
        loadingMore={list.loadingMore}
        tone={({ status }) => (status >= 400 ? 'warning' : undefined)}
        empty={
          <EmptyState
            icon="user"
            title={list.items.length === 0 ? 'Nothing was changed yet' : 'No change among the newest'}
            action={list.loadMore !== undefined && <Button onClick={list.loadMore}>Look further back</Button>}
          >
            Each change and each failed login stands here.
          </EmptyState>
        }
      />
    </Card>
  );
}

/** The route with its parameters in their places. */
function routeOf(route: string, params: Readonly<Record<string, string>>): string {
  return route.replace(/:(\w+)/g, (place, name: string) => params[name] ?? place).replace(/^\/api\/v1/, '');
}
