import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ApiError } from '../data/api-error.ts';
import { api } from '../data/client.ts';
import { formatBytes } from '../data/format.ts';
import { Badge, Icon, Skeleton } from '../design/index.ts';
import type { DecisionWish, Plan } from './answers.ts';
import { modeSentence } from './decision-words.ts';

/** Flows of a plan that are named. */
const MOST_NAMED = 6;

/** Asks what a decision would do; nothing is changed. Without a value it is not asked. */
export function usePlan(wish: DecisionWish) {
  const value = wish.value.trim();
  return useQuery<Plan, ApiError>({
    queryKey: ['plan', { ...wish, value }],
    queryFn: ({ signal }) =>
      api<Plan>('/decisions/plan', { method: 'POST', body: { ...wish, value }, signal }),
    enabled: value !== '',
    staleTime: 2_000,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** What a decision would do: whether guards refuse it, who enforces it, which connections would be cut. */
export function PlanView({
  plan,
  error,
}: {
  readonly plan: Plan | undefined;
  readonly error: ApiError | null;
}) {
  if (error !== null) {
    return (
      <div className="plan" role="alert">
        <p className="plan-line plan-refused">
          <Icon name="warning" /> {error.message}
        </p>
      </div>
    );
  }
  if (plan === undefined) {
    return (
      <div className="plan">
        <Skeleton width="60%" />
        <Skeleton width="80%" />
      </div>
    );
  }
  const { mode, isRefused, refusals, lines, connections } = plan;
  return (
    <div className="plan" aria-live="polite">
      <div className="row">
        <Badge tone={isRefused ? 'danger' : mode === 'enforce' ? 'good' : 'warning'} dot>
          {isRefused ? 'Refused' : mode === 'enforce' ? 'Would take effect' : 'Would be simulated'}
        </Badge>
        <span className="muted">{isRefused ? 'A guard is against it.' : modeSentence(mode)}</span>
      </div>
      {refusals.map((refusal) => (
        <p key={refusal} className="plan-line plan-refused">
          <Icon name="block" /> {refusal}
        </p>
      ))}
      {lines.length > 0 && (
        <ul className="plan-lines" aria-label="What each enforcer would do">
          {lines.map((line) => (
            <EnforcerLine key={line} line={line} />
          ))}
        </ul>
      )}
      {!isRefused && lines.length === 0 && (
        <p className="muted">No enforcer has anything to do: it stands already, or none is set up.</p>
      )}
      {connections !== undefined && <Cuts connections={connections} />}
    </div>
  );
}

function EnforcerLine({ line }: { readonly line: string }) {
  const [, name, words] = /^([a-z0-9 ]{1,24}): (.+)$/s.exec(line) ?? [];
  return (
    <li className="plan-line">
      {name === undefined ? (
        line
      ) : (
        <>
          <Badge>{name}</Badge> <code>{words}</code>
        </>
      )}
    </li>
  );
}

function Cuts({ connections }: { readonly connections: NonNullable<Plan['connections']> }) {
  const { count, first } = connections;
  if (count === 0) return <p className="muted">No open connection would be cut.</p>;
  const more = count - Math.min(first.length, MOST_NAMED);
  return (
    <div>
      <p className="plan-warning">
        {count === 1 ? 'One open connection would be cut:' : `${count} open connections would be cut:`}
      </p>
      <ul className="plan-lines">
        {first.slice(0, MOST_NAMED).map((flow) => (
          <li key={`${flow.communityId} ${flow.timeUs}`} className="plan-line mono">
            {flow.source}:{flow.sourcePort} → {flow.destination}:{flow.destinationPort}{' '}
            <span className="muted">
              {flow.name || flow.application || flow.protocol || flow.transport},{' '}
              {formatBytes(flow.bytesToServer + flow.bytesToClient)}
            </span>
          </li>
        ))}
        {more > 0 && <li className="muted">and {more} more</li>}
      </ul>
    </div>
  );
}
