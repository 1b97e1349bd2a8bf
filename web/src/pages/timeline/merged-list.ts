import type { Correlation, Incident } from './answers.ts';

/** One card of the timeline. */
export type TimelineItem =
  | { readonly kind: 'incident'; readonly id: string; readonly timeUs: number; readonly incident: Incident }
  | {
      readonly kind: 'correlation';
      readonly id: string;
      readonly timeUs: number;
      readonly correlation: Correlation;
    };

/** A list as far as it was fetched. */
export interface Fetched<Item> {
  readonly items: readonly Item[];
  /** True where it goes on. */
  readonly hasMore: boolean;
}

/** Both lists as one, and which of them to go on with; undefined where both are at their end. */
export interface Merged {
  readonly items: readonly TimelineItem[];
  readonly behind: 'incidents' | 'correlations' | undefined;
}

/**
 * Incidents and correlations as one list, the newest first. Down to the time where the shorter of two unfinished lists
 * ends: below it cards would come in between later. Evidence of an incident that is there is not told again. Times in
 * microseconds since 1970.
 */
export function mergedList(
  incidents: Fetched<Incident>,
  correlations: Fetched<Correlation>,
  sinceUs: number,
): Merged {
  const recent = incidents.items.filter(({ lastUs }) => lastUs >= sinceUs);
  // Incidents are not asked for by time: those before it end the list.
  const incidentsGoOn = incidents.hasMore && recent.length === incidents.items.length;
  const endOfIncidents = incidentsGoOn ? (recent.at(-1)?.lastUs ?? Number.POSITIVE_INFINITY) : 0;
  const endOfCorrelations = correlations.hasMore
    ? (correlations.items.at(-1)?.timeUs ?? Number.POSITIVE_INFINITY)
    : 0;
  const end = Math.max(endOfIncidents, endOfCorrelations);
  const items: TimelineItem[] = [];
  for (const incident of recent) {
    if (incident.lastUs >= end)
      items.push({ kind: 'incident', id: incident.id, timeUs: incident.lastUs, incident });
  }
  const told = new Set(recent.map(({ id }) => id));
  for (const correlation of correlations.items) {
    const { timeUs } = correlation;
    // An incident is as new as its newest evidence: whatever is in reach has its incident in reach.
    if (timeUs < end || told.has(correlation.incident)) continue;
    // Other programs' have no name of their own.
    const id = correlation.id || `${timeUs} ${correlation.address}`;
    items.push({ kind: 'correlation', id, timeUs, correlation });
  }
  items.sort((a, b) => b.timeUs - a.timeUs);
  const behind = end === 0 ? undefined : endOfIncidents >= endOfCorrelations ? 'incidents' : 'correlations';
  return { items, behind };
}
