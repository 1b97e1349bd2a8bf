import type { WebTransaction } from '../transaction.ts';

/** What one of the analysers of buffer B found in a transaction. */
export interface Finding {
  /** Which analyser: `waf` (all rules at full paranoia), `rate`, `sequence`, `session`, `anomaly`. */
  readonly kind: 'waf' | 'rate' | 'sequence' | 'session' | 'anomaly';
  /** What it is a sign of: a category of the WAF (`sqli`, `scanner`), or `rate`, `enumeration`, `brute_force`, `unusual` ... */
  readonly category: string;
  /** 0 to 100: how much it counts. */
  readonly score: number;
  /** In words, for people: what was seen and what was expected. Redacted: no secrets of the request. */
  readonly reason: string;
  /** Rules that matched, for `waf`. */
  readonly ruleIds: readonly number[];
}

/** What all analysers together say of a transaction. */
export interface Analysis {
  readonly findings: readonly Finding[];
  /** 0 to 100. */
  readonly score: number;
  /** Without repetitions, the heaviest first. */
  readonly categories: readonly string[];
}

/** Reads the copies in buffer B, off the live path. */
export interface Analyser {
  analyse(transaction: WebTransaction): Promise<Analysis>;
  /** What was learned, as plain JSON, bounded; absent where nothing is. */
  snapshot?(): unknown;
  /** Takes what a snapshot gave; undefined: nothing was learned. Throws for anything else, and changes nothing then. */
  restore?(snapshot: unknown): void;
  /** Numbers for the status, all of them bounded. */
  statistics(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}
