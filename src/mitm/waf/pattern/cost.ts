import type { ByteSet } from './bytes.ts';
import { areExclusive } from './exclusive.ts';
import { beginningOf, beginningOfAll, startsOf } from './first.ts';
import { type Expression, partsOf, type Repetition, some } from './syntax.ts';
import { widthOf } from './width.ts';

/** A bound for a number that depends on the length n of a value: `factor * n ** degree`, or `base ** n`. */
export type Growth =
  | { readonly kind: 'polynomial'; readonly factor: number; readonly degree: number }
  | { readonly kind: 'exponential'; readonly base: number };

const ONE: Growth = { kind: 'polynomial', factor: 1, degree: 0 };
/** Beyond these a polynomial is as bad as an exponential. */
const MOST_DEGREE = 8;
const MOST_FACTOR = 1e12;
/** Repetitions that count as a factor; more count as if there were no bound. */
const FEW = 32;

interface Cost {
  /** Ways in which it can match from one place, as backtracking tries them all. */
  readonly ways: Growth;
  /** Steps to try them all. */
  readonly steps: Growth;
}

/**
 * Steps that a backtracking matcher takes at most to search a value for the expression, up to a constant: an upper
 * bound, for many expressions far from reached.
 */
export function searchCost(root: Expression): Growth {
  const { steps } = costOf(root);
  if (steps.kind === 'exponential') return steps;
  if (steps.degree === 0) return times(steps, growth(1, 1));
  // Where no unbounded part can run over the start of another match, the runs from different starts hardly overlap:
  // each place is passed as often as bounded parts can take a starting byte.
  const starts = startsOf(root);
  const overlap = passesOver(root, starts);
  if (overlap !== undefined) return times(steps, growth(1 + overlap, 0));
  return times(steps, growth(1, 1));
}

const cache = new WeakMap<Expression, Cost>();

function costOf(expression: Expression): Cost {
  const known = cache.get(expression);
  if (known !== undefined) return known;
  const cost = estimate(expression);
  cache.set(expression, cost);
  return cost;
}

function estimate(expression: Expression): Cost {
  switch (expression.kind) {
    case 'empty':
    case 'byte':
    case 'assertion':
      return { ways: ONE, steps: ONE };
    case 'sequence':
      return sequenceCost(expression.items);
    case 'alternation': {
      const costs = expression.branches.map(costOf);
      const ways = costs.map((cost) => cost.ways);
      return {
        ways: areExclusive(expression.branches) ? ways.reduce(larger) : ways.reduce(plus),
        steps: costs.map((cost) => cost.steps).reduce(plus),
      };
    }
    case 'repeat':
      return repetitionCost(expression);
    case 'capture':
      return costOf(expression.item);
    case 'atomic':
    case 'look':
      return { ways: ONE, steps: plus(costOf(expression.item).steps, ONE) };
    case 'reference':
      return { ways: ONE, steps: growth(1, 1) };
    default:
      return expression satisfies never;
  }
}

function sequenceCost(items: readonly Expression[]): Cost {
  let ways = ONE;
  let steps: Growth = growth(0, 0);
  for (const [index, item] of items.entries()) {
    const cost = costOf(item);
    steps = plus(steps, times(ways, cost.steps));
    if (endsOnlyOnce(item, items, index + 1)) steps = plus(steps, times(ways, cost.ways));
    else ways = times(ways, cost.ways);
  }
  return { ways, steps };
}

/**
 * Whether of all the ends of a repetition only the last lets the rest of the sequence begin: another repetition could
 * begin at all the others.
 */
function endsOnlyOnce(item: Expression, items: readonly Expression[], from: number): boolean {
  const repeat = item.kind === 'capture' ? item.item : item;
  if (repeat.kind !== 'repeat' || !isSingle(costOf(repeat.item).ways)) return false;
  const again = beginningOf(repeat.item);
  const rest = beginningOfAll(items, from);
  return !again.open && !rest.open && !again.set.meets(rest.set);
}

