import { useMemo, useState } from 'react';
import { useApi, useApiChange } from '../../data/queries.ts';
import { logout, useMay, useSession } from '../../data/session.ts';
import {
  Badge,
  Button,
  Card,
  type Column,
  ConfirmDialog,
  DataTable,
  EmptyState,
  KeyValue,
  TimeAgo,
  toast,
  useNarrow,
} from '../../design/index.ts';
import type { Token } from './answers.ts';
import { AuditTable } from './audit-table.tsx';
import { TokenDialog } from './token-dialog.tsx';

const ON_PHONES = ['by', 'made', 'used'];
const NONE: readonly string[] = [];

/** Who may enter: one's own session, tokens of programs and people, and the record of what they changed. */
export function AccessView() {
  const session = useSession();
  const isAdmin = useMay('admin');
  const by = session?.principal.by;
  return (
    <div className="stack">
      <Card
        title="Your session"
        actions={
          by === 'session' && (
            <Button small onClick={() => void logout().then(() => location.assign('/login'))}>
              Log out
            </Button>
          )
        }
      >
        <KeyValue
          wide
          items={[
            ['Name', session?.principal.name],
            ['Role', session?.principal.role],
            ['Logged in', by === 'anonymous' ? 'nobody has to: api.anonymous' : by],
            ['Single sign-on', session?.loginWays.oidc?.name ?? 'off: api.oidc'],
          ]}
        />
      </Card>
      {isAdmin ? (
        <>
          <Tokens />
          <AuditTable />
        </>
      ) : (
        <EmptyState icon="user" title="For admins">
          Tokens and the record of changes are shown to admins.
        </EmptyState>
      )}
    </div>
  );
}

function Tokens() {
  const tokens = useApi<{ readonly items: readonly Token[] }>('/tokens');
  const [making, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<string>();
  const revoke = useApiChange<string>(
    (name) => ({ method: 'DELETE', path: `/tokens/${encodeURIComponent(name)}` }),
    ['/tokens'],
  );
  const items = tokens.data?.items ?? [];
  const narrow = useNarrow();
  const columns = useMemo(() => columnsOf(setRevoked), []);
  return (
    <Card
      title="Tokens"
      flush
      actions={
        <Button small icon="plus" onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      <DataTable
        label="All tokens"
        height={items.length === 0 ? 210 : `calc(var(--row) * ${Math.min(8, items.length) + 1} + 8px)`}
        columns={columns}
        hidden={narrow ? ON_PHONES : NONE}
        rows={items}
        rowId={({ name }) => name}
        loading={tokens.isPending}
        error={tokens.error}
        empty={
          <EmptyState icon="user" title="No tokens">
            A token lets a program or a person in: make one here, or with <code>weir token create NAME</code>.
          </EmptyState>
        }
      />
      {making && <TokenDialog onClose={() => setMaking(false)} />}
      {revoked !== undefined && (
        <ConfirmDialog
          open
          title="Revoke a token"
          confirm={`Revoke ${revoked}`}
          kind="danger"
          busy={revoke.isPending}
          onClose={() => setRevoked(undefined)}
          onConfirm={() =>
            revoke.mutate(revoked, {
              onSuccess: () => toast({ title: `${revoked} is revoked`, tone: 'good' }),
              onError: (error) => toast({ title: 'Not revoked', text: error.message, tone: 'danger' }),
              onSettled: () => setRevoked(undefined),
            })
          }
        >
          <p>
            Whoever uses <strong>{revoked}</strong> gets no further, and sessions that were begun with it end.
            It cannot be taken back.
          </p>
        </ConfirmDialog>
      )}
    </Card>
  );
}

function columnsOf(revoke: (name: string) => void): readonly Column<Token>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      width: 140,
      grow: true,
      cell: ({ name }) => name,
      sortBy: ({ name }) => name,
    },
    {
      id: 'role',
      header: 'Role',
      width: 100,
      cell: ({ role }) => <Badge tone={role === 'admin' ? 'warning' : 'neutral'}>{role}</Badge>,
      sortBy: ({ role }) => role,
    },
    { id: 'by', header: 'Made by', width: 120, cell: ({ madeBy }) => madeBy || 'weir token' },
    { id: 'made', header: 'Made', width: 100, cell: ({ madeUs }) => <TimeAgo at={madeUs} /> },
    {
      id: 'used',
      header: 'Last used',
      width: 100,
      cell: ({ lastUsedUs }) =>
        lastUsedUs === undefined ? <span className="muted">never</span> : <TimeAgo at={lastUsedUs} />,
    },
    {
      id: 'expires',
      header: 'Expires',
      width: 100,
      cell: ({ expiresUs }) =>
        expiresUs === undefined ? <span className="muted">never</span> : <TimeAgo at={expiresUs} />,
    },
    {
      id: 'revoke',
      header: 'End',
      width: 90,
      cell: ({ name }) => (
        <Button small kind="quiet" aria-label={`Revoke ${name}`} onClick={() => revoke(name)}>
          Revoke
        </Button>
      ),
    },
  ];
}
