import { Link } from '@tanstack/react-router';
import { ApiError } from '../../data/api-error.ts';
import { formatCount } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import type { Decisions } from '../../deciding/answers.ts';
import { Unavailable } from '../../deciding/switched-off.tsx';
import { Badge, Card, EmptyState, KeyValue, Skeleton } from '../../design/index.ts';

const MODES = [
  ['off', 'Nothing is decided.'],
  [
    'observe',
    'Decisions are taken and told of; nothing is blocked. The way to begin: look at it for some days.',
  ],
  ['enforce', 'Decisions take effect in the firewall, in the ways of web traffic, and at CrowdSec.'],
] as const;

const GUARDS = [
  ['This machine', 'Its own addresses, its gateways and DNS servers, and what respond.neverBan names.'],
  [
    'Administrators',
    'Whose connection to the SSH server of this machine has a login, or was there when weir began.',
  ],
  ['Reserved', 'Loopback, multicast, broadcast, unspecified: not even by force.'],
  ['Wide networks', 'Wider than /16, or /32 of IPv6: only people may.'],
  ['Allowed', 'Whom an allow covers.'],
  [
    'Ceilings',
    'More bans in a minute than respond.limits.perMinute, or of a larger share of the active clients: people and CrowdSec may more.',
  ],
] as const;

/** Whether decisions take effect, who enforces them with what it counts, and whom nothing touches. */
export function ProtectionPart() {
  const decisions = useApi<Decisions>('/decisions', { limit: 1 }, { everyMs: 5_000 });
  if (decisions.data === undefined) {
    return decisions.error instanceof ApiError ? (
      <Unavailable
        what="Decisions"
        error={decisions.error}
        setting="respond.mode: observe"
        retry={() => void decisions.refetch()}
      >
        Nothing is banned or throttled.
      </Unavailable>
    ) : (
      <Skeleton height={320} />
    );
  }
  const { mode, enforcers } = decisions.data;
  const names = Object.entries(enforcers);
  return (
    <div className="grid protection">
      <Card
        title="Mode"
        actions={
          <Link to="/settings" className="protection-link">
            Change respond.mode
          </Link>
        }
      >
        <dl className="explained">
          {MODES.map(([name, words]) => (
            <div key={name} className={name === mode ? 'explained-now' : undefined}>
              <dt>
                <Badge
                  tone={name !== mode ? 'neutral' : mode === 'enforce' ? 'good' : 'warning'}
                  dot={name === mode}
                >
                  {name}
                </Badge>
              </dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <Card title="Whom nothing touches">
        <dl className="explained">
          {GUARDS.map(([name, words]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{words}</dd>
            </div>
          ))}
        </dl>
        <p className="muted explained-end">
          Each refusal is told with the guard's name: Ended and refused. What a guard protects only later is
          lifted.
        </p>
      </Card>
      {names.map(([name, figures]) => (
        <Card key={name} title={`Enforcer: ${name}`}>
          <KeyValue
            items={Object.entries(figures).map(([what, figure]) => [
              what.replaceAll('_', ' '),
              <span key={what} className="figure">
                {formatCount(figure)}
              </span>,
            ])}
          />
        </Card>
      ))}
      {names.length === 0 && (
        <Card title="Enforcers">
          <EmptyState icon="warning" title="Nothing enforces">
            With <code>respond.mode: enforce</code> and <code>respond.nftables.enabled</code> the firewall
            does it (weir doctor says what it needs); with the section <code>web</code> the proxy.
          </EmptyState>
        </Card>
      )}
    </div>
  );
}
