import { useState } from 'react';
import { useApiList } from '../../data/queries.ts';
import { Badge, type Column, DataTable, Dialog, EmptyState, TextInput, TimeAgo } from '../../design/index.ts';
import type { StoredRequest } from './answers.ts';
import { textOfRequest } from './request-text.ts';

const COLUMNS: readonly Column<StoredRequest>[] = [
  { id: 'time', header: 'Time', width: 84, cell: ({ timeUs }) => <TimeAgo at={timeUs} /> },
  { id: 'client', header: 'Client', width: 120, mono: true, cell: ({ client }) => client.address },
  {
    id: 'request',
    header: 'Request',
    width: 200,
    grow: true,
    mono: true,
    cell: ({ method, host, path }) => <span title={path}>{`${method} ${host}${path}`}</span>,
  },
  {
    id: 'action',
    header: 'Verdict',
    width: 84,
    cell: ({ action, blocked }) => <Badge tone={blocked ? 'danger' : 'neutral'}>{action}</Badge>,
  },
  { id: 'score', header: 'Score', width: 64, number: true, cell: ({ score }) => Math.round(score) },
];

/** Chooses one of the requests that buffer B has. */
export function RequestDialog({
  onClose,
  onPick,
}: {
  readonly onClose: () => void;
  readonly onPick: (text: string) => void;
}) {
  const [host, setHost] = useState('');
  const list = useApiList<StoredRequest>('/requests', { host: host.trim() });
  return (
    <Dialog open wide onClose={onClose} title="Take a stored request">
      <div className="stack">
        <TextInput
          aria-label="Host"
          placeholder="Host, such as shop.example.org"
          value={host}
          onChange={({ currentTarget }) => setHost(currentTarget.value)}
        />
        <DataTable
          label="Stored requests"
          height={380}
          columns={COLUMNS}
          rows={list.items}
          rowId={({ reference }) => reference}
          onSelect={(request) => {
            onPick(textOfRequest(request));
            onClose();
          }}
          loading={list.loading}
          loadingMore={list.loadingMore}
          error={list.error}
          retry={list.reload}
          onEnd={list.loadMore}
          empty={
            <EmptyState icon="requests" title="No stored requests">
              Requests are kept where <code>web.buffer.enabled</code> is on.
            </EmptyState>
          }
        />
        <p className="muted">
          Passwords, cookies and tokens are taken out of what is stored, and long bodies are cut.
        </p>
      </div>
    </Dialog>
  );
}
