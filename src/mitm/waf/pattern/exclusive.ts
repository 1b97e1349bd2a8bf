import { ByteSet } from './bytes.ts';
import type { Expression } from './syntax.ts';
import { widthOf } from './width.ts';

/** Bytes that are compared of two branches. */
const LOOK = 24;

/** Whether no two of the expressions can match at the same place. */
export function areExclusive(expressions: readonly Expression[]): boolean {
  if (expressions.length > 2000) return false;
  const heads = expressions.map((expression) => headOf(expression).sets);
  // By first byte, so that thousands of words need not be compared with each other.
  for (let byte = 0; byte < 256; byte++) {
    const group = heads.filter((head) => (head[0] ?? ByteSet.ALL).has(byte));
    for (let i = 0; i < group.length; i++) {
      for (let j = i + 1; j < group.length; j++) {
        if (!differ(group[i] as readonly ByteSet[], group[j] as readonly ByteSet[])) return false;
      }
    }
  }
  return true;
}

function differ(a: readonly ByteSet[], b: readonly ByteSet[]): boolean {
  return a.some((set, index) => {
    const other = b[index];
    return other !== undefined && !set.meets(other);
  });
}

interface Head {
  /** What the first bytes of each match are in. */
  readonly sets: readonly ByteSet[];
  /** Whether a match has these bytes and no more. */
  readonly whole: boolean;
}

const cache = new WeakMap<Expression, Head>();

function headOf(expression: Expression): Head {
  const known = cache.get(expression);
  if (known !== undefined) return known;
  const head = makeHead(expression);
  cache.set(expression, head);
  return head;
}

function makeHead(expression: Expression): Head {
  switch (expression.kind) {
    case 'empty':
    case 'assertion':
    case 'look':
      return { sets: [], whole: true };
    case 'byte':
      return { sets: [expression.set], whole: true };
    case 'sequence':
      return join(expression.items);
    case 'alternation': {
      const heads = expression.branches.map(headOf);
      const length = Math.min(...heads.map(({ sets }) => sets.length));
      const sets = Array.from({ length }, (_, index) =>
        heads.reduce((set, head) => set.union(head.sets[index] as ByteSet), ByteSet.NONE),
      );
      return { sets, whole: heads.every((head) => head.whole && head.sets.length === length) };
    }
    case 'repeat': {
      if (expression.least === 0) return { sets: [], whole: widthOf(expression)[1] === 0 };
      const times = Math.min(expression.least, LOOK + 1);
      const head = join(Array.from({ length: times }, () => expression.item));
      return { sets: head.sets, whole: head.whole && expression.most === times };
    }
    case 'capture':
    case 'atomic':
      return headOf(expression.item);
    case 'reference':
      return { sets: [], whole: false };
    default:
      return expression satisfies never;
  }
}

function join(items: readonly Expression[]): Head {
  const sets: ByteSet[] = [];
  for (const item of items) {
    const head = headOf(item);
    sets.push(...head.sets);
    if (sets.length > LOOK) return { sets: sets.slice(0, LOOK), whole: false };
    if (!head.whole) return { sets, whole: false };
  }
  return { sets, whole: true };
}
