import { Link } from '@tanstack/react-router';
import { Badge, FingerprintLink, RuleLink, TimeAgo } from '../../design/index.ts';
import { ActionsMenu } from './actions-menu.tsx';
import type { Correlation } from './answers.ts';
import { Actors, Score, Techniques, Toggle } from './event-parts.tsx';
import { JoinView } from './join-view.tsx';
import { deedOf, isRule, toneOf, typeName } from './story.ts';

/** What EvidenceCard takes. */
export interface EvidenceCardProps {
  readonly correlation: Correlation;
  readonly open: boolean;
  readonly onToggle: () => void;
  /** True: within its incident. */
  readonly nested?: boolean;
}

/** A piece of evidence: what happened, by whom; open, what both streams know of it. */
export function EvidenceCard({ correlation, open, onToggle, nested = false }: EvidenceCardProps) {
  const { timeUs, address, target, type, threat, reputation, banned, source, host, path, joined } =
    correlation;
  const deed = deedOf(correlation);
  return (
    <article className={nested ? 'event event-nested' : `event event-${toneOf(threat)}`} aria-label={deed}>
      <header className="event-head">
        <Badge tone={toneOf(threat)}>{typeName(type)}</Badge>
        <h2 className="event-title">
          <Toggle open={open} onToggle={onToggle}>
            {deed}
          </Toggle>
        </h2>
        <span className="event-time muted">
          <TimeAgo at={timeUs} />
        </span>
        <ActionsMenu addresses={[address]} correlation={correlation} />
      </header>
      <div className="event-line">
        <Actors attackers={[address]} victims={target === '' ? [] : [target]} />
        {host !== '' && (
          <span className="mono ellipsis event-path" title={`${host}${path}`}>
            {host}
            {path}
          </span>
        )}
        <span className="event-facts">
          <Score value={threat} label="threat" />
          <span className="muted" title="Reputation of the address after it, 0 to 100">
            reputation {Math.round(reputation)}
          </span>
          {banned && <Badge tone="danger">banned</Badge>}
          <JoinBadge joined={joined} />
        </span>
      </div>
      {open && (
        <div className="event-body">
          <JoinView correlation={correlation} />
          <p className="event-extras">
            {source !== '' && (
              <span className="row">
                <span className="muted">{isRule(source) ? 'Rule' : 'Scenario'}</span>
                {isRule(source) ? (
                  <RuleLink value={source} />
                ) : (
                  <Link className="entity" to="/scenarios" search={{ scenario: source }}>
                    {source}
                  </Link>
                )}
              </span>
            )}
            {correlation.ja4 !== '' && (
              <span className="row mono">
                <span className="muted">JA4</span> <FingerprintLink value={correlation.ja4} />
              </span>
            )}
            <Techniques techniques={correlation.techniques.map((id) => ({ id, name: '' }))} />
            {correlation.sameAs !== '' && (
              <span className="muted">
                Adds no points: the same behaviour weighs as{' '}
                <Link className="entity mono" to="/timeline" search={{ evidence: correlation.sameAs }}>
                  {correlation.sameAs.slice(0, 8)}…
                </Link>
              </span>
            )}
            {!nested && correlation.incident !== '' && (
              <Link to="/timeline" search={{ incident: correlation.incident }}>
                Its incident
              </Link>
            )}
          </p>
          <ContextOf correlation={correlation} />
        </div>
      )}
    </article>
  );
}

function JoinBadge({ joined }: { readonly joined: string }) {
  if (joined === 'connection') {
    return (
      <Badge
        tone="accent"
        title="Request and flow were joined exactly, by the community id of their connection"
      >
        joined
      </Badge>
    );
  }
  return joined === 'address' ? (
    <Badge tone="warning" title="Joined by address and time">
      joined by time
    </Badge>
  ) : null;
}

/** What the address did around it, as it was kept with the evidence. */
function ContextOf({ correlation: { context } }: { readonly correlation: Correlation }) {
  const { requests, flows, matches } = context;
  const lines = [
    ...requests.map(
      ({ method, host, path, status }) => ['request', `${method} ${host}${path}`, status] as const,
    ),
    ...matches.map(
      ({ method, host, path, rule, blocked }) =>
        [
          'waf',
          `${rule === '' ? '' : `rule ${rule}: `}${method} ${host}${path}`,
          blocked ? 'blocked' : '',
        ] as const,
    ),
    ...flows.map(
      ({ address, peer, port, application, protocol, bytes }) =>
        [
          'flow',
          `${address} → ${peer}:${port}`,
          [application || protocol, bytes > 0 ? `${bytes} B` : ''].filter((word) => word !== '').join(', '),
        ] as const,
    ),
  ];
  if (lines.length === 0) return null;
  return (
    <details className="event-context">
      <summary>
        What the address did around it: {requests.length} requests, {matches.length} matches of the WAF,{' '}
        {flows.length} flows
      </summary>
      <ul>
        {lines.map(([kind, words, end], index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they are kept as they are, and may be equal
          <li key={index}>
            <Badge>{kind}</Badge> <span className="mono event-context-words">{words}</span>{' '}
            <span className="muted">{end}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
