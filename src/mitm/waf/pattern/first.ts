import { ByteSet, CLASSES } from './bytes.ts';
import type { Expression } from './syntax.ts';
import { widthOf } from './width.ts';

/** How an expression can begin. */
export interface Beginning {
  /** A match that takes bytes, or looks at what follows, does so with one of these. */
  readonly set: ByteSet;
  /** It can match without a look at what follows, wherever it stands. */
  readonly open: boolean;
}

const NEVER: Beginning = { set: ByteSet.NONE, open: false };
const ANYTHING: Beginning = { set: ByteSet.ALL, open: false };
/** What matches whatever follows. */
export const OPEN: Beginning = { set: ByteSet.NONE, open: true };

const cache = new WeakMap<Expression, Beginning>();

/** How an expression can begin; `set` is all bytes where that cannot be told. */
export function beginningOf(expression: Expression): Beginning {
  const known = cache.get(expression);
  if (known !== undefined) return known;
  const beginning = begin(expression);
  cache.set(expression, beginning);
  return beginning;
}

/** One expression and then another. */
export function followedBy(first: Beginning, rest: Beginning): Beginning {
  return first.open ? { set: first.set.union(rest.set), open: rest.open } : first;
}

/** How a run of expressions can begin. */
export function beginningOfAll(items: readonly Expression[], from: number): Beginning {
  let beginning = OPEN;
  for (let i = from; i < items.length && beginning.open; i++) {
    beginning = followedBy(beginning, beginningOf(items[i] as Expression));
  }
  return beginning;
}

function begin(expression: Expression): Beginning {
  switch (expression.kind) {
    case 'empty':
      return OPEN;
    case 'byte':
      return { set: expression.set, open: false };
    case 'sequence':
      return beginningOfAll(expression.items, 0);
    case 'alternation': {
      const all = expression.branches.map(beginningOf);
      return {
        set: all.reduce((set, each) => set.union(each.set), ByteSet.NONE),
        open: all.some(({ open }) => open),
      };
    }
    case 'repeat': {
      const { set, open } = beginningOf(expression.item);
      return { set, open: open || expression.least === 0 };
    }
    case 'capture':
    case 'atomic':
      return beginningOf(expression.item);
    case 'look':
      if (expression.negative || expression.direction === 'behind') return ANYTHING;
      return widthOf(expression.item)[0] > 0 ? beginningOf(expression.item) : ANYTHING;
    case 'assertion':
      if (expression.place === 'end') return NEVER;
      if (expression.place === 'last' || expression.place === 'lineEnd')
        return { set: CLASSES.newline, open: false };
      return ANYTHING;
    case 'reference':
      return ANYTHING;
    default:
      return expression satisfies never;
  }
}

/**
 * Bytes of which one is the first of every match, or stands right before it: where a search has to begin in earnest.
 * All bytes where a match can be empty.
 */
export function startsOf(expression: Expression): ByteSet {
  const starts = startOf(expression);
  return starts.passes ? ByteSet.ALL : starts.set;
}

function startOf(expression: Expression): { readonly set: ByteSet; readonly passes: boolean } {
  switch (expression.kind) {
    case 'byte':
      return { set: expression.set, passes: false };
    case 'sequence': {
      let set = ByteSet.NONE;
      for (const item of expression.items) {
        const start = startOf(item);
        set = set.union(start.set);
        if (!start.passes) return { set, passes: false };
      }
      return { set, passes: true };
    }
    case 'alternation': {
      const all = expression.branches.map(startOf);
      return {
        set: all.reduce((set, each) => set.union(each.set), ByteSet.NONE),
        passes: all.some(({ passes }) => passes),
      };
    }
    case 'repeat': {
      const { set, passes } = startOf(expression.item);
      return { set, passes: passes || expression.least === 0 };
    }
    case 'capture':
    case 'atomic':
      return startOf(expression.item);
    case 'assertion':
      // The very start of the value is one place only.
      if (expression.place === 'start') return { set: ByteSet.NONE, passes: false };
      if (expression.place === 'lineStart') return { set: CLASSES.newline, passes: false };
      return { set: ByteSet.NONE, passes: true };
    case 'empty':
    case 'look':
    case 'reference':
      return { set: ByteSet.NONE, passes: true };
    default:
      return expression satisfies never;
  }
}
