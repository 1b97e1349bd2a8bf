import { useApiList } from '../../data/queries.ts';
import { Badge, Button, ErrorState, FingerprintLink, Skeleton, TimeAgo } from '../../design/index.ts';
import { ActionsMenu } from './actions-menu.tsx';
import type { Correlation, Incident, IncidentStep } from './answers.ts';
import { Actors, Score, Techniques, Toggle } from './event-parts.tsx';
import { EvidenceCard } from './evidence-card.tsx';
import { toneOf } from './story.ts';

/** Pieces of evidence that are fetched at once. */
const PAGE = 20;

/** What IncidentCard takes. */
export interface IncidentCardProps {
  readonly incident: Incident;
  readonly open: boolean;
  readonly openEvidence: string | undefined;
  readonly onToggle: () => void;
  readonly onToggleEvidence: (id: string) => void;
}

/** An incident: what happened, by whom, in which steps; open, with its evidence. */
export function IncidentCard({
  incident,
  open,
  openEvidence,
  onToggle,
  onToggleEvidence,
}: IncidentCardProps) {
  const { id, title, severity, status, score, steps, attackers, victims, count, firstUs, lastUs } = incident;
  return (
    <article className={`event event-${toneOf(score)}`} aria-label={title}>
      <header className="event-head">
        <Badge tone={toneOf(score)}>{severity}</Badge>
        <h2 className="event-title">
          <Toggle open={open} onToggle={onToggle}>
            {title}
          </Toggle>
        </h2>
        <span className="event-time muted">
          <TimeAgo at={lastUs} />
        </span>
        <ActionsMenu addresses={attackers.length > 0 ? attackers : victims} incident={incident} />
      </header>
      <div className="event-line">
        <Actors attackers={attackers} victims={victims} />
        {!open && <ShortSteps steps={steps} />}
        <span className="event-facts">
          <Score value={score} />
          <span className="muted">
            {count} {count === 1 ? 'piece' : 'pieces'} of evidence
          </span>
          <Badge tone={status === 'open' ? 'accent' : 'neutral'} dot>
            {status}
          </Badge>
        </span>
      </div>
      {open && (
        <div className="event-body">
          <Steps steps={steps} />
          <Extras incident={incident} />
          <p className="muted event-span">
            From <TimeAgo at={firstUs} clock /> to <TimeAgo at={lastUs} clock />
          </p>
          <Evidence incidentId={id} count={count} open={openEvidence} onToggle={onToggleEvidence} />
        </div>
      )}
    </article>
  );
}

function ShortSteps({ steps }: { readonly steps: readonly IncidentStep[] }) {
  return (
    <ol className="steps-short" aria-label="Steps">
      {steps.map(({ stage, tacticName, techniques, count }) => (
        <li key={stage} title={techniques.map((one) => `${one.id} ${one.name}`).join(', ')}>
          {tacticName || stageName(stage)}{' '}
          <span className="mono">{techniques.map(({ id }) => id).join(' ')}</span>
          {count > 1 && ` ×${count}`}
        </li>
      ))}
    </ol>
  );
}

function stageName(stage: string): string {
  const words = stage.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function Steps({ steps }: { readonly steps: readonly IncidentStep[] }) {
  return (
    <ol className="steps" aria-label="Steps of the incident, in order">
      {steps.map(
        ({ stage, tactic, tacticName, techniques, firstUs, lastUs, count, reason, link, threat }) => (
          <li key={stage} className="step">
            <div className="row">
              <span className="step-name">{tacticName || stageName(stage)}</span>
              {tactic !== '' && (
                <span className="mono muted" title="Tactic of MITRE ATT&CK">
                  {tactic}
                </span>
              )}
              <Techniques techniques={techniques} />
              <span className="step-end">
                <Score value={threat} label="threat" />
              </span>
            </div>
            <p>{reason}</p>
            {link !== '' && <p className="muted">Belongs here because: {link}</p>}
            <p className="muted step-time">
              <TimeAgo at={firstUs} clock />
              {lastUs > firstUs && (
                <>
                  {' to '}
                  <TimeAgo at={lastUs} clock />
                </>
              )}
              , {count} {count === 1 ? 'piece' : 'pieces'}
            </p>
          </li>
        ),
      )}
    </ol>
  );
}

function Extras({ incident: { infrastructure, ja4s } }: { readonly incident: Incident }) {
  if (infrastructure.length === 0 && ja4s.length === 0) return null;
  return (
    <p className="event-extras">
      {infrastructure.length > 0 && (
        <span className="row">
          <span className="muted">By way of</span> <Actors attackers={infrastructure} victims={[]} />
        </span>
      )}
      {ja4s.map((ja4) => (
        <span key={ja4} className="row mono">
          <span className="muted">JA4</span> <FingerprintLink value={ja4} />
        </span>
      ))}
    </p>
  );
}

function Evidence({
  incidentId,
  count,
  open,
  onToggle,
}: {
  readonly incidentId: string;
  readonly count: number;
  readonly open: string | undefined;
  readonly onToggle: (id: string) => void;
}) {
  const list = useApiList<Correlation>('/correlations', { incident: incidentId, limit: PAGE });
  if (list.error !== undefined) {
    return <ErrorState title="The evidence could not be read" error={list.error} retry={list.reload} />;
  }
  if (list.loading) return <Skeleton height={44 * Math.min(count, PAGE)} />;
  if (list.items.length === 0) {
    return <p className="muted">The evidence is not kept any more.</p>;
  }
  return (
    <section className="stack event-evidence" aria-label="Evidence">
      <h3>Evidence</h3>
      {list.items.map((correlation) => (
        <EvidenceCard
          key={correlation.id}
          correlation={correlation}
          open={open === correlation.id}
          onToggle={() => onToggle(correlation.id)}
          nested
        />
      ))}
      {list.loadMore !== undefined && (
        <Button small onClick={list.loadMore} busy={list.loadingMore}>
          Show earlier evidence
        </Button>
      )}
    </section>
  );
}
