import { readOperator } from './engine/operator-text.ts';
import type { Phase, Rule } from './engine/rule.ts';
import type { RuleSet } from './engine/rule-set.ts';
import { LimitError } from './operator/operator.ts';
import type { Part } from './redact.ts';
import type { Match } from './verdict.ts';

/** A rule by its identifier; undefined where there is none. */
export function ruleById(rules: RuleSet, id: number): Rule | undefined {
  const phases: readonly Phase[] = [1, 2, 3, 4, 5];
  for (const phase of phases) {
    const found = rules.rules(phase).find((rule) => rule.id === id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Which part of a match's value the operator found; undefined where there is no such part, as with numbers, negated
 * operators and what libinjection says of a value as a whole.
 */
export function matchedPart(rules: RuleSet, match: Match): Part | undefined {
  const link = ruleById(rules, match.id)?.link;
  if (link === undefined || link.negated || link.test.kind !== 'compiled' || match.value === '')
    return undefined;
  const { operator } = link.test;
  const captures: string[] = [];
  try {
    if (!operator.matches(match.value, captures)) return undefined;
  } catch (error) {
    if (error instanceof LimitError) return undefined;
    throw error;
  }
  const { name } = readOperator(link.operatorText).operator;
  // Its capture is a fingerprint.
  if (name === 'detectSQLi') return undefined;
  const literals = operator.required?.length === 1 ? operator.required[0] : undefined;
  const text = captures[0] ?? (literals?.length === 1 ? literals[0] : undefined) ?? '';
  return text === '' ? undefined : place(match.value, text);
}

function place(value: string, text: string): Part | undefined {
  const exact = value.indexOf(text);
  // Phrases are captured as the rule writes them.
  const start = exact >= 0 ? exact : value.toLowerCase().indexOf(text.toLowerCase());
  return start < 0 ? undefined : { start, length: text.length };
}
