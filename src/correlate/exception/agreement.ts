import type { Verdict } from './marks.ts';

/** Evidence that is named in a proposal. */
const MOST_NAMED = 100;

/** How sure it is that what was marked false will be false again: by how many, and by how many people. */
export function confidence(agreeing: number, all: number, authors: number): number {
  const people = authors >= 3 ? 1 : authors === 2 ? 0.85 : 0.7;
  return Math.round(((agreeing + 1) / (all + 2)) * people * 100) / 100;
}

/** Ids of evidence for a proposal. */
export function named(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.slice(0, MOST_NAMED).map(({ evidenceId }) => evidenceId);
}

/** Everybody who marked any of these. */
export function authorsOf(verdicts: readonly Verdict[]): readonly string[] {
  return [...new Set(verdicts.flatMap(({ authors }) => authors))].toSorted();
}
