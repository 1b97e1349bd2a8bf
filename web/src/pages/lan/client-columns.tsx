import {
  AddressLink,
  Badge,
  Bytes,
  type Column,
  Count,
  FilterLink,
  NameLink,
  TimeAgo,
} from '../../design/index.ts';
import { addressesOf, type LanClient, nameOf } from './lan-figures.ts';

/** A device as the list shows it. */
export interface ClientRow {
  readonly client: LanClient;
  readonly isNew: boolean;
}

/** The columns of the list of devices. */
export const COLUMNS: readonly Column<ClientRow>[] = [
  {
    id: 'name',
    header: 'Device',
    width: 180,
    grow: true,
    sortBy: ({ client }) => nameOf(client),
    cell: ({ client, isNew }) => (
      <span className="lan-name">
        <span className="ellipsis">{nameOf(client)}</span>
        {isNew && <Badge tone="notice">new</Badge>}
        {client.router && <Badge>router</Badge>}
      </span>
    ),
  },
  {
    id: 'vendor',
    header: 'Vendor',
    width: 120,
    sortBy: ({ client }) => client.vendor ?? (client.randomised ? 'randomised' : undefined),
    cell: ({ client }) =>
      client.vendor ?? (client.randomised ? <span className="muted">randomised</span> : client.kind),
  },
  {
    id: 'address',
    header: 'Address',
    width: 150,
    mono: true,
    sortBy: ({ client }) => addressesOf(client)[0],
    cell: ({ client }) => {
      const [first, ...others] = addressesOf(client);
      return (
        <>
          <AddressLink value={first} />
          {others.length > 0 && (
            <span className="muted" title={others.join('\n')}>
              {' '}
              +{others.length}
            </span>
          )}
        </>
      );
    },
  },
  {
    id: 'destinations',
    header: 'Most to',
    title: 'Destinations with the most bytes',
    width: 180,
    grow: true,
    cell: ({ client }) => {
      const [most] = client.destinations;
      if (most === undefined) return null;
      return most.names[0] === undefined ? (
        <span className="mono">
          <AddressLink value={most.address} />
        </span>
      ) : (
        <NameLink value={most.names[0]} />
      );
    },
  },
  {
    id: 'protocols',
    header: 'Protocols',
    width: 160,
    cell: ({ client }) =>
      client.protocols.slice(0, 3).map(({ name }, index) => (
        <span key={name}>
          {index > 0 && ', '}
          <FilterLink to="/flows" name="protocol" value={name} />
        </span>
      )),
  },
  {
    id: 'sent',
    header: 'Sent',
    width: 84,
    number: true,
    sortBy: ({ client }) => client.bytesUp,
    cell: ({ client }) => <Bytes value={client.bytesUp} />,
  },
  {
    id: 'received',
    header: 'Received',
    width: 84,
    number: true,
    sortBy: ({ client }) => client.bytesDown,
    cell: ({ client }) => <Bytes value={client.bytesDown} />,
  },
  {
    id: 'flows',
    header: 'Flows',
    width: 66,
    number: true,
    sortBy: ({ client }) => client.flows,
    cell: ({ client }) => <Count value={client.flows} />,
  },
  {
    id: 'first',
    header: 'First seen',
    width: 92,
    number: true,
    sortBy: ({ client }) => client.firstUs,
    cell: ({ client }) => <TimeAgo at={client.firstUs} />,
  },
  {
    id: 'last',
    header: 'Last seen',
    width: 92,
    number: true,
    sortBy: ({ client }) => client.lastUs,
    cell: ({ client }) => <TimeAgo at={client.lastUs} />,
  },
];

/** Columns that a phone has no room for. */
export const HIDDEN_NARROW: readonly string[] = [
  'vendor',
  'address',
  'destinations',
  'protocols',
  'first',
  'flows',
  'sent',
];
/** Columns that give way to the panel beside the list. */
export const HIDDEN_BESIDE: readonly string[] = ['destinations', 'protocols', 'first', 'flows'];
