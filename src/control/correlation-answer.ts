import type { AddressContext } from '../correlate/context/index.ts';
import type { Difference, ExceptionUse, Proposal } from '../correlate/exception/index.ts';
import type { Incident } from '../correlate/incident/index.ts';
import type { Correlation, CorrelationStatistics } from '../correlate/record/index.ts';
import type { Assessment, Explanation, Standing } from '../correlate/reputation/index.ts';
import { fields, flag, list, maybe, number, type Shape, text } from './shape.ts';

/** An address, a network or a JA4 that something speaks against. */
export interface Threat extends Standing {
  /** What was found last, in words. */
  readonly reason: string;
  readonly banned: boolean;
  /** Identifier of its open incident; empty without. */
  readonly incident: string;
}

/** Addresses by their reputation. */
export interface ThreatList {
  readonly threats: readonly Threat[];
  readonly openIncidents: number;
}

/** A connection that web requests came over, as the passive stream tells of it. Empty and -1 where it is not known. */
export interface RequestConnection {
  readonly communityId: string;
  readonly ja4: string;
  readonly tlsVersion: string;
  /** Round trip between sensor and client, in microseconds. */
  readonly rttClientUs: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly application: string;
  readonly tunnel: string;
  /** Of the connection behind the proxy: community id, server, round trip between sensor and server in microseconds. */
  readonly upstream: string;
  readonly upstreamServer: string;
  readonly upstreamRttUs: number;
}

/** All that is known of an address. */
export interface ContextAnswer {
  readonly address: string;
  readonly assessment: Assessment;
  readonly banned: boolean;
  /** Undefined where nothing of it was seen lately. */
  readonly context?: AddressContext | undefined;
  /** The connections of its requests, by community id and time. */
  readonly connections: readonly RequestConnection[];
  readonly incidents: readonly Incident[];
}

/** A reputation with its reasons. */
export interface ReputationAnswer {
  readonly subject: string;
  readonly score: number;
  /** Undefined where nothing speaks against it. */
  readonly explanation?: Explanation | undefined;
}

/** Correlations that were found; cut off: there may be more. */
export interface CorrelationAnswer {
  readonly correlations: readonly Correlation[];
  readonly isCutOff: boolean;
}

/** How many correlations there are. */
export type CorrelationFigures = CorrelationStatistics;

/** A proposal, to be named. */
export type NamedProposal = Proposal & { readonly id: string };

/** What became of a change. */
export interface Changed {
  /** In a sentence. */
  readonly done: string;
  /** What would be different, or is. */
  readonly difference?: Difference | undefined;
}

/** What reputations, and bans by them, go by. */
export interface Tuning {
  readonly sensitivity: string;
  /** Points in an hour. */
  readonly decay: number;
  /** Whether who reaches the threshold is banned; what is banned takes effect in mode `enforce` only. */
  readonly autoBan: boolean;
  readonly threshold: number;
  readonly durationMs: number;
  readonly neverBan: readonly string[];
  /** Own networks. */
  readonly networks: readonly string[];
}

const anything: Shape<unknown> = (value): value is unknown => value !== undefined;
const named = <T>(names: readonly string[]): Shape<T> =>
  fields(Object.fromEntries(names.map((name) => [name, anything]))) as unknown as Shape<T>;

// What comes is from this weir's own hub: the fields that are shown are looked for, their content is printed with care.
export const isThreatList = fields<ThreatList>({
  threats: list(
    named<Threat>(['subject', 'kind', 'score', 'events', 'lastUs', 'reason', 'banned', 'incident']),
  ),
  openIncidents: number,
});
export const isContextAnswer = fields<ContextAnswer>({
  address: text,
  assessment: named<Assessment>(['score', 'decides', 'own']),
  banned: flag,
  context: maybe(named<AddressContext>(['address', 'firstUs', 'lastUs', 'counts', 'timeline'])),
  connections: list(named<RequestConnection>(['communityId', 'ja4', 'tlsVersion', 'rttClientUs'])),
  incidents: list(named<Incident>(['id', 'title', 'steps'])),
});
export const isReputationAnswer = fields<ReputationAnswer>({
  subject: text,
  score: number,
  explanation: maybe(named<Explanation>(['subject', 'score', 'sum', 'contributions'])),
});
export const isCorrelationAnswer = fields<CorrelationAnswer>({
  // Its file may have lines of another program, with less in them.
  correlations: list(named<Correlation>(['ip', 'timestamp'])),
  isCutOff: flag,
});
export const isCorrelationStatistics = fields<CorrelationFigures>({
  total: number,
  high: number,
  banned: number,
  uniqueAddresses: number,
  dropped: number,
  problem: text,
});
export const isIncidents = list(named<Incident>(['id', 'title', 'status', 'severity', 'score', 'steps']));
export const isExceptions = list(named<ExceptionUse>(['id', 'match', 'author', 'reason', 'used']));
export const isProposals = list(named<NamedProposal>(['id', 'kind', 'why']));
export const isChanged = fields<Changed>({ done: text, difference: maybe(anything as Shape<Difference>) });
export const isTuning = fields<Tuning>({
  sensitivity: text,
  decay: number,
  autoBan: flag,
  threshold: number,
  durationMs: number,
  neverBan: list(text),
  networks: list(text),
});
