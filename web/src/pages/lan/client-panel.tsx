import { Link } from '@tanstack/react-router';
import { Fragment, type ReactNode } from 'react';
import { formatBytes, formatCount } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import {
  AddressLink,
  Badge,
  Bytes,
  Count,
  ErrorState,
  FilterLink,
  KeyValue,
  NameLink,
  SidePanel,
  Skeleton,
  TimeAgo,
  type TimeRange,
  useNow,
} from '../../design/index.ts';
import { isNew, type LanClient, nameOf, queryOf } from './lan-figures.ts';
import { TrafficChart } from './traffic-chart.tsx';

const EVERY_MS = 10_000;
/** Lines of each list. */
const LINES = 50;

/** All that is known of a device. */
export function ClientPanel({
  id,
  listed,
  range,
  onClose,
}: {
  readonly id: string;
  /** What the list knows of it, until more is there. */
  readonly listed: LanClient | undefined;
  readonly range: TimeRange;
  readonly onClose: () => void;
}) {
  const { data, error, refetch } = useApi<LanClient>(
    `/lan/clients/${encodeURIComponent(id)}`,
    {},
    { everyMs: EVERY_MS },
  );
  const client = data ?? listed;
  const query = client && queryOf(client);
  return (
    <SidePanel
      title={client === undefined ? id : nameOf(client)}
      onClose={onClose}
      actions={
        query !== undefined && (
          <Link to="/flows" search={{ q: query }} className="button button-plain button-small">
            Flows
          </Link>
        )
      }
    >
      {client === undefined ? (
        error === null ? (
          <Skeleton height={320} />
        ) : (
          <ErrorState title="The device could not be read" error={error} retry={() => void refetch()} />
        )
      ) : (
        <>
          <Facts client={client} />
          {query !== undefined && (
            <Part title="Traffic by protocol">
              <TrafficChart
                label={`Bits per second of ${nameOf(client)} by protocol`}
                query={query}
                range={range}
                height={180}
                lines={3}
              />
            </Part>
          )}
          <Part title={`Destinations (${formatCount(client.destinations.length)})`}>
            <Shares
              head="Destination"
              empty="It has talked to nobody yet."
              lines={client.destinations.slice(0, LINES).map((one) => ({
                ...one,
                key: one.address,
                words: (
                  <>
                    <span className="mono">
                      <AddressLink value={one.address} />
                    </span>{' '}
                    {one.names.slice(0, 2).map((name) => (
                      <Fragment key={name}>
                        <NameLink value={name} />{' '}
                      </Fragment>
                    ))}
                    {!one.external && <span className="muted">local</span>}
                  </>
                ),
              }))}
            />
          </Part>
          <Part title="Protocols">
            <Shares
              head="Protocol"
              empty="None was recognised yet."
              lines={client.protocols.slice(0, LINES).map((one) => ({
                ...one,
                key: one.name,
                words: <FilterLink to="/flows" name="protocol" value={one.name} />,
              }))}
            />
          </Part>
          {client.applications.length > 0 && (
            <Part title="Applications">
              <Shares
                head="Application"
                empty=""
                lines={client.applications.slice(0, LINES).map((one) => ({
                  ...one,
                  key: one.name,
                  words: <FilterLink to="/flows" name="application" value={one.name} />,
                }))}
              />
            </Part>
          )}
        </>
      )}
    </SidePanel>
  );
}

function Facts({ client }: { readonly client: LanClient }) {
  const now = useNow();
  return (
    <>
      <div className="row">
        {isNew(client, now) && <Badge tone="notice">new</Badge>}
        {client.router && <Badge>router</Badge>}
        {client.randomised && (
          <Badge title="The device made its hardware address up">randomised address</Badge>
        )}
      </div>
      <KeyValue
        items={[
          ['Hardware', client.mac && <span className="mono">{client.mac}</span>],
          ['Vendor', client.vendor],
          ['Behind', client.behind],
          ['Kind', client.kind],
          [
            'Names',
            client.names.length === 0
              ? undefined
              : client.names.map(({ name, source }) => (
                  <div key={`${source} ${name}`}>
                    {name} <span className="muted">by {source}</span>
                  </div>
                )),
          ],
          [
            'Addresses',
            client.addresses.map(({ address, current, lastUs }) => (
              <div key={address}>
                <span className="mono">
                  <AddressLink value={address} />
                </span>{' '}
                {!current && (
                  <span className="muted">
                    left <TimeAgo at={lastUs} />
                  </span>
                )}
              </div>
            )),
          ],
          ['First seen', <TimeAgo key="first" at={client.firstUs} />],
          ['Last seen', <TimeAgo key="last" at={client.lastUs} />],
          ['Sent', `${formatBytes(client.bytesUp)} in ${formatCount(client.packetsUp)} packets`],
          ['Received', `${formatBytes(client.bytesDown)} in ${formatCount(client.packetsDown)} packets`],
          ['Flows', formatCount(client.flows)],
        ]}
      />
    </>
  );
}

function Part({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="lan-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

function Shares({
  head,
  lines,
  empty,
}: {
  readonly head: string;
  readonly lines: readonly {
    readonly key: string;
    readonly words: ReactNode;
    readonly flows: number;
    readonly bytesUp: number;
    readonly bytesDown: number;
  }[];
  readonly empty: string;
}) {
  if (lines.length === 0) return <p className="muted">{empty}</p>;
  return (
    <table className="lan-shares">
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <th scope="col" className="number">
            Flows
          </th>
          <th scope="col" className="number">
            Sent
          </th>
          <th scope="col" className="number">
            Received
          </th>
        </tr>
      </thead>
      <tbody>
        {lines.map((line) => (
          <tr key={line.key}>
            <td className="lan-words">{line.words}</td>
            <td className="number">
              <Count value={line.flows} />
            </td>
            <td className="number">
              <Bytes value={line.bytesUp} />
            </td>
            <td className="number">
              <Bytes value={line.bytesDown} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
