/** What can be decided about an address; `allow` is an exception from all others. */
export const DECISION_TYPES = ['ban', 'throttle', 'redirect', 'captcha', 'allow'] as const;

/** What is to be done with traffic. */
export type DecisionType = (typeof DECISION_TYPES)[number];

/** What a decision is about: an address, a network, or a session that the proxy knows (`cookie:…`, `ja4:…`). */
export type DecisionScope = 'address' | 'range' | 'session';

/** What somebody wants to be decided: the correlator, a user, CrowdSec. The responder may refuse it. */
export interface Wish {
  readonly type: DecisionType;
  readonly scope: DecisionScope;
  /** An address in its short form, a network as `203.0.113.0/24`, or a session. */
  readonly value: string;
  /** Who asks: `scenario`, `reputation`, `user`, `crowdsec`, `list`. */
  readonly origin: string;
  /** Why, in words for people. */
  readonly reason: string;
  /** Name of the scenario; empty where there is none. */
  readonly scenario: string;
  readonly durationMs: number;
  /** Told of, and not enforced. */
  readonly simulated: boolean;
  /** Where the evidence is: identifiers of correlations, at most 16. */
  readonly evidence: readonly string[];
  /** When the record came that led to this, in milliseconds since 1970; how fast decisions are is counted from it. */
  readonly askedMs: number;
  /** Who asks in person, for the log of decisions: a user's name; empty for a program. */
  readonly author: string;
}

/** A decision that was taken. */
export interface Decision extends Wish {
  /** Unique, of 20 lower-case letters and digits. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  readonly untilMs: number;
}
