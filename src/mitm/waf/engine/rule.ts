import type { CompiledOperator } from '../operator/operator.ts';
import type { Target } from '../seclang/target.ts';
import type { Stage, Variable } from '../variable/variable.ts';
import type { Macro } from './macro.ts';
import type { Chain } from './value.ts';

/** What a rule looks at: targets and the transformations over them. Rules that look at the same share one. */
export interface Subject {
  readonly number: number;
  readonly targets: Targets;
  readonly chain: Chain;
  /** Where it is one variable of `TX` as it stands: most rules that steer others look at no more. */
  readonly variable: { readonly key: string; readonly name: string } | undefined;
}

/** The targets of a subject; subjects that differ in their transformations alone share them. */
export interface Targets {
  readonly number: number;
  readonly included: readonly BoundTarget[];
  readonly excluded: readonly BoundTarget[];
  readonly stages: ReadonlySet<Stage>;
  /** Names of the variables that are included. */
  readonly variables: ReadonlySet<string>;
  /** Rules cannot change what they give: they are looked up once in a stage. */
  readonly steady: boolean;
}

/** A target with the variable that it names. */
export interface BoundTarget extends Target {
  readonly source: Variable;
}

/** What to look for. */
export type Test =
  | { readonly kind: 'always' }
  | { readonly kind: 'compiled'; readonly operator: CompiledOperator }
  /** The argument holds macros and is compiled when it is known. */
  | {
      readonly kind: 'macro';
      readonly argument: Macro;
      readonly compile: (argument: string) => CompiledOperator;
    };

/** `setvar`, for one variable. */
export interface Assignment {
  /** `TX`, `IP`, ... */
  readonly collection: string;
  readonly key: Macro;
  readonly change: 'set' | 'add' | 'subtract' | 'unset';
  readonly value: Macro;
}

/** `expirevar`: the variable is gone so many seconds later. */
export interface Expiry {
  readonly collection: string;
  readonly key: Macro;
  readonly seconds: Macro;
}

/** `initcol`: which record of a persistent collection is meant from here on. */
export interface CollectionStart {
  readonly collection: string;
  readonly record: Macro;
}

/** `ctl`: a setting for what is left of this request. */
export type Control =
  | { readonly kind: 'engine'; readonly mode: EngineMode }
  | { readonly kind: 'bodyProcessor'; readonly processor: string }
  | { readonly kind: 'bodyAccess'; readonly direction: 'request' | 'response'; readonly on: boolean }
  | { readonly kind: 'forceBodyVariable'; readonly on: boolean }
  | { readonly kind: 'removeRules'; readonly select: RuleSelection }
  | { readonly kind: 'removeTarget'; readonly select: RuleSelection; readonly target: Target };

/** Which rules are meant. */
export type RuleSelection =
  | { readonly by: 'id'; readonly first: number; readonly last: number }
  | { readonly by: 'tag' | 'message'; readonly text: string };

export type EngineMode = 'on' | 'off' | 'detection';

/** One link of a chain; a rule without `chain` has one. */
export interface Link {
  /** Undefined for a `SecAction`. */
  readonly subject: Subject | undefined;
  readonly test: Test;
  readonly negated: boolean;
  /** The operator as it was written, for whoever explains a match. */
  readonly operatorText: string;
  /** The bit of this link's pattern among those that the prefilter gives a text; -1 for one that needs no literal. */
  readonly bit: number;
  /** Without a bit: under which is noted that it does not match a text; -1 where its argument is known only when it runs. */
  readonly note: number;
  readonly capture: boolean;
  readonly multiMatch: boolean;
  readonly assignments: readonly Assignment[];
  readonly expiries: readonly Expiry[];
  readonly starts: readonly CollectionStart[];
  readonly controls: readonly Control[];
  readonly message: Macro | undefined;
  readonly logData: Macro | undefined;
  readonly next: Link | undefined;
}

/** What happens to the request when a rule matches. */
export type Disruption =
  | { readonly kind: 'pass' }
  | { readonly kind: 'deny' | 'drop'; readonly status: number }
  | { readonly kind: 'redirect'; readonly status: number; readonly to: Macro }
  | { readonly kind: 'allow'; readonly scope: 'all' | 'phase' | 'request' };

export type Phase = 1 | 2 | 3 | 4 | 5;

/** A rule, ready to run. */
export interface Rule {
  readonly id: number;
  readonly phase: Phase;
  readonly link: Link;
  /** By name or number as written, in upper case; empty without. */
  readonly severity: string;
  readonly tags: readonly string[];
  readonly version: string;
  readonly disruption: Disruption;
  readonly log: boolean;
  /** Where to go on when it matches: the place of the marker in its phase; -1 for the next rule. */
  readonly skipTo: number;
  /** So many rules are left out when it matches. */
  readonly skip: number;
  readonly file: string;
  readonly line: number;
}

/** Settings of the rule files that the engine follows. */
export interface EngineSettings {
  readonly mode: EngineMode;
  readonly requestBodyAccess: boolean;
  readonly requestBodyLimit: number;
  readonly requestBodyLimitAction: 'reject' | 'partial';
  readonly responseBodyAccess: boolean;
  readonly responseBodyLimit: number;
  readonly responseBodyLimitAction: 'reject' | 'partial';
  /** Media types whose bodies are looked at, in lower case; undefined: all. */
  readonly responseBodyTypes: ReadonlySet<string> | undefined;
  readonly argumentsLimit: number;
  readonly argumentSeparator: string;
  readonly jsonDepthLimit: number;
  readonly collectionTimeoutSeconds: number;
  readonly webAppId: string;
  readonly componentSignature: string;
}
