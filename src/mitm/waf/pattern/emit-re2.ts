import { quantifier, writeSet } from './emit-v8.ts';
import type { Expression, Place } from './syntax.ts';
import { widthOf } from './width.ts';

/** Largest number in RE2's quantifiers. */
const MOST_REPETITIONS = 1000;

/** An expression in RE2's language. */
export interface Re2Source {
  readonly source: string;
  /**
   * Every match begins at a line, and RE2 may find one after a newline that ends the value, where PCRE sees no line:
   * a match that begins there is none.
   */
  readonly atLines: boolean;
}

/** Writes an expression for RE2 (Latin-1); undefined where its language has no word for it. */
export function emitRe2(root: Expression): Re2Source | undefined {
  const [first, ...rest] = root.kind === 'sequence' ? root.items : [root];
  if (first?.kind === 'assertion' && first.place === 'lineStart') {
    const source = write({ kind: 'sequence', items: rest, at: root.at }, 0, false);
    return source === undefined ? undefined : { source: `(?m:^)${source}`, atLines: widthOf(root)[0] === 0 };
  }
  const source = write(root, 0, false);
  return source === undefined ? undefined : { source, atLines: false };
}

/** An expression for RE2 that matches wherever the given one does, and elsewhere: what it does not match is settled. */
export function emitScreen(root: Expression): string {
  return write(root, 0, true) ?? '';
}

/** `after`: bytes that a match takes after this part, at least. `wider`: rather match too much than nothing. */
function write(expression: Expression, after: number, wider: boolean): string | undefined {
  switch (expression.kind) {
    case 'empty':
      return '(?:)';
    case 'byte':
      return writeSet(expression.set);
    case 'sequence': {
      let remaining = expression.items.reduce((sum, item) => sum + widthOf(item)[0], after);
      let text = '';
      for (const item of expression.items) {
        remaining -= widthOf(item)[0];
        const written = write(item, remaining, wider);
        if (written === undefined) return undefined;
        text += item.kind === 'alternation' ? `(?:${written})` : written;
      }
      return text;
    }
    case 'alternation': {
      const branches = expression.branches.map((branch) => write(branch, after, wider));
      return branches.includes(undefined) ? undefined : branches.join('|');
    }
    case 'repeat': {
      const { least, lazy } = expression;
      let { most } = expression;
      if (least > MOST_REPETITIONS) return wider ? '[\\x00-\\xff]*' : undefined;
      if (most > MOST_REPETITIONS && most !== Number.POSITIVE_INFINITY) {
        if (!wider) return undefined;
        most = Number.POSITIVE_INFINITY;
      }
      const item = write(expression.item, after, wider);
      return item === undefined ? undefined : `(?:${item})${quantifier(least, most)}${lazy ? '?' : ''}`;
    }
    case 'capture': {
      const item = write(expression.item, after, wider);
      return item === undefined ? undefined : `(${item})`;
    }
    case 'assertion':
      return writePlace(expression.place, after, wider);
    case 'atomic': {
      const item = wider ? write(expression.item, after, true) : undefined;
      return item === undefined ? undefined : `(?:${item})`;
    }
    case 'look':
      return wider ? '(?:)' : undefined;
    case 'reference':
      return wider ? '[\\x00-\\xff]*' : undefined;
    default:
      return expression satisfies never;
  }
}

function writePlace(place: Place, after: number, wider: boolean): string | undefined {
  switch (place) {
    case 'start':
      return '\\A';
    case 'end':
      return '\\z';
    case 'last':
      return wider ? '(?m:$)' : undefined;
    case 'lineStart':
      return after > 0 || wider ? '(?m:^)' : undefined;
    case 'lineEnd':
      return '(?m:$)';
    case 'border':
      return '\\b';
    case 'noBorder':
      return '\\B';
    default:
      return place satisfies never;
  }
}
