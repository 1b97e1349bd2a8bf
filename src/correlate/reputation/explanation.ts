import type { EvidenceType } from '../evidence.ts';
import { type Decay, repeated } from './decay.ts';
import { earlierPoints, pointsOf, type Subject, type SubjectKind } from './subject.ts';

/** The highest score that is shown. */
export const HIGHEST = 100;

/** What like evidence of one minute has to do with a score. */
export interface Contribution {
  readonly type: EvidenceType;
  /** Name of the scenario or rule. */
  readonly source: string;
  /** Who did it; for a network or a JA4 one of its addresses. */
  readonly address: string;
  readonly reason: string;
  /** Evidence of which it consists: the first pieces of `count`. */
  readonly evidence: readonly string[];
  readonly count: number;
  /** Microseconds since 1970, of the first and the last piece. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** Points of one piece of it: its type's or source's, the sensitivity, the share of this kind of subject. */
  readonly weight: number;
  /** Points of all its pieces when they were fresh. */
  readonly fresh: number;
  /** Points that are left at the time of the explanation. */
  readonly left: number;
}

/** Older evidence for whose single reasons there was no room. */
export interface EarlierContribution {
  readonly count: number;
  /** Microseconds since 1970: from the first piece to the end of the last one's minute. */
  readonly firstUs: number;
  readonly untilUs: number;
  readonly left: number;
}

/** Why a subject has its score. */
export interface Explanation {
  readonly subject: string;
  readonly kind: SubjectKind;
  readonly nowUs: number;
  /** 0 to 100. */
  readonly score: number;
  /** `earlier.left` and then each `left`, added in this order; the score is this, or 100 where it is more. */
  readonly sum: number;
  readonly capped: boolean;
  readonly earlier: EarlierContribution | undefined;
  /** Oldest first. */
  readonly contributions: readonly Contribution[];
}

/** A sum of points as a score. */
export function shownScore(sum: number): number {
  return Math.min(HIGHEST, sum);
}

/** Every point of a subject at a time. */
export function explanationOf(subject: Subject, decay: Decay, nowUs: number): Explanation {
  const { earlier } = subject;
  const before = earlier && {
    count: earlier.count,
    firstUs: earlier.firstUs,
    untilUs: earlier.sinceUs,
    left: earlierPoints(earlier, decay, nowUs),
  };
  let sum = before?.left ?? 0;
  const contributions: Contribution[] = [];
  for (const group of subject.groups) {
    const left = pointsOf(group, decay, nowUs);
    sum += left;
    if (left === 0) continue;
    const { type, source, address, reason, ids, count, firstUs, lastUs, weight } = group;
    contributions.push({
      type,
      source,
      address,
      reason,
      evidence: [...ids],
      count,
      firstUs,
      lastUs,
      weight,
      fresh: weight * repeated(count),
      left,
    });
  }
  return {
    subject: subject.key,
    kind: subject.kind,
    nowUs,
    score: shownScore(sum),
    sum,
    capped: sum > HIGHEST,
    earlier: before,
    contributions,
  };
}
