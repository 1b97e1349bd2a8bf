import type {
  ReputationPeak,
  SimulatedDecision,
  SimulatedRefusal,
  SimulationResult,
} from './simulation-result.ts';

/** Something about an address, a network or a session that is otherwise on the other side. */
export interface ChangedDecision {
  readonly before: SimulatedDecision;
  readonly after: SimulatedDecision;
}

/** Overflows of a scenario on both sides. */
export interface ChangedScenario {
  readonly scenario: string;
  readonly before: number;
  readonly after: number;
}

/** How bad an address was at its worst on both sides. */
export interface ChangedPeak {
  readonly address: string;
  readonly before: number;
  readonly after: number;
}

/** What is different in a second simulation over the same records. */
export interface SimulationDifference {
  readonly scenarios: readonly ChangedScenario[];
  /** Decisions that would not be taken any more, and that would be taken besides. */
  readonly gone: readonly SimulatedDecision[];
  readonly fresh: readonly SimulatedDecision[];
  /** Decisions about the same, taken at another time or for another length. */
  readonly changed: readonly ChangedDecision[];
  readonly refusalsGone: readonly SimulatedRefusal[];
  readonly refusalsFresh: readonly SimulatedRefusal[];
  /** The greatest differences first. */
  readonly reputations: readonly ChangedPeak[];
  /** How many there are on either side. */
  readonly incidents: { readonly before: number; readonly after: number };
}

/** What is different in `after`. Only what both results list is compared. */
export function differenceOf(before: SimulationResult, after: SimulationResult): SimulationDifference {
  const was = byKey(before.decisions.items);
  const is = byKey(after.decisions.items);
  const refusedBefore = byKey(before.refusals.items);
  const refusedAfter = byKey(after.refusals.items);
  return {
    scenarios: changedScenarios(before, after),
    gone: without(was, is),
    fresh: without(is, was),
    changed: [...was].flatMap(([key, one]) => {
      const other = is.get(key);
      return other !== undefined && isChanged(one, other) ? [{ before: one, after: other }] : [];
    }),
    refusalsGone: without(refusedBefore, refusedAfter),
    refusalsFresh: without(refusedAfter, refusedBefore),
    reputations: changedPeaks(before.reputations.items, after.reputations.items),
    incidents: { before: before.incidents.count, after: after.incidents.count },
  };
}

/** The first, the second, ... decision about the same has the same key on both sides. */
function byKey<T extends SimulatedDecision | SimulatedRefusal>(items: readonly T[]): Map<string, T> {
  const counts = new Map<string, number>();
  return new Map(
    items.map((one) => {
      const about = `${one.type} ${one.scope} ${one.value}`;
      const count = (counts.get(about) ?? 0) + 1;
      counts.set(about, count);
      return [`${about} ${count}`, one];
    }),
  );
}

function without<T>(all: ReadonlyMap<string, T>, others: ReadonlyMap<string, unknown>): readonly T[] {
  return [...all].filter(([key]) => !others.has(key)).map(([, one]) => one);
}

function isChanged(one: SimulatedDecision, other: SimulatedDecision): boolean {
  return one.atUs !== other.atUs || one.untilUs !== other.untilUs || one.simulated !== other.simulated;
}

function changedScenarios(before: SimulationResult, after: SimulationResult): readonly ChangedScenario[] {
  const counts = new Map<string, { before: number; after: number }>();
  for (const { scenario, overflows } of before.scenarios)
    counts.set(scenario, { before: overflows, after: 0 });
  for (const { scenario, overflows } of after.scenarios) {
    counts.set(scenario, { before: counts.get(scenario)?.before ?? 0, after: overflows });
  }
  return [...counts]
    .filter(([, count]) => count.before !== count.after)
    .map(([scenario, count]) => ({ scenario, ...count }));
}

function changedPeaks(
  before: readonly ReputationPeak[],
  after: readonly ReputationPeak[],
): readonly ChangedPeak[] {
  const peaks = new Map<string, { before: number; after: number }>();
  for (const { address, peak } of before) peaks.set(address, { before: peak, after: 0 });
  for (const { address, peak } of after) {
    peaks.set(address, { before: peaks.get(address)?.before ?? 0, after: peak });
  }
  return [...peaks]
    .filter(([, peak]) => peak.before !== peak.after)
    .map(([address, peak]) => ({ address, ...peak }))
    .sort((a, b) => Math.abs(b.before - b.after) - Math.abs(a.before - a.after));
}
