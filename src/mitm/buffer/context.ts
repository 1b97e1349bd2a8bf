import { redactText } from '../waf/redact.ts';
import type { Catalogue, Summary } from './catalogue.ts';

/** A name and how often it was there. */
export interface Count {
  readonly name: string;
  readonly count: number;
}

/** Requests of one browser or tool, told apart by user agent and session cookies, without a long pause. */
export interface Session {
  readonly firstUs: number;
  readonly lastUs: number;
  readonly requests: number;
  readonly userAgent: string;
}

/** What an address did within a time. */
export interface AddressContext {
  readonly address: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly requests: number;
  readonly blocked: number;
  /** 0 to 100. */
  readonly highestScore: number;
  /** Times of the first and last request; 0 where there is none. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** The most frequent first, so many of each. */
  readonly hosts: readonly Count[];
  readonly paths: readonly Count[];
  readonly methods: readonly Count[];
  readonly statuses: readonly Count[];
  readonly categories: readonly Count[];
  readonly userAgents: readonly Count[];
  /** The latest ones, the newest first; `sessionCount` says how many there were. */
  readonly sessions: readonly Session[];
  readonly sessionCount: number;
}

/** Rows of each list. */
const MOST_ROWS = 20;
const MOST_SESSIONS = 50;
/** A pause after which a session is another one: half an hour, as web statistics have it. */
const SESSION_PAUSE_US = 30 * 60 * 1e6;
/** Requests of an address that are looked at. */
const MOST_REQUESTS = 10_000;

/**
 * What an address, or a network, did in the time before `nowUs`.
 *
 * @throws BufferError for what is no address
 */
export function contextOf(
  catalogue: Catalogue,
  address: string,
  windowSeconds: number,
  nowUs: number,
): AddressContext {
  const fromUs = Math.max(0, nowUs - windowSeconds * 1e6);
  const found = catalogue.select({ address, fromUs, most: MOST_REQUESTS }).reverse();
  const count = (values: (summary: Summary) => readonly string[]): Count[] =>
    topCounts(found.flatMap(values));
  const sessions = sessionsOf(found);
  return {
    address,
    fromUs,
    toUs: nowUs,
    requests: found.length,
    blocked: found.filter(({ blocked }) => blocked).length,
    highestScore: found.reduce((highest, { score }) => Math.max(highest, score), 0),
    firstUs: found[0]?.timeUs ?? 0,
    lastUs: found.at(-1)?.timeUs ?? 0,
    hosts: count(({ host }) => [host]),
    paths: count(({ path }) => [redactText(path)]),
    methods: count(({ method }) => [method]),
    statuses: count(({ status }) => (status === 0 ? [] : [String(status)])),
    categories: count(({ categories }) => categories),
    userAgents: count(({ userAgent }) => (userAgent === '' ? [] : [redactText(userAgent)])),
    sessions: sessions.slice(-MOST_SESSIONS).reverse(),
    sessionCount: sessions.length,
  };
}

/** How often each value is there, the most frequent first. */
export function topCounts(values: Iterable<string>, most = MOST_ROWS): Count[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
    .slice(0, most);
}

/** Sessions in the order in which they ended; `found` from the oldest to the newest. */
function sessionsOf(found: readonly Summary[]): Session[] {
  const open = new Map<string, { firstUs: number; lastUs: number; requests: number; userAgent: string }>();
  const sessions: Session[] = [];
  for (const { client, session, timeUs, userAgent } of found) {
    const key = `${client} ${session}`;
    const known = open.get(key);
    if (known !== undefined && timeUs - known.lastUs <= SESSION_PAUSE_US) {
      known.lastUs = timeUs;
      known.requests++;
      continue;
    }
    const begun = { firstUs: timeUs, lastUs: timeUs, requests: 1, userAgent: redactText(userAgent) };
    open.set(key, begun);
    sessions.push(begun);
  }
  return sessions.sort((a, b) => a.lastUs - b.lastUs);
}
