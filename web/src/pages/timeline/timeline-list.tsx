import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { SetSearch } from '../../app/search.ts';
import { addressOf } from '../../data/address.ts';
import { ApiError } from '../../data/api-error.ts';
import { useLive } from '../../data/live.ts';
import { useApi, useApiList } from '../../data/queries.ts';
import type { LiveRecord } from '../../data/types.ts';
import { Unavailable } from '../../deciding/index.ts';
import { Button, EmptyState, Skeleton, useNow } from '../../design/index.ts';
import type { Correlation, Incident } from './answers.ts';
import { EvidenceCard } from './evidence-card.tsx';
import { IncidentCard } from './incident-card.tsx';
import { mergedList, type TimelineItem } from './merged-list.ts';
import { refreshTimeline } from './refresh.ts';
import { isNetwork, type TimelineSearch } from './timeline-search.ts';

/** Cards that are fetched at once. */
const PAGE = 40;
/** Who has read further down than this is not moved by what is new, but told of it. */
const MOST_REFRESHED = 2 * PAGE;
/** Milliseconds between two times that are asked because something is new. */
const REFRESH_MS = 2_000;
const LIVE_TYPES = ['correlation', 'decision'];
const HOUR_MS = 3_600_000;
const RANGE_MS = {
  '5m': HOUR_MS / 12,
  '15m': HOUR_MS / 4,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 168 * HOUR_MS,
  '30d': 720 * HOUR_MS,
} as const;

/** Incidents and pieces of evidence as cards, the newest first, and those to come. */
export function TimelineList({
  search,
  setSearch,
}: {
  readonly search: TimelineSearch;
  readonly setSearch: SetSearch;
}) {
  const { address, type, score, range, show } = search;
  // Incidents have no type of their own, and are of single addresses.
  const withIncidents =
    show !== 'evidence' && type === undefined && (address === undefined || !isNetwork(address));
  const withEvidence = show !== 'incidents';
  const asked = {
    limit: PAGE,
    ...(address === undefined ? {} : { address }),
    ...(score === 0 ? {} : { minimalScore: score }),
  };
  const incidents = useApiList<Incident>('/incidents', asked, { enabled: withIncidents });
  const evidence = useApiList<Correlation>(
    '/correlations',
    { ...asked, ...(type === undefined ? {} : { type }), since: range },
    { enabled: withEvidence },
  );
  const now = useNow();
  const sinceUs = 1000 * (now - RANGE_MS[range]);
  const incidentsGoOn = withIncidents && incidents.loadMore !== undefined;
  const evidenceGoesOn = withEvidence && evidence.loadMore !== undefined;
  const merged = useMemo(
    () =>
      mergedList(
        { items: withIncidents ? incidents.items : [], hasMore: incidentsGoOn },
        { items: withEvidence ? evidence.items : [], hasMore: evidenceGoesOn },
        sinceUs,
      ),
    [incidents.items, evidence.items, withIncidents, withEvidence, incidentsGoOn, evidenceGoesOn, sinceUs],
  );
  const loading = (withIncidents && incidents.loading) || (withEvidence && evidence.loading);
  const loaded = incidents.items.length + evidence.items.length;
  // Cards that come in above would push away what is read.
  const isReading = search.incident !== undefined || search.evidence !== undefined;
  const news = useNews(address, isReading || loaded > MOST_REFRESHED);
  const error = incidents.error ?? evidence.error;
  const { behind } = merged;
  const loadMore =
    behind === 'incidents' ? incidents.loadMore : behind === 'correlations' ? evidence.loadMore : undefined;

  if (loading && merged.items.length === 0) return <LoadingCards />;
  if (error !== undefined && merged.items.length === 0) {
    return (
      <Unavailable
        what="The timeline"
        error={error}
        setting="correlation.enabled: true"
        retry={() => {
          incidents.reload();
          evidence.reload();
        }}
      >
        What both streams find is not joined, so there are no incidents.
      </Unavailable>
    );
  }
  return (
    <div className="timeline-cards">
      {news.count > 0 && (
        <div className="timeline-news">
          <Button small kind="primary" icon="up" onClick={news.take}>
            {news.count} new
          </Button>
        </div>
      )}
      <Chosen items={merged.items} search={search} setSearch={setSearch} />
      {merged.items.map((item) => (
        <CardOf key={`${item.kind} ${item.id}`} item={item} search={search} setSearch={setSearch} />
      ))}
      {merged.items.length === 0 && <NothingFound search={search} setSearch={setSearch} />}
      {loadMore !== undefined && (
        <Button onClick={loadMore} busy={incidents.loadingMore || evidence.loadingMore}>
          Show earlier
        </Button>
      )}
    </div>
  );
}

interface CardProps {
  readonly search: TimelineSearch;
  readonly setSearch: SetSearch;
}

