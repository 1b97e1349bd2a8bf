import { formatDay } from '../../data/format.ts';
import { Badge, BitRate, Bytes, type Column, Count, Duration, TimeAgo } from '../../design/index.ts';
import { Pivot } from '../../query/index.ts';
import type { FlowRow } from './flow-row.ts';

const FLOW_COLUMNS: readonly Column<FlowRow>[] = [
  {
    id: 'time',
    header: 'Time',
    width: 88,
    title: 'Of the last packet, in your zone',
    cell: ({ timeUs }) => <TimeAgo at={timeUs} clock />,
  },
  {
    id: 'source',
    header: 'Source',
    width: 166,
    grow: true,
    mono: true,
    cell: ({ source, sourcePort }) => <End field="source" address={source} port={sourcePort} />,
  },
  {
    id: 'destination',
    header: 'Destination',
    width: 166,
    grow: true,
    mono: true,
    cell: ({ destination, destinationPort }) => (
      <End field="destination" address={destination} port={destinationPort} />
    ),
  },
  {
    id: 'name',
    header: 'Name',
    width: 110,
    grow: true,
    cell: ({ name }) => <Pivot field="name" value={name} />,
  },
  {
    id: 'application',
    header: 'Application',
    width: 96,
    cell: ({ application, category }) =>
      application === '' ? (
        <span className="muted">
          <Pivot field="category" value={category} />
        </span>
      ) : (
        <Pivot field="app" value={application} />
      ),
  },
  {
    id: 'protocol',
    header: 'Protocol',
    width: 96,
    cell: ({ protocol, transport }) => (
      <span className="ellipsis">
        <Pivot field="protocol" value={protocol === 'Unknown' ? '' : protocol} />{' '}
        <span className="muted">
          <Pivot field="proto" value={protocol.startsWith('ICMP') ? '' : transport} />
        </span>
      </span>
    ),
  },
  {
    id: 'up',
    header: 'Up',
    title: 'Bytes to the server. A click asks for flows with at least as many.',
    width: 72,
    number: true,
    cell: ({ bytesToServer }) => (
      <Pivot field="bytes-up" value={bytesToServer} operator=">=">
        <Bytes value={bytesToServer} />
      </Pivot>
    ),
  },
  {
    id: 'down',
    header: 'Down',
    title: 'Bytes to the client. A click asks for flows with at least as many.',
    width: 72,
    number: true,
    cell: ({ bytesToClient }) => (
      <Pivot field="bytes-down" value={bytesToClient} operator=">=">
        <Bytes value={bytesToClient} />
      </Pivot>
    ),
  },
  {
    id: 'packets',
    header: 'Packets',
    width: 72,
    number: true,
    cell: ({ packetsToServer, packetsToClient }) => (
      <Pivot field="packets" value={packetsToServer + packetsToClient} operator=">=">
        <Count value={packetsToServer + packetsToClient} />
      </Pivot>
    ),
  },
  {
    id: 'duration',
    header: 'Duration',
    width: 92,
    number: true,
    cell: ({ durationUs }) => <Duration value={durationUs === undefined ? undefined : durationUs / 1e6} />,
  },
  {
    id: 'rate',
    header: 'Rate',
    width: 100,
    number: true,
    cell: ({ bitsPerSecond }) => <BitRate value={bitsPerSecond} />,
  },
  {
    id: 'state',
    header: 'State',
    width: 104,
    cell: ({ state }) =>
      state === '' ? null : (
        <Pivot field="state" value={state}>
          <Badge tone={state === 'established' ? 'accent' : 'neutral'}>{state}</Badge>
        </Pivot>
      ),
  },
];

/** Times of other days have the day in front. */
const DAY_WIDTH = 150;

/** The columns of the table of flows since a time (milliseconds since 1970). Each value narrows the question. */
export function flowColumns(sinceMs: number): readonly Column<FlowRow>[] {
  if (formatDay(sinceMs) === formatDay(Date.now())) return FLOW_COLUMNS;
  return FLOW_COLUMNS.map((column) => (column.id === 'time' ? { ...column, width: DAY_WIDTH } : column));
}

/** Those of a phone: when, what, who, how much. */
export const NARROW_COLUMNS: readonly Column<FlowRow>[] = [
  {
    id: 'time',
    header: 'Time',
    width: 80,
    cell: ({ timeUs }) => <TimeAgo at={timeUs} clock />,
  },
  {
    id: 'server',
    header: 'Server',
    width: 150,
    grow: true,
    cell: ({ name, destination, destinationPort }) =>
      name === '' ? (
        <span className="mono">
          <End field="destination" address={destination} port={destinationPort} />
        </span>
      ) : (
        <Pivot field="name" value={name} />
      ),
  },
  {
    id: 'client',
    header: 'Client',
    width: 128,
    mono: true,
    cell: ({ source }) => <Pivot field="source" value={source} />,
  },
  {
    id: 'bytes',
    header: 'Bytes',
    width: 84,
    number: true,
    cell: ({ bytesToServer, bytesToClient }) => <Bytes value={bytesToServer + bytesToClient} />,
  },
  {
    id: 'protocol',
    header: 'Protocol',
    width: 90,
    cell: ({ protocol }) => <Pivot field="protocol" value={protocol === 'Unknown' ? '' : protocol} />,
  },
];

function End({
  field,
  address,
  port,
}: {
  readonly field: 'source' | 'destination';
  readonly address: string;
  readonly port: number | undefined;
}) {
  return (
    <span className="flow-end">
      <Pivot field={field} value={address} />
      {port !== undefined && (
        <span className="flow-port muted">
          :<Pivot field={`${field}-port`} value={port} />
        </span>
      )}
    </span>
  );
}
