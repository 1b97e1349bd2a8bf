import './address-view.css';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { formatBytes, formatDuration } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import { DecideDialog, type DecideWish } from '../../deciding/index.ts';
import {
  Badge,
  Button,
  CommunityLink,
  EmptyState,
  ErrorState,
  FingerprintLink,
  KeyValue,
  Meter,
  Skeleton,
  Tabs,
  TimeAgo,
} from '../../design/index.ts';
import { ActionsMenu } from './actions-menu.tsx';
import { ActivityPart } from './activity-part.tsx';
import type { AddressActivity, AddressKnowledge } from './answers.ts';
import { Score } from './event-parts.tsx';
import { ReputationPart } from './reputation-part.tsx';
import { inPath, toneOf } from './story.ts';

type Part = 'reputation' | 'activity' | 'connections' | 'incidents' | 'decisions';

/** Milliseconds between two questions while it is open. */
const EVERY_MS = 5_000;
/** Flows that are listed. */
const MOST_FLOWS = 50;

/** All that is known of an address: why it is thought of as it is, and what it did lately. */
export function AddressView({ address }: { readonly address: string }) {
  const known = useApi<AddressKnowledge>(
    `/addresses/${inPath(address)}`,
    { limit: 200 },
    { everyMs: EVERY_MS },
  );
  const [part, setPart] = useState<Part>('reputation');
  if (known.data === undefined) {
    return known.error === null ? (
      <>
        <Skeleton height={72} />
        <Skeleton height={220} />
      </>
    ) : (
      <ErrorState
        title="What is known of it could not be read"
        error={known.error}
        retry={() => void known.refetch()}
      />
    );
  }
  const { data } = known;
  const { activity, connections, incidents } = data;
  return (
    <div className="address-view">
      <Head data={data} />
      <Tabs<Part>
        label="What is known of it"
        value={part}
        onChange={setPart}
        items={[
          { value: 'reputation', label: 'Why', content: <ReputationPart address={address} /> },
          {
            value: 'activity',
            label: 'Activity',
            content: <ActivityPart activity={activity} />,
          },
          {
            value: 'connections',
            label: 'Connections',
            content: <Connections connections={connections} flows={activity?.flows ?? []} />,
          },
          {
            value: 'incidents',
            label: 'Incidents',
            content: <Incidents incidents={incidents} />,
          },
          {
            value: 'decisions',
            label: 'Decisions',
            content: <Decided decisions={activity?.decisions ?? []} />,
          },
        ]}
      />
    </div>
  );
}

function Head({ data: { address, assessment, banned, activity } }: { readonly data: AddressKnowledge }) {
  const { score, decides, own, network, ja4 } = assessment;
  const mayAct = useMay('operator');
  const [wish, setWish] = useState<DecideWish>();
  const counts = activity?.counts ?? {};
  const shown = (
    [
      ['requests', 'request', 'requests'],
      ['denied', 'denied', 'denied'],
      ['flows', 'flow', 'flows'],
      ['queries', 'DNS query', 'DNS queries'],
      ['files', 'file', 'files'],
      ['evidence', 'piece of evidence', 'pieces of evidence'],
    ] as const
  ).filter(([name]) => (counts[name] ?? 0) > 0);
  return (
    <div className="stack">
      <div className="address-head">
        <div className="address-meter">
          <Meter
            label="Reputation"
            value={Math.round(score)}
            most={100}
            detail={`${Math.round(score)} of 100`}
            warnAt={0.4}
            dangerAt={0.7}
          />
        </div>
        {banned && <Badge tone="danger">banned</Badge>}
        {mayAct && !banned && (
          <Button small kind="danger" icon="block" onClick={() => setWish({ type: 'ban', value: address })}>
            Ban …
          </Button>
        )}
        {mayAct && banned && (
          <Link to="/decisions" search={{ value: address }} className="button button-plain button-small">
            Lift …
          </Link>
        )}
        <ActionsMenu addresses={[address]} />
      </div>
      <KeyValue
        items={[
          [
            'Decided by',
            decides === 'address' ? undefined : `its ${decides}: on its own it has ${Math.round(own)}`,
          ],
          ['Its /64', network === undefined ? undefined : `${Math.round(network)} of 100`],
          [
            'Its JA4',
            ja4 === undefined
              ? undefined
              : `${Math.round(ja4.score)} of 100, had by ${ja4.addresses} ${ja4.addresses === 1 ? 'address' : 'addresses'}, ${ja4.good} of them in good standing${
                  ja4.counts ? '' : '; not held against it'
                }`,
          ],
          [
            'Fingerprints',
            activity === undefined || activity.ja4s.length === 0 ? undefined : (
              <span key="ja4s" className="row mono">
                {activity.ja4s.map((one) => (
                  <FingerprintLink key={one} value={one} />
                ))}
              </span>
            ),
          ],
          [
            'Seen',
            activity === undefined ? (
              'not lately'
            ) : (
              <span key="seen">
                <TimeAgo at={activity.firstUs} clock /> to <TimeAgo at={activity.lastUs} clock />
              </span>
            ),
          ],
          [
            'Did',
            shown.length === 0
              ? undefined
              : shown
                  .map(([name, one, many]) => `${counts[name]} ${counts[name] === 1 ? one : many}`)
                  .join(', '),
          ],
        ]}
      />
      <DecideDialog wish={wish} onClose={() => setWish(undefined)} />
    </div>
  );
}

