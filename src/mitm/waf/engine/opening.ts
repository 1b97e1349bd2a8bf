import type { Macro } from './macro.ts';
import type { Link, Rule } from './rule.ts';
import type { Matched, Transaction } from './transaction.ts';

/** What the opening rules leave behind. */
interface Left {
  readonly variables: ReadonlyMap<string, string>;
  readonly matched: Matched;
}

/** Stands for requests whose policy pins nothing. */
const NOTHING_PINNED: ReadonlyMap<string, string> = new Map();

/**
 * The rules at the beginning that look at nothing but what rules before them set, as the settings of a rule set do. They
 * leave the same variables behind for every request with the same pinned ones: they run for the first, and for the
 * others what they left is copied. Rules among them that choose the body's processor have nothing to do with that and
 * run for every request.
 */
export class Opening {
  /** How many rules of the first phase it is. */
  readonly length: number;
  /** Those that run for every request. */
  readonly choosing: readonly Rule[];
  /** By the variables that the policy pins; undefined where the rules did more than set variables. */
  private readonly left = new WeakMap<ReadonlyMap<string, string>, Left | undefined>();

  /** `rules`: of the first phase. */
  constructor(rules: readonly Rule[]) {
    const choosing: Rule[] = [];
    let length = 0;
    for (const rule of rules) {
      if (rule.skipTo >= 0 || rule.skip > 0) break;
      if (choosesProcessor(rule)) choosing.push(rule);
      else if (!isSelfContained(rule)) break;
      length++;
    }
    this.length = length;
    this.choosing = choosing;
  }

  /** Gives a request what the rules left for another one; false where they have to run. */
  copy(transaction: Transaction): boolean {
    const left = this.left.get(transaction.pinned ?? NOTHING_PINNED);
    if (left === undefined) return false;
    for (const [key, value] of left.variables) transaction.variables.set(key, value);
    transaction.matched = left.matched;
    return true;
  }

  /** Keeps what the rules left for a request, unless they did more than to set variables. */
  keep(transaction: Transaction, didMore: boolean): void {
    const pinned = transaction.pinned ?? NOTHING_PINNED;
    if (this.left.has(pinned)) return;
    const { variables, matched } = transaction;
    this.left.set(pinned, didMore ? undefined : { variables: new Map(variables), matched });
  }
}

/** Whether a rule depends on nothing but variables of `TX`, and changes nothing but them unless it tells or ends. */
function isSelfContained(rule: Rule): boolean {
  // One that ends without a word would not be noticed where the engine only detects.
  if (rule.disruption.kind !== 'pass' && !rule.log) return false;
  for (let link: Link | undefined = rule.link; link !== undefined; link = link.next) {
    const { subject, test } = link;
    if (subject?.targets.included.some(({ variable }) => variable !== 'TX') === true) return false;
    if (test.kind === 'macro' && !isOfVariables(test.argument)) return false;
    if (link.controls.length + link.starts.length + link.expiries.length > 0) return false;
    const sets = link.assignments.every(
      ({ collection, key, value }) => collection === 'TX' && isOfVariables(key) && isOfVariables(value),
    );
    if (!sets) return false;
  }
  return true;
}

/** Whether all that a rule does is to choose the processor of the body, by what is no variable of `TX`. */
function choosesProcessor({ link, log, disruption, severity }: Rule): boolean {
  const { subject, test } = link;
  return (
    link.next === undefined &&
    !log &&
    disruption.kind === 'pass' &&
    severity === '' &&
    subject?.targets.steady === true &&
    test.kind === 'compiled' &&
    !link.capture &&
    link.assignments.length + link.starts.length + link.expiries.length === 0 &&
    link.controls.every(({ kind }) => kind === 'bodyProcessor')
  );
}

function isOfVariables({ parts }: Macro): boolean {
  return parts.every((part) => typeof part === 'string' || part.variable === 'TX');
}
