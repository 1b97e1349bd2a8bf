import type { DecisionScope, DecisionType } from '../event/index.ts';
import type { Incident } from './incident/index.ts';

/** What became of a wish. Times in milliseconds since 1970. */
export type Ruling =
  /** There was no such decision before. */
  | {
      readonly kind: 'taken';
      readonly durationMs: number;
      readonly untilMs: number;
      readonly simulated: boolean;
    }
  /** One about the same lasts as long, or now longer. */
  | { readonly kind: 'kept' | 'extended'; readonly untilMs: number }
  /** `guard`: what refused, by name; `reason`: in words. */
  | { readonly kind: 'refused'; readonly guard: string; readonly reason: string };

/** A scenario that ran over. Times in microseconds since 1970. */
export interface ScenarioFigures {
  readonly scenario: string;
  readonly description: string;
  readonly overflows: number;
  /** Addresses and networks that made it do so, at most 1000. */
  readonly about: readonly string[];
  readonly firstUs: number;
  readonly lastUs: number;
}

/** What both decisions and refusals tell of the wish. */
interface Wished {
  readonly type: DecisionType;
  readonly scope: DecisionScope;
  readonly value: string;
  readonly origin: string;
  /** Empty where it is by reputation. */
  readonly scenario: string;
  /** Why, in words. */
  readonly reason: string;
  /** When it would have been decided, in microseconds since 1970. */
  readonly atUs: number;
  /** How long after the first packet of the address, in milliseconds; undefined where that is not known. */
  readonly afterMs: number | undefined;
}

/** A decision that would have been taken. */
export interface SimulatedDecision extends Wished {
  readonly durationMs: number;
  /** Microseconds since 1970; later where more was found while it was in force. */
  readonly untilUs: number;
  /** Its scenario is only tried: it is told of, and not enforced. */
  readonly simulated: boolean;
  /** Further wishes for the same while it was in force. */
  readonly repeated: number;
  /** Connections that its address began while it was in force: they would not have come to be. */
  readonly connectionsAfter: number;
}

/** A decision that a guard would have refused; like ones are counted together. */
export interface SimulatedRefusal extends Wished {
  readonly guard: string;
  readonly refused: string;
  readonly count: number;
}

/** How bad an address was at its worst. */
export interface ReputationPeak {
  readonly address: string;
  /** 0 to 100. */
  readonly peak: number;
  /** Microseconds since 1970. */
  readonly peakUs: number;
  /** What is left of it at the end. */
  readonly left: number;
  /** Pieces of evidence. */
  readonly evidence: number;
}

/** A list that has bounds: what it holds, and how many there were. */
export interface Bounded<T> {
  readonly count: number;
  readonly items: readonly T[];
}

/** What a simulation found. Times in microseconds since 1970. */
export interface SimulationResult {
  readonly records: number;
  /** Times of the first and the last record; undefined without any. */
  readonly firstUs: number | undefined;
  readonly lastUs: number | undefined;
  readonly evidence: number;
  /** Pieces of evidence that exceptions left out. */
  readonly excepted: number;
  readonly overflows: number;
  /** Those with the most overflows first. */
  readonly scenarios: readonly ScenarioFigures[];
  /** The worst first. */
  readonly incidents: Bounded<Incident>;
  /** In the order of time. */
  readonly decisions: Bounded<SimulatedDecision>;
  readonly refusals: Bounded<SimulatedRefusal>;
  /** The worst first. */
  readonly reputations: Bounded<ReputationPeak>;
  /** What may be missing, in words; empty where nothing is. */
  readonly losses: readonly string[];
}
