import type { ByteSet } from './bytes.ts';
import { endsOneWay } from './cost.ts';
import { type Beginning, beginningOf, beginningOfAll, followedBy, OPEN } from './first.ts';
import { type Expression, some } from './syntax.ts';

/** Takes away atomic groups (and so possessive quantifiers) where they change nothing: RE2 has none. */
export function relax(root: Expression): Expression {
  return relaxBefore(root, OPEN);
}

/** `rest`: how what follows can begin; open where nothing after it can fail. */
function relaxBefore(expression: Expression, rest: Beginning): Expression {
  switch (expression.kind) {
    case 'sequence': {
      const items = expression.items.map((item, index) =>
        relaxBefore(item, followedBy(beginningOfAll(expression.items, index + 1), rest)),
      );
      return { ...expression, items };
    }
    case 'alternation':
      return { ...expression, branches: expression.branches.map((branch) => relaxBefore(branch, rest)) };
    case 'repeat': {
      const again = beginningOf(expression.item);
      // Another round or what follows: it cannot fail only when what follows cannot, and no other round has to be.
      const next = { set: again.set.union(rest.set), open: rest.open && expression.least <= 1 };
      return { ...expression, item: relaxBefore(expression.item, next) };
    }
    case 'capture':
      return { ...expression, item: relaxBefore(expression.item, rest) };
    case 'look':
      return { ...expression, item: relaxBefore(expression.item, OPEN) };
    case 'atomic': {
      const item = relaxBefore(expression.item, OPEN);
      return changesNothing(item, rest) ? item : { ...expression, item };
    }
    default:
      return expression;
  }
}

/** Whether the first way to match is the only one that what follows can make use of. */
function changesNothing(item: Expression, rest: Beginning): boolean {
  if (rest.open || endsOneWay(item)) return true;
  const set = repeatedByte(item);
  return set !== undefined && !rest.set.meets(set);
}

/** The set of a greedy repetition of one byte: wherever it could end earlier, a byte of the set follows. */
function repeatedByte(item: Expression): ByteSet | undefined {
  if (item.kind !== 'repeat' || item.lazy) return undefined;
  return item.item.kind === 'byte' ? item.item.set : undefined;
}

/**
 * An expression that matches in the same values, though elsewhere: without what may be left out at both ends. A search
 * for `\s*x` tries every run of space from each of its places, one for `x` does not.
 */
export function trim(root: Expression): Expression {
  const depends = some(root, ({ kind }) => kind === 'atomic' || kind === 'reference');
  return depends ? root : trimEnd(trimEnd(root, 'first'), 'last');
}

function trimEnd(expression: Expression, side: 'first' | 'last'): Expression {
  switch (expression.kind) {
    case 'sequence': {
      const items = [...expression.items];
      while (items.length > 0) {
        const index = side === 'first' ? 0 : items.length - 1;
        const item = trimEnd(items[index] as Expression, side);
        if (item.kind !== 'empty') {
          items[index] = item;
          break;
        }
        items.splice(index, 1);
      }
      return items.length === 0 ? { kind: 'empty', at: expression.at } : { ...expression, items };
    }
    case 'alternation': {
      const branches = expression.branches.map((branch) => trimEnd(branch, side));
      // An empty branch at an end makes the others needless there.
      if (branches.some(({ kind }) => kind === 'empty')) return { kind: 'empty', at: expression.at };
      return { ...expression, branches };
    }
    case 'repeat': {
      if (expression.least === 0) return { kind: 'empty', at: expression.at };
      if (expression.least === 1) return trimEnd(expression.item, side);
      return { ...expression, most: expression.least };
    }
    case 'capture':
      return trimEnd(expression.item, side);
    default:
      return expression;
  }
}