/** Drawn anew only when it is another: while the list is asked again, the clock goes on, or something is counted it stays. */
const CardOf = memo(OneCard, (before, after) => {
  const { item: was, search, setSearch } = before;
  const { item: is } = after;
  return (
    search === after.search &&
    setSearch === after.setSearch &&
    (was.kind === 'incident'
      ? is.kind === 'incident' && was.incident === is.incident
      : is.kind === 'correlation' && was.correlation === is.correlation)
  );
});

function OneCard({ item, search, setSearch }: CardProps & { readonly item: TimelineItem }) {
  switch (item.kind) {
    case 'incident': {
      const open = search.incident === item.id;
      return (
        <IncidentCard
          incident={item.incident}
          open={open}
          openEvidence={open ? search.evidence : undefined}
          onToggle={() => setSearch({ incident: open ? undefined : item.id, evidence: undefined })}
          onToggleEvidence={(id) =>
            setSearch({ evidence: search.evidence === id ? undefined : id }, { replace: true })
          }
        />
      );
    }
    case 'correlation': {
      const open = search.incident === undefined && search.evidence === item.id;
      return (
        <EvidenceCard
          correlation={item.correlation}
          open={open}
          onToggle={() => setSearch({ evidence: open ? undefined : item.id, incident: undefined })}
        />
      );
    }
    default: {
      const never: never = item;
      return never;
    }
  }
}

/** What the page's address names and the list has not: it is asked for by its name, and comes first. */
function Chosen({ items, search, setSearch }: CardProps & { readonly items: readonly TimelineItem[] }) {
  const { incident, evidence } = search;
  const listed = (id: string | undefined) => id === undefined || items.some((item) => item.id === id);
  const wantsIncident = !listed(incident);
  const wantsEvidence = incident === undefined && !listed(evidence);
  const one = useApi<Incident>(`/incidents/${incident ?? ''}`, {}, { enabled: wantsIncident });
  const other = useApi<Correlation>(`/correlations/${evidence ?? ''}`, {}, { enabled: wantsEvidence });
  if (wantsIncident && one.data !== undefined) {
    const { data } = one;
    return (
      <CardOf
        item={{ kind: 'incident', id: data.id, timeUs: data.lastUs, incident: data }}
        search={search}
        setSearch={setSearch}
      />
    );
  }
  if (wantsEvidence && other.data !== undefined) {
    const { data } = other;
    return (
      <CardOf
        item={{ kind: 'correlation', id: data.id, timeUs: data.timeUs, correlation: data }}
        search={search}
        setSearch={setSearch}
      />
    );
  }
  const error = (wantsIncident ? one.error : null) ?? (wantsEvidence ? other.error : null);
  return error instanceof ApiError ? (
    <p className="timeline-missing" role="status">
      {error.message}
    </p>
  ) : null;
}

function NothingFound({ search, setSearch }: CardProps) {
  const { address, type, score, range } = search;
  const isNarrow = address !== undefined || type !== undefined || score > 0;
  return (
    <EmptyState
      icon="timeline"
      title={isNarrow ? 'Nothing of this was found' : 'Nothing was found'}
      action={
        <div className="row">
          {isNarrow && (
            <Button
              onClick={() =>
                setSearch({ type: undefined, score: undefined, show: undefined, address: undefined })
              }
            >
              Show everything
            </Button>
          )}
          {range !== '30d' && <Button onClick={() => setSearch({ range: '30d' })}>Look 30 days back</Button>}
        </div>
      }
    >
      {isNarrow
        ? 'No incident and no evidence of this time is as the filter wants it.'
        : 'No rule and no scenario found anything in this time. What they find stands here at once; the page Scenarios says what is looked for.'}
    </EmptyState>
  );
}

function LoadingCards() {
  return (
    <div className="timeline-cards" aria-busy="true">
      {Array.from({ length: 6 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <Skeleton key={index} height={94} />
      ))}
    </div>
  );
}

/** Asks again when something is new; while that `waits`, tells how much there is. */
function useNews(
  address: string | undefined,
  waits: boolean,
): { readonly count: number; readonly take: () => void } {
  const match = useCallback(
    ({ src_ip: source = '', dest_ip: target = '' }: LiveRecord) =>
      address === undefined ||
      isNetwork(address) ||
      addressOf(source) === address ||
      addressOf(target) === address,
    [address],
  );
  const { count } = useLive(LIVE_TYPES, 1, { match });
  const [seen, setSeen] = useState(0);
  const newest = useRef(count);
  newest.current = count;
  const isNew = count > seen && !waits;
  useEffect(() => {
    if (!isNew) return;
    const timer = setTimeout(() => {
      setSeen(newest.current);
      refreshTimeline();
    }, REFRESH_MS);
    return () => clearTimeout(timer);
  }, [isNew]);
  const take = () => {
    setSeen(newest.current);
    refreshTimeline();
  };
  return { count: waits ? count - seen : 0, take };
}
