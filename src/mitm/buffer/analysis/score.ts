import type { Analysis, Finding } from '../analysis.ts';

/** Findings of a transaction that are kept: the heaviest. */
const MOST_FINDINGS = 16;

/**
 * Joins what was found to one score. Each finding is taken for independent evidence that so many times out of a
 * hundred something is wrong: together they give 100 (1 - (1 - a/100) (1 - b/100) ...). One heavy finding decides,
 * several light ones add up, and nothing exceeds 100.
 */
export function joinFindings(findings: readonly Finding[]): Analysis {
  if (findings.length === 0) return NOTHING;
  const kept = [...findings].sort((a, b) => b.score - a.score).slice(0, MOST_FINDINGS);
  const categories = new Map<string, number>();
  for (const { category, score } of kept) {
    categories.set(category, together([categories.get(category) ?? 0, score]));
  }
  return {
    findings: kept,
    score: Math.round(together(kept.map(({ score }) => score))),
    categories: [...categories].sort(([, a], [, b]) => b - a).map(([category]) => category),
  };
}

const NOTHING: Analysis = { findings: [], score: 0, categories: [] };

/** Scores of 0 to 100 as independent evidence. */
export function together(scores: readonly number[]): number {
  let rest = 1;
  for (const score of scores) rest *= 1 - Math.min(100, Math.max(0, score)) / 100;
  return 100 * (1 - rest);
}
