import type { Decision, DecisionScope, DecisionType } from '../event/index.ts';
import type { Enforcer } from './enforcer.ts';
import type { EscalationOptions } from './escalation.ts';
import type { GuardOptions } from './guard/index.ts';
import type { DecisionRecord } from './responder-records.ts';

/** How a `Responder` is set up. */
export interface ResponderOptions {
  /** `observe`: decisions are kept, simulated, and no enforcer is touched. */
  readonly mode: 'observe' | 'enforce';
  /** Where decisions are kept; a folder of its own. */
  readonly folder: string;
  readonly enforcers: readonly Enforcer[];
  readonly guards: Omit<GuardOptions, 'now' | 'tell'>;
  /** Gets a record for each thing that happens to a decision. */
  readonly record: (record: DecisionRecord) => void;
  /** Told of what goes wrong, in words for people. */
  readonly tell: (message: string) => void;
  /** Active decisions. Default: 200,000. */
  readonly capacity?: number;
  readonly escalation?: EscalationOptions;
  /** What is in force is compared with what should be so often, in ms. Default: a minute. */
  readonly reconcileMs?: number;
  /** What the guards protect is looked at so often, in ms. Default: 2 s. */
  readonly refreshMs?: number;
  /** An enforcer that does not answer so long is told of and not waited for, in ms. Default: 10 s. */
  readonly patienceMs?: number;
  /** The journal is compacted beyond this. Default: 16 MiB. */
  readonly compactBytes?: number;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
}

/** What became of a wish. */
export type Outcome =
  | { readonly decided: Decision }
  /** In words for people; `guard`: what refused, by name. */
  | { readonly refused: string; readonly guard: string };

/** Which decisions are meant: those that all of the given fields fit. Without any field: none, but for `all`. */
export interface DecisionSelector {
  readonly id?: string;
  readonly type?: DecisionType;
  readonly scope?: DecisionScope;
  /** An address, a network or a session: decisions about exactly this. */
  readonly value?: string;
  readonly origin?: string;
  readonly scenario?: string;
  readonly author?: string;
  readonly all?: true;
}

/** What an undo did. */
export interface Undone {
  readonly lifted: readonly Decision[];
  /** What had been lifted or replaced, and is in force again. */
  readonly restored: readonly Decision[];
}

/** Figures of the responder. */
export interface ResponderStatistics {
  readonly mode: 'observe' | 'enforce';
  /** Active decisions by type. */
  readonly active: Readonly<Record<DecisionType, { readonly enforced: number; readonly simulated: number }>>;
  readonly taken: number;
  /** Wishes for what was decided already, for as long. */
  readonly repeated: number;
  /** Refusals by guard. */
  readonly refused: Readonly<Record<string, number>>;
  readonly expired: number;
  readonly lifted: number;
  /** Decisions that an enforcer could not apply. */
  readonly failed: number;
  /** From `askedMs` to being applied by all enforcers, in ms. */
  readonly latency: { readonly count: number; readonly p50_ms: number; readonly p99_ms: number };
  /** Guards whose sources cannot be read. */
  readonly unreadable: readonly string[];
  readonly book: Readonly<Record<string, number>>;
  readonly enforcers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
