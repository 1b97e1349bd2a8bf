import { type SetSearch, usePageSearch } from '../../app/search.ts';
import { addressOf } from '../../data/address.ts';
import { type TimeRange, timeRangeOf } from '../../design/index.ts';

/** What cards are shown. */
export type Shown = 'all' | 'incidents' | 'evidence';

/** The words in the page's address. */
export interface TimelineSearch {
  readonly address: string | undefined;
  readonly type: string | undefined;
  /** 0 to 100; 0: all. */
  readonly score: number;
  readonly range: TimeRange;
  readonly show: Shown;
  /** The incident and the piece of evidence that are open. */
  readonly incident: string | undefined;
  readonly evidence: string | undefined;
  readonly view: 'timeline' | 'proposals';
}

const NAME = /^[a-z0-9]{1,64}$/;

/** Reads the page's address; what makes no sense is as if it were not there. */
export function useTimelineSearch(): readonly [TimelineSearch, SetSearch] {
  const [search, setSearch] = usePageSearch();
  const { address, type, score = '', show, incident, evidence, view, range } = search;
  return [
    {
      address: address === undefined ? undefined : subjectOf(address),
      type: type !== undefined && /^[a-zA-Z0-9_-]{1,32}$/.test(type) ? type : undefined,
      score: /^\d{1,2}$/.test(score) ? Number(score) : 0,
      range: timeRangeOf(range, '24h'),
      show: show === 'incidents' || show === 'evidence' ? show : 'all',
      incident: incident !== undefined && NAME.test(incident) ? incident : undefined,
      evidence: evidence !== undefined && NAME.test(evidence) ? evidence : undefined,
      view: view === 'proposals' ? 'proposals' : 'timeline',
    },
    setSearch,
  ];
}

/** The address or network that a text names, else undefined. */
export function subjectOf(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.trim().split('/');
  const known = addressOf(address);
  if (known === undefined || rest.length > 0) return undefined;
  if (bits === undefined) return known;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (known.includes(':') ? 128 : 32)
    ? `${known}/${bits}`
    : undefined;
}

/** True of a network: only single addresses have a context. */
export function isNetwork(subject: string): boolean {
  return subject.includes('/');
}