function repetitionCost({ item, least, most }: Repetition): Cost {
  const { ways, steps } = costOf(item);
  if (most === 0) return { ways: ONE, steps: ONE };
  if (widthOf(item)[1] === 0 && most === Number.POSITIVE_INFINITY)
    return { ways: growth(2, 0), steps: plus(steps, ONE) };
  if (most <= 1) return { ways: least === 1 ? ways : plus(ways, ONE), steps: plus(steps, ONE) };
  if (isSingle(ways) && widthOf(item)[0] > 0) {
    if (most <= FEW) return { ways: growth(most - least + 1, 0), steps: times(steps, growth(most, 0)) };
    // Runs of one body after the other do not overlap, and what is more than linear in a run stays so in their sum;
    // but each round may look as far as it likes.
    const constant = steps.kind === 'polynomial' && steps.degree === 0;
    const all = constant || some(item, looksFar) ? times(steps, growth(1, 1)) : steps;
    return { ways: least === most ? ONE : growth(1, 1), steps: all };
  }
  if (most <= FEW) {
    let total = ONE;
    let work: Growth = growth(0, 0);
    for (let i = 0; i < most; i++) {
      work = plus(work, times(total, steps));
      total = times(total, i < least ? ways : plus(ways, ONE));
    }
    return { ways: total, steps: work };
  }
  const base = ways.kind === 'exponential' ? ways.base : 2 * Math.max(1, ways.factor);
  return { ways: { kind: 'exponential', base }, steps: { kind: 'exponential', base } };
}

/**
 * How many bytes of the set the bounded parts of an expression can take; undefined when an unbounded part can take some.
 */
function passesOver(expression: Expression, set: ByteSet): number | undefined {
  switch (expression.kind) {
    case 'empty':
    case 'assertion':
      return 0;
    case 'byte':
      return expression.set.meets(set) ? 1 : 0;
    case 'repeat': {
      const once = passesOver(expression.item, set);
      if (once === undefined || once === 0) return once;
      return expression.most === Number.POSITIVE_INFINITY ? undefined : once * expression.most;
    }
    case 'reference':
      return undefined;
    default: {
      let sum = 0;
      let most = 0;
      for (const part of partsOf(expression)) {
        const passes = passesOver(part, set);
        if (passes === undefined) return undefined;
        sum += passes;
        most = Math.max(most, passes);
      }
      return expression.kind === 'alternation' ? most : sum;
    }
  }
}

/** Whether an expression has one end at most wherever it begins. */
export function endsOneWay(expression: Expression): boolean {
  return isSingle(costOf(expression).ways) && !some(expression, (part) => part.kind === 'reference');
}

/** Whether it reads bytes that it does not take, without a bound for their number. */
function looksFar(part: Expression): boolean {
  if (part.kind !== 'look' && part.kind !== 'reference') return false;
  const { steps } = costOf(part);
  return steps.kind === 'exponential' || steps.degree > 0;
}

function isSingle(ways: Growth): boolean {
  return ways.kind === 'polynomial' && ways.degree === 0 && ways.factor <= 1;
}

function growth(factor: number, degree: number): Growth {
  if (degree > MOST_DEGREE || factor > MOST_FACTOR) return { kind: 'exponential', base: 4 };
  return { kind: 'polynomial', factor, degree };
}

function plus(a: Growth, b: Growth): Growth {
  if (a.kind === 'exponential' || b.kind === 'exponential') return larger(a, b);
  return growth(a.factor + b.factor, Math.max(a.degree, b.degree));
}

function larger(a: Growth, b: Growth): Growth {
  if (a.kind === 'exponential') return b.kind === 'exponential' && b.base > a.base ? b : a;
  if (b.kind === 'exponential') return b;
  return growth(Math.max(a.factor, b.factor), Math.max(a.degree, b.degree));
}

function times(a: Growth, b: Growth): Growth {
  if (a.kind === 'exponential')
    return b.kind === 'exponential' ? { kind: 'exponential', base: a.base * b.base } : a;
  if (b.kind === 'exponential') return b;
  return growth(a.factor * b.factor, a.degree + b.degree);
}
