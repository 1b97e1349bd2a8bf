import type { Decision } from '../event/index.ts';
import { fields, flag, list, number, type Shape, text } from './shape.ts';

/** Decisions that are in force. */
export interface DecisionList {
  /** `observe`: none of them is enforced. */
  readonly mode: 'observe' | 'enforce';
  /** How many there are; some may be left out of the list. */
  readonly total: number;
  readonly decisions: readonly Decision[];
  /** What enforces them, by name, with what each counts. */
  readonly enforcers: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** What became of a wish. */
export type DecisionOutcome =
  | { readonly decided: Decision }
  /** In words; `guard`: what refused, by name. */
  | { readonly refused: string; readonly guard: string };

/** What was lifted, or taken back. */
export interface Lifted {
  readonly lifted: readonly Decision[];
}

/** What would be done: lines for people. */
export interface ResponsePlan {
  readonly mode: 'observe' | 'enforce';
  readonly lines: readonly string[];
}

const mode: Shape<'observe' | 'enforce'> = (value): value is 'observe' | 'enforce' =>
  value === 'observe' || value === 'enforce';

const decision = fields<Decision>({
  id: text,
  type: text as Shape<Decision['type']>,
  scope: text as Shape<Decision['scope']>,
  value: text,
  origin: text,
  reason: text,
  scenario: text,
  durationMs: number,
  simulated: flag,
  evidence: list(text),
  askedMs: number,
  author: text,
  createdMs: number,
  untilMs: number,
});

export const isDecisionList = fields<DecisionList>({
  mode,
  total: number,
  decisions: list(decision),
  enforcers: (value): value is DecisionList['enforcers'] => typeof value === 'object' && value !== null,
});
export const isLifted = fields<Lifted>({ lifted: list(decision) });
export const isResponsePlan = fields<ResponsePlan>({ mode, lines: list(text) });

const taken = fields<{ decided: Decision }>({ decided: decision });
const refused = fields<{ refused: string; guard: string }>({ refused: text, guard: text });

export function isDecisionOutcome(value: unknown): value is DecisionOutcome {
  return taken(value) || refused(value);
}
