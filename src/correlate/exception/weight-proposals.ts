import { DEFAULT_WEIGHTS } from '../reputation/index.ts';
import { authorsOf, confidence, named } from './agreement.ts';
import type { Verdict } from './marks.ts';

/** A lower weight for a source that was wrong in most cases: an entry for `overrides` of the reputation. */
export interface WeightProposal {
  readonly kind: 'weight';
  /** `Evidence.source`. */
  readonly source: string;
  /** Points now, and as proposed, before the factor of the sensitivity. */
  readonly weight: number;
  readonly proposed: number;
  readonly falsePositives: number;
  /** Marked true, or disputed. */
  readonly truePositives: number;
  /** Ids of those marked false, at most 100. */
  readonly evidence: readonly string[];
  readonly authors: readonly string[];
  /** 0 to 1. */
  readonly confidence: number;
  readonly why: string;
}

/** Marked pieces of a source before its weight is thought about. */
const LEAST_MARKED = 5;

/** Lower weights for sources of whose marked evidence more than half was false, in proportion to what was not. */
export function weightProposals(
  verdicts: readonly Verdict[],
  overrides: Readonly<Record<string, number>>,
): readonly WeightProposal[] {
  const proposals: WeightProposal[] = [];
  for (const [source, marked] of Map.groupBy(verdicts, ({ facts }) => facts.scenario)) {
    const wrong = marked.filter(({ verdict }) => verdict === 'false');
    const [first] = wrong;
    if (source === '' || first === undefined) continue;
    if (marked.length < LEAST_MARKED || 2 * wrong.length <= marked.length) continue;
    const weight = Object.hasOwn(overrides, source) ? overrides[source]! : DEFAULT_WEIGHTS[first.facts.type];
    const right = marked.length - wrong.length;
    const proposed = Math.round((weight * (right + 1)) / (marked.length + 2));
    if (proposed >= weight) continue;
    const authors = authorsOf(wrong);
    const people = authors.length === 1 ? '1 person' : `${authors.length} people`;
    proposals.push({
      kind: 'weight',
      source,
      weight,
      proposed,
      falsePositives: wrong.length,
      truePositives: right,
      evidence: named(wrong),
      authors,
      confidence: confidence(wrong.length, marked.length, authors.length),
      why: `${source}: ${wrong.length} of ${marked.length} marked false by ${people}; weight ${weight} to ${proposed}`,
    });
  }
  return proposals;
}
