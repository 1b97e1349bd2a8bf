import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import type { StatusFigures } from '../../data/types.ts';
import { Badge } from '../../design/badge.tsx';
import { IconButton } from '../../design/button.tsx';
import { Card } from '../../design/card.tsx';
import type { Tone } from '../../design/class-names.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { AddressLink, FilterLink, FingerprintLink } from '../../design/entity-link.tsx';
import { ErrorState } from '../../design/error-state.tsx';
import { Icon } from '../../design/icon.tsx';
import { useNarrow } from '../../design/narrow.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { TimeAgo } from '../../design/time-ago.tsx';
import type { Threat, Threats } from './figures.ts';

/** Fetched when somebody decides: the first view is to be small. */
const DecideDialog = lazy(() =>
  import('../../deciding/index.ts').then((decisions) => ({ default: decisions.DecideDialog })),
);

const LINES = 20;
/** Rows that are reserved until the threats are known. */
const EXPECTED = 6;
const EVERY_MS = 4_000;

/** Who has a bad reputation, the worst first, and what can be done about it. */
export function ThreatsCard({ figures }: { readonly figures: StatusFigures | undefined }) {
  const off = figures !== undefined && figures.state === 'running' && figures.correlation === undefined;
  const { data, error, refetch } = useApi<Threats>(
    '/threats',
    { limit: LINES },
    { everyMs: EVERY_MS, enabled: !off },
  );
  return (
    <Card
      className="threats"
      flush
      title="Threats"
      actions={
        <>
          <span className="card-note">worst first</span>
          <Link to="/timeline" className="card-link">
            Timeline
          </Link>
        </>
      }
    >
      <div className="plain-table-place">
        {off ? (
          <EmptyState icon="timeline" title="Nothing is correlated">
            <code>correlation.enabled: true</code> joins both streams and keeps the reputation of each
            address.
          </EmptyState>
        ) : data === undefined && error !== null ? (
          <ErrorState title="The threats could not be read" error={error} retry={() => void refetch()} />
        ) : data?.items.length === 0 ? (
          <EmptyState icon="check" title="Nothing speaks against anybody">
            Addresses stand here as soon as a rule, a scenario or a signature finds something.
          </EmptyState>
        ) : (
          <ThreatTable threats={data?.items} threshold={figures?.correlation?.threshold ?? 100} />
        )}
      </div>
    </Card>
  );
}

function ThreatTable({
  threats,
  threshold,
}: {
  readonly threats: readonly Threat[] | undefined;
  readonly threshold: number;
}) {
  const narrow = useNarrow();
  const may = useMay('operator');
  const [asked, setAsked] = useState<Threat>();
  return (
    <>
      <table className="plain-table threats-table">
        <thead>
          <tr>
            <th scope="col" className="number">
              Score
            </th>
            <th scope="col">Who</th>
            {!narrow && <th scope="col">Why</th>}
            {!narrow && (
              <th scope="col" className="number">
                Last
              </th>
            )}
            <th scope="col">State</th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {threats === undefined
            ? Array.from({ length: EXPECTED }, (_, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
                <tr key={index}>
                  <td colSpan={narrow ? 4 : 6}>
                    <Skeleton height={12} />
                  </td>
                </tr>
              ))
            : threats.map((threat) => (
                <tr key={`${threat.kind} ${threat.subject}`}>
                  <td className="number">
                    <Badge tone={toneOf(threat.score, threshold)}>{Math.round(threat.score)}</Badge>
                  </td>
                  <td>
                    <div className="mono ellipsis threats-who">
                      <Subject threat={threat} />
                    </div>
                    {narrow && (
                      <div className="muted threats-reason">
                        {threat.reason}, <TimeAgo at={threat.lastUs} />
                      </div>
                    )}
                  </td>
                  {!narrow && (
                    <td className="threats-why">
                      <div className="ellipsis" title={threat.reason}>
                        {threat.reason}
                      </div>
                    </td>
                  )}
                  {!narrow && (
                    <td className="number muted">
                      <TimeAgo at={threat.lastUs} />
                    </td>
                  )}
                  <td>
                    <State threat={threat} />
                  </td>
                  <td className="threats-actions">
                    {threat.kind === 'address' && (
                      <Link
                        to="/timeline"
                        search={{ address: threat.subject }}
                        className="button button-quiet button-icon"
                        aria-label={`Timeline of ${threat.subject}`}
                        title="Its timeline"
                      >
                        <Icon name="timeline" />
                      </Link>
                    )}
                    {may && !threat.banned && (
                      <IconButton
                        icon="block"
                        label={`Ban ${threat.subject} …`}
                        onClick={() => setAsked(threat)}
                      />
                    )}
                  </td>
                </tr>
              ))}
        </tbody>
      </table>
      {asked !== undefined && (
        <Suspense fallback={null}>
          <DecideDialog
            wish={{ type: 'ban', value: wishValue(asked), reason: asked.reason.slice(0, 512) }}
            onClose={() => setAsked(undefined)}
          />
        </Suspense>
      )}
    </>
  );
}

function Subject({ threat: { kind, subject } }: { readonly threat: Threat }) {
  switch (kind) {
    case 'address':
      return <AddressLink value={subject} />;
    case 'network':
      return <FilterLink to="/flows" name="address" value={subject} />;
    case 'ja4':
      return <FingerprintLink value={subject} />;
    default:
      return kind satisfies never;
  }
}

function State({ threat }: { readonly threat: Threat }) {
  if (threat.banned) {
    return (
      <Link to="/decisions" search={{ value: threat.subject }} title="The decision">
        <Badge tone="danger">banned</Badge>
      </Link>
    );
  }
  if (threat.incident !== '') {
    return (
      <Link to="/timeline" search={{ incident: threat.incident }} title="Its open incident">
        <Badge tone="warning">incident</Badge>
      </Link>
    );
  }
  return <Badge>watched</Badge>;
}

/** How decisions name it. */
function wishValue({ kind, subject }: Threat): string {
  return kind === 'ja4' ? `ja4:${subject}` : subject;
}

function toneOf(score: number, threshold: number): Tone {
  if (score >= threshold) return 'danger';
  return score >= threshold / 2 ? 'warning' : 'neutral';
}
