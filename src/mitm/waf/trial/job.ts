import type { RuleExplanation } from '../explain.ts';
import type { Part } from '../redact.ts';
import type { Mistake } from '../seclang/mistake.ts';

/** Rules of a trial: those that are in force, a Core Rule Set, or only what is given. */
export interface TrialRules {
  /** Undefined: none. `''`: Debian's. */
  readonly crs?: string | undefined;
  /** Files and folders that the configuration names. */
  readonly files?: readonly string[] | undefined;
  readonly paranoia?: number | undefined;
  /** Rules that somebody gave as a text; they read no files. */
  readonly text?: string | undefined;
}

/** What is asked of the thread. */
export type TrialJob =
  | { readonly kind: 'check'; readonly text: string }
  | { readonly kind: 'test'; readonly request: string; readonly client: string; readonly rules: TrialRules }
  | { readonly kind: 'catalogue'; readonly rules: TrialRules };

/** What is in rules. */
export interface RuleCounts {
  readonly rules: number;
  readonly phases: Readonly<Record<string, number>>;
  /** By level of the Core Rule Set; `none` for rules that have none. */
  readonly paranoia: Readonly<Record<string, number>>;
  /** Rules that cannot run on this machine, and why. */
  readonly leftOut: readonly string[];
}

/** What was found in a text of rules. */
export interface CheckedRules {
  readonly mistakes: readonly Mistake[];
  /** Undefined where there are mistakes. */
  readonly counts?: RuleCounts | undefined;
}

/** A rule that matched. Text is binary, secrets are taken out. */
export interface TrialMatch {
  readonly id: number;
  readonly phase: number;
  readonly message: string;
  readonly data: string;
  readonly severity: string;
  readonly tags: readonly string[];
  readonly category: string;
  readonly variable: string;
  readonly value: string;
  /** Where in `value` the match is; undefined where that is not known, or is not shown. */
  readonly part?: Part | undefined;
  readonly operator: string;
  readonly line: number;
}

/** How a request was judged. */
export interface TrialVerdict {
  readonly method: string;
  readonly target: string;
  /** Nothing would be blocked, whatever matched. */
  readonly detectionOnly: boolean;
  readonly action: 'pass' | 'deny' | 'drop' | 'redirect';
  readonly status: number;
  readonly location: string;
  /** The rule that decided; 0 where none did. */
  readonly ruleId: number;
  /** Why it could not be judged wholly; empty where it was. */
  readonly limit: string;
  readonly score: { readonly inbound: number; readonly outbound: number };
  readonly categories: readonly {
    readonly category: string;
    readonly matches: number;
    readonly points: number;
  }[];
  readonly matches: readonly TrialMatch[];
  readonly rules: number;
  /** Milliseconds that judging took. */
  readonly tookMs: number;
}

/** A rule with its text. */
export interface TrialRule extends RuleExplanation {
  readonly text: string;
  readonly category: string;
}

/** All rules of a trial. */
export interface RuleCatalogue {
  /** Where they come from, in words. */
  readonly origin: string;
  readonly counts: RuleCounts;
  /** At most 20,000. */
  readonly rules: readonly TrialRule[];
}

/** What the thread answers. */
export type TrialAnswer =
  | { readonly kind: 'check'; readonly checked: CheckedRules }
  | { readonly kind: 'test'; readonly verdict: TrialVerdict }
  | { readonly kind: 'catalogue'; readonly catalogue: RuleCatalogue }
  /** What was asked cannot be done: in words, with the mistakes of rules where it is those. */
  | { readonly kind: 'refused'; readonly reason: string; readonly mistakes: readonly Mistake[] };
