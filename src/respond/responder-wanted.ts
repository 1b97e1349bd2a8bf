import type { Decision } from '../event/index.ts';
import { type DecisionBook, decisionPrefix } from './decision-book.ts';
import type { Enforcer } from './enforcer.ts';

/**
 * A decision as this enforcer is to have it in force; undefined where it is not to: it is simulated, has ended, is not of
 * its kind, or an `allow` stands before it.
 */
export function wantedBy(
  enforcer: Enforcer,
  decision: Decision | undefined,
  book: DecisionBook,
  nowMs: number,
): Decision | undefined {
  if (decision === undefined || decision.simulated || decision.untilMs <= nowMs) return undefined;
  if (!enforcer.handles(decision) || book.allowFor(decision) !== undefined) return undefined;
  // A network with an allowed part is for those that can leave out the part.
  return book.allowsWithin(decision).every((allow) => enforcer.handles(allow)) ? decision : undefined;
}

/** All decisions that this enforcer is to have in force. */
export function allWantedBy(enforcer: Enforcer, book: DecisionBook, nowMs: number): Decision[] {
  const wanted: Decision[] = [];
  for (const decision of book.all()) {
    if (wantedBy(enforcer, decision, book, nowMs) !== undefined) wanted.push(decision);
  }
  return wanted;
}

/** Enforced decisions that an allow among these stands before, or stood. */
export function affectedByAllows(decisions: readonly Decision[], book: DecisionBook): Decision[] {
  const allows = decisions.filter(({ type }) => type === 'allow');
  if (allows.length === 0) return [];
  const affected = book.overlapping(allows.flatMap((allow) => decisionPrefix(allow) ?? []));
  for (const { scope, value } of allows) {
    if (scope === 'session') for (const decision of book.about(value)) affected.add(decision);
  }
  return [...affected].filter(({ type, simulated }) => type !== 'allow' && !simulated);
}
