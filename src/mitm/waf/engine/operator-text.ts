import { OPERATORS } from '../operator/index.ts';
import type { Operator } from '../operator/operator.ts';
import { DirectiveError } from '../seclang/mistake.ts';
import { nearMiss } from '../seclang/near-miss.ts';

/** Reads the operator of a rule: `!@pm a b`; without `@` it is a regular expression. Throws {@link DirectiveError}. */
export function readOperator(text: string): {
  readonly operator: Operator;
  readonly argument: string;
  readonly negated: boolean;
} {
  const match = /^\s*(!?)\s*(?:@([A-Za-z0-9]+)(?:\s+|$))?([\s\S]*)$/.exec(text);
  const name = match?.[2] ?? 'rx';
  const operator = OPERATORS.get(name.toLowerCase());
  if (match === null || operator === undefined) {
    const names = [...OPERATORS.values()].map((known) => known.name);
    throw new DirectiveError(`@${name} is no operator${nearMiss(name, names)}`);
  }
  return { operator, argument: match[3] ?? '', negated: match[1] === '!' };
}
