import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError } from '../../data/api-error.ts';
import { formatShare } from '../../data/format.ts';
import { useApi, useApiChange } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import { CONDITIONS, refreshExceptions, tell, Unavailable } from '../../deciding/index.ts';
import { AddressLink, Badge, Button, EmptyState, RuleLink, Skeleton, toast } from '../../design/index.ts';
import type { Changed, Proposal } from './answers.ts';
import { DifferenceView } from './difference-view.tsx';
import { refreshTimeline } from './refresh.ts';
import { isRule } from './story.ts';

/** Pieces of evidence that a proposal names. */
const MOST_NAMED = 6;

interface Listed {
  readonly items: readonly Proposal[];
}

/** How many proposals may be taken up. */
export function useProposalCount(): number {
  const proposals = useApi<Listed>('/proposals');
  return proposals.data?.items.filter(({ kind }) => kind !== 'none').length ?? 0;
}

/** What weir would change after what was marked. Nothing of it applies before somebody takes it up. */
export function ProposalList() {
  const proposals = useApi<Listed>('/proposals');
  if (proposals.data === undefined) {
    return proposals.error instanceof ApiError ? (
      <Unavailable
        what="Proposals"
        error={proposals.error}
        setting="correlation.enabled: true"
        retry={() => void proposals.refetch()}
      >
        They are made out of evidence that was marked.
      </Unavailable>
    ) : (
      <Skeleton height={140} />
    );
  }
  const { items } = proposals.data;
  if (items.length === 0) {
    return (
      <EmptyState icon="check" title="No proposals">
        Mark evidence as a false alarm where it was one (Actions of a card). From three marks of one rule on
        weir proposes the narrowest exception that would have kept them away, and lower weights.
      </EmptyState>
    );
  }
  return (
    <div className="timeline-cards">
      {items.map((proposal) => (
        <ProposalCard key={proposal.id || `${proposal.kind} ${proposal.rule}`} proposal={proposal} />
      ))}
    </div>
  );
}

function ProposalCard({ proposal }: { readonly proposal: Proposal }) {
  const { id, kind, why, falsePositives, truePositives, confidence, authors, evidence } = proposal;
  const [previewed, setPreviewed] = useState<Changed>();
  const mayAct = useMay('operator');
  const preview = useApiChange<void, Changed>(() => ({ method: 'POST', path: `/proposals/${id}/preview` }));
  const accept = useApiChange<void, Changed>(() => ({ method: 'POST', path: `/proposals/${id}/accept` }));
  return (
    <article className="event" aria-label={titleOf(proposal)}>
      <header className="event-head">
        <Badge tone={kind === 'none' ? 'neutral' : 'accent'}>{kind === 'none' ? 'no proposal' : kind}</Badge>
        <h2 className="event-title proposal-title">
          <Title proposal={proposal} />
        </h2>
        {confidence !== undefined && (
          <span className="muted" title="How sure it is">
            {formatShare(confidence)} sure
          </span>
        )}
      </header>
      <p>{why}</p>
      <p className="event-extras muted">
        <span>
          {falsePositives} marked false{truePositives === undefined ? '' : `, ${truePositives} marked true`}
          {authors === undefined || authors.length === 0 ? '' : `, by ${authors.join(', ')}`}
        </span>
        <span className="row mono">
          {evidence.slice(0, MOST_NAMED).map((one) => (
            <Link key={one} className="entity" to="/timeline" search={{ evidence: one }}>
              {one.slice(0, 8)}…
            </Link>
          ))}
        </span>
      </p>
      {kind !== 'none' && (
        <div className="event-body">
          {previewed?.difference !== undefined && <DifferenceView difference={previewed.difference} />}
          <div className="row">
            <Button
              small
              icon="search"
              busy={preview.isPending}
              onClick={() =>
                preview.mutate(undefined, {
                  onSuccess: setPreviewed,
                  onError: (error) => tell('There is no preview', error),
                })
              }
            >
              What would have been different?
            </Button>
            {mayAct && (
              <Button
                small
                kind="primary"
                busy={accept.isPending}
                disabled={previewed === undefined}
                title={previewed === undefined ? 'Look at what would have been different first' : undefined}
                onClick={() =>
                  accept.mutate(undefined, {
                    onSuccess: ({ done }) => {
                      toast({ title: 'Taken up', text: done, tone: 'good' });
                      refreshExceptions();
                      refreshTimeline();
                    },
                    onError: (error) => tell('It was not taken up', error),
                  })
                }
              >
                Take it up
              </Button>
            )}
          </div>
        </div>
      )}
    </article>
  );
}

function titleOf({ kind, source, rule }: Proposal): string {
  return kind === 'exception'
    ? 'Exception'
    : kind === 'weight'
      ? `Weight of ${source}`
      : `Nothing for ${rule || 'it'}`;
}

function Title({ proposal }: { readonly proposal: Proposal }) {
  const { kind, match, source = '', rule = '', weight, proposed } = proposal;
  if (kind === 'weight') {
    return (
      <>
        Weight of {isRule(source) ? <RuleLink value={source} /> : source}: {weight} → {proposed}
      </>
    );
  }
  if (kind === 'none') {
    return isRule(rule) ? <RuleLink value={rule} /> : rule;
  }
  return (
    <>
      Does not count:{' '}
      {CONDITIONS.flatMap(([name, label]) => {
        const value = match?.[name];
        if (value === undefined) return [];
        return [
          <span key={name} className="condition">
            <span className="muted">{label.toLowerCase()}</span>{' '}
            <span className="mono">
              {name === 'address' || name === 'target' ? (
                <AddressLink value={value} />
              ) : name === 'ruleId' ? (
                <RuleLink value={value} />
              ) : (
                value
              )}
            </span>
          </span>,
        ];
      })}
    </>
  );
}
