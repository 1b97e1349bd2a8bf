import type { Static } from 'typebox';
import type {
  DecidedSchema,
  DecisionSchema,
  DecisionsSchema,
  LiftedSchema,
  PlanBody,
  PlanSchema,
} from '../../../src/api/schema/decisions.ts';
import type {
  DifferenceSchema,
  ExceptionMatchSchema,
  ExceptionSchema,
} from '../../../src/api/schema/exceptions.ts';

/** What was decided about an address, a network or a session. */
export type Decision = Static<typeof DecisionSchema>;
/** What is done with the traffic. */
export type DecisionType = Decision['type'];
/** `GET /api/v1/decisions`: a page of what is in force, and who enforces it. */
export type Decisions = Static<typeof DecisionsSchema>;
/** Whether decisions take effect. */
export type Mode = Decisions['mode'];
/** A decision that is thought of. */
export type DecisionWish = Static<typeof PlanBody>;
/** What it would do. */
export type Plan = Static<typeof PlanSchema>;
/** What was decided. */
export type Decided = Static<typeof DecidedSchema>;
/** What was lifted, or taken back. */
export type Lifted = Static<typeof LiftedSchema>;

/** What does not count as evidence. */
export type Exception = Static<typeof ExceptionSchema>;
/** What an exception is for. */
export type ExceptionMatch = Static<typeof ExceptionMatchSchema>;
/** What would have been different. */
export type Difference = Static<typeof DifferenceSchema>;
