import type { SimulationResult } from '../simulation-result.ts';

/** A mistake in a text of scenarios; line and column from 1, 0 where it concerns the text whole. */
export interface TrialMistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A scenario that was found in a text. */
export interface TrialScenario {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  readonly line: number;
  readonly scope: string;
  readonly remediation: boolean;
  readonly banMs?: number | undefined;
  readonly simulated: boolean;
  readonly evidence: string;
  readonly threat: number;
  readonly techniques: readonly string[];
}

/** What was found in a text of scenarios. */
export interface CheckedScenarios {
  readonly mistakes: readonly TrialMistake[];
  readonly scenarios: readonly TrialScenario[];
}

/** What scenarios are tried with. */
export interface TrialSettings {
  /** Own networks, as the configuration has them. */
  readonly networks: readonly string[];
  /** Whom nobody may ban: addresses and networks. */
  readonly neverBan: readonly string[];
}

/** What the thread begins with. */
export type TrialStart =
  | { readonly kind: 'check'; readonly text: string }
  | { readonly kind: 'run'; readonly text: string; readonly settings: TrialSettings };

/** What the thread is told: records as lines of JSON, and that there are no more. */
export type TrialInput = { readonly lines: readonly string[] } | { readonly end: true };

/** What the thread tells. */
export type TrialOutput =
  | { readonly kind: 'checked'; readonly checked: CheckedScenarios }
  /** The records so far are through: the next may come. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'result'; readonly result: SimulationResult };
