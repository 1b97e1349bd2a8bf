import { Link } from '@tanstack/react-router';
import { apiUrl } from '../../data/client.ts';
import { formatBytes, formatDuration } from '../../data/format.ts';
import { useMay } from '../../data/session.ts';
import { Badge, FingerprintLink, KeyValue, NameLink } from '../../design/index.ts';
import { type FlowFacts, isSeen } from './join-facts.ts';
import { LoadingSide, Side } from './join-side.tsx';
import { inPath } from './story.ts';

/** A connection as the passive stream saw it; `serverSide`: that behind the proxy. */
export function FlowSide({
  title,
  facts,
  loading,
  serverSide = false,
}: {
  readonly title: string;
  readonly facts: FlowFacts | undefined;
  readonly loading: boolean;
  readonly serverSide?: boolean;
}) {
  const mayRead = useMay('operator');
  if (facts === undefined) {
    return (
      <Side title={title} icon="flows">
        <p className="muted">No flow is known: what was found names no connection.</p>
      </Side>
    );
  }
  if (loading) return <LoadingSide title={title} icon="flows" />;
  const { communityId } = facts;
  const links = (
    <>
      <Link to="/flows" search={{ communityId, flow: communityId }}>
        Open the flow
      </Link>
      {mayRead && (
        <Link to="/flows" search={{ communityId, flow: communityId, tab: 'conversation' }}>
          Conversation
        </Link>
      )}
      {mayRead && (
        <a href={apiUrl(`/flows/${inPath(communityId)}/packets`)} download>
          pcapng
        </a>
      )}
    </>
  );
  if (!isSeen(facts)) {
    return (
      <Side title={title} icon="flows">
        <p className="muted">
          The sensor has not seen this connection: it passes where nothing is captured (
          <code>capture.interface</code>), or was encrypted in a tunnel.
        </p>
      </Side>
    );
  }
  const rttUs = serverSide ? (facts.rttServerUs ?? facts.rttClientUs) : facts.rttClientUs;
  return (
    <Side title={title} icon="flows" links={links}>
      <p className="join-request mono">
        {facts.client ?? '?'} → {facts.server ?? '?'}
      </p>
      <KeyValue
        items={[
          [
            'Protocol',
            <span key="protocol" className="row">
              {[facts.transport, facts.protocol].filter((word) => word !== undefined).join(' ')}
              {facts.isOpen && (
                <Badge tone="good" dot>
                  open
                </Badge>
              )}
            </span>,
          ],
          ['Application', facts.application],
          ['Name', facts.name === undefined ? undefined : <NameLink key="name" value={facts.name} />],
          [
            'JA4',
            facts.ja4 === undefined ? undefined : (
              <span key="ja4" className="mono">
                <FingerprintLink value={facts.ja4} />
              </span>
            ),
          ],
          ['TLS', facts.tlsVersion],
          [
            serverSide ? 'RTT to the server' : 'RTT',
            rttUs === undefined ? undefined : formatDuration(rttUs / 1e6),
          ],
          [
            'Bytes',
            facts.bytesToServer === undefined
              ? undefined
              : `${formatBytes(facts.bytesToServer)} to the server, ${formatBytes(facts.bytesToClient)} back`,
          ],
          ['Lasted', facts.durationSeconds === undefined ? undefined : formatDuration(facts.durationSeconds)],
          ['Tunnel', facts.tunnel],
          [
            'Risks',
            facts.risks.length === 0 ? undefined : (
              <span key="risks" className="row">
                {facts.risks.map((risk) => (
                  <Badge key={risk} tone="warning">
                    {risk}
                  </Badge>
                ))}
              </span>
            ),
          ],
          [
            'Recorded',
            facts.records.length === 0
              ? undefined
              : facts.records.map(([type, count]) => `${count} ${type}`).join(', '),
          ],
        ]}
      />
    </Side>
  );
}