function Connections({
  connections,
  flows,
}: {
  readonly connections: AddressKnowledge['connections'];
  readonly flows: AddressActivity['flows'];
}) {
  if (connections.length === 0 && flows.length === 0) {
    return <EmptyState icon="flows" title="No connections of late" />;
  }
  return (
    <div className="stack">
      {connections.length > 0 && (
        <section className="stack">
          <h3>With web requests</h3>
          <ul className="plain-list">
            {connections.map((one) => (
              <WebConnection key={one.communityId} connection={one} />
            ))}
          </ul>
        </section>
      )}
      {flows.length > 0 && (
        <section className="stack">
          <h3>Flows</h3>
          <ul className="plain-list">
            {flows.slice(0, MOST_FLOWS).map((one) => (
              <li key={`${one.communityId} ${one.timeUs}`} className="address-flow">
                <span className="mono ellipsis">
                  <CommunityLink value={one.communityId}>
                    {one.isClient ? 'to' : 'from'} {one.peer}:{one.port}
                  </CommunityLink>
                </span>
                <span className="muted ellipsis">
                  {one.application || one.protocol || one.proto},{' '}
                  {formatBytes(one.bytesSent + one.bytesReceived)}
                </span>
                <span className="muted">{one.isOpen ? 'open' : <TimeAgo at={one.untilUs} />}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function WebConnection({ connection }: { readonly connection: AddressKnowledge['connections'][number] }) {
  const { communityId, ja4, tlsVersion, application, rttClientUs, bytesToServer, bytesToClient, tunnel } =
    connection;
  const { upstream, upstreamServer, upstreamRttUs } = connection;
  return (
    <li className="connection">
      <span className="mono">
        <CommunityLink value={communityId} />
      </span>
      {bytesToServer < 0 && ja4 === '' && (
        <span className="muted">Its flow has not ended yet, or passes where nothing is captured.</span>
      )}
      <KeyValue
        items={[
          ['JA4', ja4 === '' ? undefined : <FingerprintLink key="ja4" value={ja4} />],
          ['TLS', tlsVersion],
          ['Application', application],
          ['RTT', rttClientUs < 0 ? undefined : formatDuration(rttClientUs / 1e6)],
          [
            'Bytes',
            bytesToServer < 0
              ? undefined
              : `${formatBytes(bytesToServer)} to the server, ${formatBytes(bytesToClient)} back`,
          ],
          ['Tunnel', tunnel],
          [
            'Behind the proxy',
            upstream === '' ? undefined : (
              <span key="upstream" className="row">
                <span className="mono">
                  <CommunityLink value={upstream}>{upstreamServer || undefined}</CommunityLink>
                </span>
                {upstreamRttUs >= 0 && (
                  <span className="muted">RTT {formatDuration(upstreamRttUs / 1e6)}</span>
                )}
              </span>
            ),
          ],
        ]}
      />
    </li>
  );
}

function Incidents({ incidents }: { readonly incidents: AddressKnowledge['incidents'] }) {
  if (incidents.length === 0) return <EmptyState icon="timeline" title="No incidents" />;
  return (
    <ul className="plain-list">
      {incidents.map((one) => (
        <li key={one.id} className="row">
          <Badge tone={toneOf(one.score)}>{one.severity}</Badge>
          <Link to="/timeline" search={{ incident: one.id }}>
            {one.title}
          </Link>
          <Score value={one.score} />
          <span className="muted">
            <TimeAgo at={one.lastUs} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function Decided({ decisions }: { readonly decisions: AddressActivity['decisions'] }) {
  if (decisions.length === 0)
    return <EmptyState icon="decisions" title="Nothing was decided about it of late" />;
  return (
    <ul className="plain-list">
      {decisions.map((one) => (
        <li key={`${one.id} ${one.timeUs} ${one.change}`} className="row">
          <Badge tone={one.change === 'taken' ? 'danger' : one.change === 'refused' ? 'warning' : 'neutral'}>
            {one.type} {one.change}
          </Badge>
          <span>{one.reason}</span>
          <span className="muted">
            {one.origin}, <TimeAgo at={one.timeUs} />
            {one.change === 'taken' && (
              <>
                , until <TimeAgo at={one.untilUs} clock />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
