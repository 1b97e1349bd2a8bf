import { Link } from '@tanstack/react-router';
import { formatDuration } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { Badge, EmptyState, ErrorState, RuleLink, Skeleton, TimeAgo } from '../../design/index.ts';
import type { Explanation, Reputation } from './answers.ts';
import { ReputationChart } from './reputation-chart.tsx';
import { reputationCurve } from './reputation-curve.ts';
import { deedOf, inPath, isRule, typeName } from './story.ts';

/** Pieces of evidence that a reason names. */
const MOST_NAMED = 4;
const EVERY_MS = 5_000;

/** Why a reputation is as it is: its curve, and each point with what it stems from. */
export function ReputationPart({ address }: { readonly address: string }) {
  const reputation = useApi<Reputation>(
    `/addresses/${inPath(address)}/reputation`,
    {},
    { everyMs: EVERY_MS },
  );
  if (reputation.data === undefined) {
    return reputation.error === null ? (
      <Skeleton height={240} />
    ) : (
      <ErrorState
        title="The reputation could not be read"
        error={reputation.error}
        retry={() => void reputation.refetch()}
      />
    );
  }
  const { explanation } = reputation.data;
  if (explanation === undefined) {
    return (
      <EmptyState icon="check" title="Nothing speaks against it">
        Its reputation is 0. Evidence against it would be listed here with its points.
      </EmptyState>
    );
  }
  return <Explained explanation={explanation} />;
}

function Explained({ explanation }: { readonly explanation: Explanation }) {
  const { contributions, earlier, sum, capped, score } = explanation;
  const curve = reputationCurve(explanation);
  const reasons = [...contributions].sort((a, b) => b.left - a.left);
  return (
    <div className="stack">
      <ReputationChart curve={curve} />
      <p className="muted reputation-sum">
        Higher is worse, 100 the most.{' '}
        {capped ? `${sum.toFixed(1)} points, of which 100 count` : `${sum.toFixed(1)} points`}; half of them
        fade within {formatDuration(curve.halfLifeSeconds)}
        {Math.abs(sum - score) > 0.5 && !capped ? `; the reputation is ${Math.round(score)}` : ''}.
      </p>
      <ol className="reasons" aria-label="What each point stems from">
        {reasons.map((one) => (
          <li key={`${one.source} ${one.firstUs} ${one.evidence[0]}`} className="reason">
            <div className="reason-points" title={`${one.fresh.toFixed(1)} points when it was fresh`}>
              <span className="reason-left">{one.left.toFixed(1)}</span>
              <span className="muted">of {one.fresh.toFixed(1)}</span>
              <span className="reason-track" aria-hidden="true">
                <span
                  className="reason-fill"
                  style={{ width: `${one.fresh > 0 ? Math.min(100, (100 * one.left) / one.fresh) : 0}%` }}
                />
              </span>
            </div>
            <div className="reason-words">
              <p>{deedOf(one)}</p>
              <p className="muted">
                <Badge>{typeName(one.type)}</Badge>{' '}
                {one.source !== '' && (isRule(one.source) ? <RuleLink value={one.source} /> : one.source)}
                {one.source !== '' && ', '}
                <TimeAgo at={one.lastUs} />
                {one.count > 1 && `, ${one.count} times`}; weight {one.weight}
              </p>
              <p className="mono reason-evidence">
                {one.evidence.slice(0, MOST_NAMED).map((id) => (
                  <Link
                    key={id}
                    className="entity"
                    to="/timeline"
                    search={{ evidence: id }}
                    title={`${id}: the evidence`}
                  >
                    {id.slice(0, 8)}…
                  </Link>
                ))}
                {one.evidence.length > MOST_NAMED && (
                  <span className="muted">and {one.evidence.length - MOST_NAMED} more</span>
                )}
              </p>
            </div>
          </li>
        ))}
        {earlier !== undefined && (
          <li className="reason">
            <div className="reason-points">
              <span className="reason-left">{earlier.left.toFixed(1)}</span>
            </div>
            <p className="muted">
              {earlier.count} earlier pieces of evidence, of <TimeAgo at={earlier.firstUs} clock /> to{' '}
              <TimeAgo at={earlier.untilUs} clock />, together
            </p>
          </li>
        )}
      </ol>
    </div>
  );
}
