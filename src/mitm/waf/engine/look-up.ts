import type { Target } from '../seclang/target.ts';
import { VARIABLES } from '../variable/index.ts';
import { expand, type Macro, type Reference } from './macro.ts';
import type { BoundTarget } from './rule.ts';
import type { Transaction } from './transaction.ts';
import type { Value } from './value.ts';

/** Replaces the macros of a text by what the variables hold now; what is not there gives the empty text. */
export function expanded(macro: Macro, transaction: Transaction): string {
  const { parts } = macro;
  if (parts.length === 1 && typeof parts[0] === 'string') return parts[0];
  return expand(macro, (reference) => referenced(reference, transaction));
}

function referenced({ variable, key }: Reference, transaction: Transaction): string {
  if (variable === 'TX') return (key === undefined ? undefined : transaction.variables.get(key)) ?? '';
  if (variable === 'MATCHED_VAR') return transaction.matched.text;
  if (variable === 'MATCHED_VAR_NAME') return transaction.matched.name;
  const source = VARIABLES.get(variable);
  // Macros know nothing of the rule that they stand in: as in libmodsecurity 3.0.9.
  if (source === undefined || variable === 'RULE') return '';
  for (const value of transaction.members(source)) {
    if (key === undefined || value.key === key) return value.text.text;
  }
  return '';
}

/** Adds the members that a target means. */
export function addMembers(
  target: BoundTarget,
  transaction: Transaction,
  values: { push(value: Value): unknown },
): void {
  const { selector, source } = target;
  // One variable of TX, as most rules want it: the others are not listed for it.
  if (source.name === 'TX' && selector?.kind === 'key') {
    const text = transaction.variables.get(selector.key);
    if (target.count) values.push(transaction.passing('TX', selector.key, text === undefined ? '0' : '1'));
    else if (text !== undefined) values.push(transaction.passing('TX', selector.key, text));
    return;
  }
  if (source.name === 'TX' && selector?.kind === 'pattern' && !target.count) {
    for (const [key, text] of transaction.variables) {
      if (selector.pattern.test(key)) values.push(transaction.passing('TX', key, text));
    }
    return;
  }
  const members = transaction.members(source);
  if (target.count) {
    const count =
      selector === undefined ? members.length : members.filter((value) => isMeant(target, value)).length;
    values.push(
      transaction.passing(source.name, selector?.kind === 'key' ? selector.key : '', String(count)),
    );
    return;
  }
  for (let i = 0; i < members.length; i++) {
    const value = members[i]!;
    if (selector === undefined || isMeant(target, value)) values.push(value);
  }
}

/** Whether a target, of the same variable, means this member. */
export function isMeant({ selector }: Target, value: Value): boolean {
  switch (selector?.kind) {
    case undefined:
      return true;
    case 'key':
      return value.key === selector.key;
    case 'pattern':
      return selector.pattern.test(value.key);
    case 'path':
      return value.key === selector.path;
    default:
      return selector satisfies never;
  }
}

/** Whether a target takes a member out. */
export function takesOut(target: Target, value: Value): boolean {
  return value.variable === target.variable && isMeant(target, value);
}
