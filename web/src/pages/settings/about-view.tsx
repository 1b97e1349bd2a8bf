import { useApi } from '../../data/queries.ts';
import { useSession } from '../../data/session.ts';
import {
  Badge,
  Bytes,
  Card,
  type Column,
  DataTable,
  ErrorState,
  KeyValue,
  TimeAgo,
  type Tone,
} from '../../design/index.ts';
import type { SystemStatus } from './answers.ts';

type Process = SystemStatus['processes'][number];

const TONES: Readonly<Record<Process['state'], Tone>> = {
  starting: 'notice',
  running: 'good',
  waiting: 'danger',
  stopping: 'warning',
  stopped: 'neutral',
};

const COLUMNS: readonly Column<Process>[] = [
  { id: 'name', header: 'Process', width: 120, cell: ({ name }) => name },
  {
    id: 'state',
    header: 'State',
    width: 110,
    cell: ({ state }) => (
      <Badge tone={TONES[state]} dot>
        {state}
      </Badge>
    ),
  },
  { id: 'pid', header: 'Id', width: 80, number: true, mono: true, cell: ({ pid }) => pid },
  { id: 'user', header: 'User', width: 100, cell: ({ user }) => user },
  {
    id: 'since',
    header: 'Since',
    width: 100,
    cell: ({ since }) => (since === undefined ? null : <TimeAgo at={since} />),
  },
  {
    id: 'memory',
    header: 'Memory',
    width: 90,
    number: true,
    cell: ({ residentBytes }) => <Bytes value={residentBytes} />,
  },
  { id: 'restarts', header: 'Restarts', width: 80, number: true, cell: ({ restarts }) => restarts },
  {
    id: 'end',
    header: 'Last end',
    width: 160,
    grow: true,
    cell: ({ lastEnd }) => <span title={lastEnd}>{lastEnd}</span>,
  },
];

/** The version, how each process is, and where programs find more. */
export function AboutView() {
  const session = useSession();
  const status = useApi<SystemStatus>('/status', {}, { everyMs: 5_000 });
  return (
    <div className="stack">
      <Card title="weir">
        <KeyValue
          wide
          items={[
            ['Version', session?.version],
            ['Runs since', status.data === undefined ? '' : <TimeAgo key="since" at={status.data.since} />],
            ['Configuration', <code key="file">{status.data?.configuration ?? 'the defaults'}</code>],
            ['State', status.data?.state],
          ]}
        />
      </Card>
      {status.isError ? (
        <ErrorState title="The processes are not known" error={status.error} />
      ) : (
        <Card title="Processes" flush>
          <DataTable
            label="State of each process"
            height={`calc(var(--row) * ${Math.max(5, status.data?.processes.length ?? 0) + 1} + 8px)`}
            columns={COLUMNS}
            rows={status.data?.processes ?? []}
            rowId={({ name }) => name}
            loading={status.isPending}
          />
        </Card>
      )}
      <Card title="For programs">
        <ul className="about-links">
          <li>
            <a href="/api/reference">Reference of the API</a>
            <span className="muted">Each route with its parameters and answers.</span>
          </li>
          <li>
            <a href="/metrics">Metrics</a>
            <span className="muted">
              For Prometheus; without a login where <code>api.metrics.open</code> is on.
            </span>
          </li>
          <li>
            <a href="/api/v1/openapi.json">OpenAPI document</a>
            <span className="muted">For generators of clients.</span>
          </li>
        </ul>
      </Card>
    </div>
  );
}
