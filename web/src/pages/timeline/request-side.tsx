import { Link } from '@tanstack/react-router';
import { formatBytes } from '../../data/format.ts';
import { Badge, KeyValue, NameLink, RuleLink, TimeAgo } from '../../design/index.ts';
import type { Correlation } from './answers.ts';
import type { RequestFacts } from './join-facts.ts';
import { LoadingSide, Side } from './join-side.tsx';

/** The web request of a piece of evidence. */
export function RequestSide({
  correlation: { host, path },
  reference,
  facts,
  isKept,
  loading,
}: {
  readonly correlation: Correlation;
  readonly reference: string;
  readonly facts: RequestFacts | undefined;
  /** True where buffer B has it: otherwise it is out of the history. */
  readonly isKept: boolean;
  readonly loading: boolean;
}) {
  if (loading) return <LoadingSide title="Web request" icon="requests" />;
  const links = reference !== '' && (
    <Link to="/requests" search={{ request: reference }}>
      Open the request
    </Link>
  );
  return (
    <Side title="Web request" icon="requests" links={links}>
      <p className="join-request mono">
        {facts?.method !== undefined && <b>{facts.method}</b>} {facts?.host ?? host}
        {facts?.path ?? path}
        {facts?.query !== undefined && <span className="muted">?{facts.query}</span>}
      </p>
      {facts !== undefined && <RequestValues facts={facts} />}
      {!isKept && (
        <p className="muted">
          {facts === undefined
            ? 'The request is not stored any more'
            : 'Out of the history: its head and body are not stored any more'}
          ; <code>web.buffer</code> says how many are kept.
        </p>
      )}
    </Side>
  );
}

function RequestValues({ facts }: { readonly facts: RequestFacts }) {
  const { action, isBlocked, status, reason, host, client, agent, rules, at, way, bodyBytes } = facts;
  return (
    <KeyValue
      items={[
        [
          'Answer',
          <span key="answer" className="row">
            {action !== undefined && <Badge tone={isBlocked ? 'danger' : 'neutral'}>{action}</Badge>}
            {status}
          </span>,
        ],
        ['Why', reason],
        ['Host', host === undefined ? undefined : <NameLink key="host" value={host} />],
        ['Client', client],
        ['Agent', agent],
        [
          'Rules',
          rules.length === 0 ? undefined : (
            <span key="rules" className="row mono">
              {rules.map((rule) => (
                <RuleLink key={rule} value={String(rule)} />
              ))}
            </span>
          ),
        ],
        ['Came', <TimeAgo key="time" at={at} clock />],
        ['By way of', way],
        ['Body', bodyBytes === undefined ? undefined : formatBytes(bodyBytes)],
      ]}
    />
  );
}
