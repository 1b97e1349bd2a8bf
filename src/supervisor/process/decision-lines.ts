import { jsonOf } from '../../control/index.ts';
import type { Decision } from '../../event/index.ts';
import { DECISION_TYPES } from '../../event/index.ts';
import type { DecisionChange } from '../../mitm/gateway/index.ts';

/** Decisions of one line. */
const MOST_OF_LINE = 256;

/** What tells the responder on the topic of wishes that somebody has come who knows no decisions. */
export const ASK_FOR_ALL = JSON.stringify({ all: true });

/** A change as lines of the topic of decisions; many decisions take several lines, of which the first replaces. */
export function decisionLines({ replace, add, remove }: DecisionChange): string[] {
  const lines: string[] = [];
  for (let at = 0; at === 0 || at < add.length || at < remove.length; at += MOST_OF_LINE) {
    lines.push(
      JSON.stringify({
        replace: replace && at === 0,
        add: add.slice(at, at + MOST_OF_LINE),
        remove: remove.slice(at, at + MOST_OF_LINE).map(({ type, scope, value }) => ({ type, scope, value })),
      }),
    );
  }
  return lines;
}

/** Reads such a line; undefined for what is none. */
export function decisionChange(line: string): DecisionChange | undefined {
  const value = jsonOf(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { replace, add, remove } = value as { readonly [name: string]: unknown };
  if (typeof replace !== 'boolean' || !Array.isArray(add) || !Array.isArray(remove)) return undefined;
  if (!add.every(isDecision) || !remove.every(isSubject)) return undefined;
  return { replace, add, remove };
}

/** Whether a line of the topic of wishes asks for all decisions. */
export function asksForAll(line: string): boolean {
  return line === ASK_FOR_ALL;
}

function isDecision(value: unknown): value is Decision {
  if (!isSubject(value)) return false;
  const { id, untilMs, simulated } = value as { readonly [name: string]: unknown };
  return typeof id === 'string' && typeof untilMs === 'number' && typeof simulated === 'boolean';
}

function isSubject(value: unknown): value is Pick<Decision, 'type' | 'scope' | 'value'> {
  if (typeof value !== 'object' || value === null) return false;
  const { type, scope, value: about } = value as { readonly [name: string]: unknown };
  return (
    DECISION_TYPES.some((one) => one === type) &&
    (scope === 'address' || scope === 'range' || scope === 'session') &&
    typeof about === 'string'
  );
}
