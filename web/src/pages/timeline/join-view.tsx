import './join-view.css';
import { Link } from '@tanstack/react-router';
import { useApi } from '../../data/queries.ts';
import { AddressLink, CommunityLink, Icon, type IconName } from '../../design/index.ts';
import type { Conversation, Correlation, WebRequest } from './answers.ts';
import { FlowSide } from './flow-side.tsx';
import { flowFacts, joinWords, recordedFacts, storedFacts, upstreamOf } from './join-facts.ts';
import { RequestSide } from './request-side.tsx';
import { inPath } from './story.ts';

/** Other requests and flows of a join by address that are named. */
const MOST_OTHERS = 8;
/** A flow is known whole only when it has ended. */
const EVERY_MS = 10_000;

/**
 * Both streams' view of one piece of evidence side by side: the web request, the passive flow that it came over, and the
 * flow behind the proxy.
 */
export function JoinView({ correlation }: { readonly correlation: Correlation }) {
  const { joined, host } = correlation;
  // By address and time there may be several, and none that it names as its own.
  const reference = correlation.reference || (correlation.joinedRequests[0] ?? '');
  const communityId = correlation.communityId || (correlation.joinedFlows[0] ?? '');
  const hasRequest = reference !== '' || host !== '';
  const request = useApi<WebRequest>(`/requests/${inPath(reference)}`, {}, { enabled: reference !== '' });
  const flow = useApi<Conversation>(
    `/flows/${inPath(communityId)}`,
    {},
    { enabled: communityId !== '', everyMs: EVERY_MS },
  );
  const upstream = upstreamOf(flow.data, reference);
  const behind = useApi<Conversation>(
    `/flows/${inPath(upstream?.communityId ?? '')}`,
    {},
    { enabled: upstream !== undefined },
  );
  const facts = communityId === '' ? undefined : flowFacts(communityId, flow.data, correlation);
  return (
    <section className="join" aria-label="What both streams know of it">
      <div className="join-sides">
        {hasRequest && (
          <>
            <RequestSide
              correlation={correlation}
              reference={reference}
              facts={
                request.data === undefined
                  ? recordedFacts(flow.data, [reference, ...correlation.joinedRequests])
                  : storedFacts(request.data)
              }
              isKept={request.data !== undefined}
              loading={request.isLoading || (request.data === undefined && flow.isLoading)}
            />
            <Knot joined={joined} communityId={communityId} />
          </>
        )}
        <FlowSide
          title={upstream === undefined ? 'Passive flow' : 'Passive flow from the client'}
          facts={facts}
          loading={flow.isLoading}
        />
        {upstream !== undefined && (
          <>
            <Knot joined="connection" communityId={upstream.communityId} words="The proxy's own connection" />
            <FlowSide
              title="Flow to the server"
              facts={flowFacts(upstream.communityId, behind.data)}
              loading={behind.isLoading}
              serverSide
            />
          </>
        )}
      </div>
      {!hasRequest && (
        <p className="join-others muted">It was found in the packets alone: no web request belongs to it.</p>
      )}
      {joined === 'address' && <Others correlation={correlation} />}
    </section>
  );
}

function Knot({
  joined,
  communityId,
  words,
}: {
  readonly joined: string;
  readonly communityId: string;
  readonly words?: string;
}) {
  const icon: IconName = joined === 'connection' ? 'flows' : joined === 'address' ? 'user' : 'close';
  return (
    <div
      className={`join-knot join-knot-${joined === '' ? 'none' : joined}`}
      title={words ?? joinWords(joined)}
    >
      <span className="join-knot-icon">
        <Icon name={icon} size={14} />
      </span>
      <span className="join-knot-words">
        {joined === 'connection' ? 'community id' : joined === 'address' ? 'address and time' : 'not joined'}
      </span>
      {communityId !== '' && (
        <span className="mono join-knot-id">
          <CommunityLink value={communityId}>{communityId.slice(2, 10)}…</CommunityLink>
        </span>
      )}
    </div>
  );
}

/** What else the address did within the window, where a connection is not known for sure. */
function Others({
  correlation: { address, joinedRequests, joinedFlows },
}: {
  readonly correlation: Correlation;
}) {
  return (
    <p className="join-others muted">
      Within the window around it <AddressLink value={address} /> had {joinedRequests.length} requests and{' '}
      {joinedFlows.length} flows; shown are the nearest in time.{' '}
      {joinedFlows.slice(0, MOST_OTHERS).map((id) => (
        <span key={id} className="mono join-other">
          <CommunityLink value={id}>{id.slice(2, 10)}…</CommunityLink>
        </span>
      ))}
      {joinedRequests.slice(0, MOST_OTHERS).map((reference) => (
        <Link
          key={reference}
          to="/requests"
          search={{ request: reference }}
          className="entity mono join-other"
        >
          {reference.slice(0, 8)}…
        </Link>
      ))}
    </p>
  );
}
