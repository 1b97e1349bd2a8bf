import type { Finding } from '../../analysis.ts';

/** Where patterns begin, and how much is known at a time. Windows are in milliseconds. */
export interface SequenceLimits {
  /** Clients that are known; beyond that the longest silent are forgotten. */
  readonly clients: number;
  /** Sessions that are known. */
  readonly sessions: number;
  /** Names that were used for logins and are known. */
  readonly names: number;
  /** Pairs of client and endpoint whose parameters are followed. */
  readonly tried: number;
  readonly windowMs: number;
  /** Different paths without a page, and the share that they have of the client's requests. */
  readonly missingPaths: number;
  readonly missingShare: number;
  /** Different values of one parameter. */
  readonly fuzzValues: number;
  /** Share of them that hold marks, or were answered with errors. */
  readonly fuzzShare: number;
  /** Failed logins of a client, or under one name from several clients. */
  readonly failures: number;
  /** Different names that a client tried, most of them in vain. */
  readonly stuffedNames: number;
  /** Addresses of one session. */
  readonly sessionAddresses: number;
}

export const DEFAULT_SEQUENCES: SequenceLimits = {
  clients: 10_000,
  sessions: 20_000,
  names: 5_000,
  tried: 2_000,
  windowMs: 300_000,
  missingPaths: 12,
  missingShare: 0.3,
  fuzzValues: 12,
  fuzzShare: 0.4,
  failures: 8,
  stuffedNames: 6,
  sessionAddresses: 3,
};

/** Points that grow with a count: `least` where it reaches `from`, `most` at four times as many and above. */
export function growing(count: number, from: number, least: number, most: number): number {
  const share = Math.min(1, (count - from) / (3 * from));
  return Math.round(least + (most - least) * share);
}

/** A finding about a sequence of requests. */
export function sequence(category: string, score: number, reason: string): Finding {
  return { kind: 'sequence', category, score, reason, ruleIds: [] };
}
