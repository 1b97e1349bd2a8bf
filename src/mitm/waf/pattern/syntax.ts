import type { ByteSet } from './bytes.ts';

/** A regular expression as a tree. Case, dots and classes are resolved to sets of bytes. `at` is the offset in the source. */
export type Expression =
  | { readonly kind: 'empty'; readonly at: number }
  /** One byte of a set; none where the set is empty. */
  | { readonly kind: 'byte'; readonly set: ByteSet; readonly at: number }
  | { readonly kind: 'sequence'; readonly items: readonly Expression[]; readonly at: number }
  | { readonly kind: 'alternation'; readonly branches: readonly Expression[]; readonly at: number }
  | Repetition
  | { readonly kind: 'capture'; readonly group: number; readonly item: Expression; readonly at: number }
  | { readonly kind: 'atomic'; readonly item: Expression; readonly at: number }
  | Lookaround
  | { readonly kind: 'assertion'; readonly place: Place; readonly at: number }
  | {
      readonly kind: 'reference';
      readonly group: number;
      readonly ignoreCase: boolean;
      readonly at: number;
    };

/** Something repeated. A possessive one is `atomic` around a greedy one. */
export interface Repetition {
  readonly kind: 'repeat';
  readonly item: Expression;
  readonly least: number;
  /** `Infinity` where there is no bound. */
  readonly most: number;
  readonly lazy: boolean;
  readonly at: number;
}

/** A look at what follows or precedes. */
export interface Lookaround {
  readonly kind: 'look';
  readonly direction: 'ahead' | 'behind';
  readonly negative: boolean;
  readonly item: Expression;
  readonly at: number;
}

/** `start` and `end` of the value, `last`: the end or before a newline that ends it, lines, borders of words. */
export type Place = 'start' | 'end' | 'last' | 'lineStart' | 'lineEnd' | 'border' | 'noBorder';

/** A parsed regular expression. */
export interface Syntax {
  readonly source: string;
  readonly root: Expression;
  /** Number of capturing groups. */
  readonly groups: number;
}

/** The parts of an expression, in order. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'sequence':
      return expression.items;
    case 'alternation':
      return expression.branches;
    case 'repeat':
    case 'capture':
    case 'atomic':
    case 'look':
      return [expression.item];
    default:
      return [];
  }
}

/** Whether any part of the expression, or itself, is so. */
export function some(expression: Expression, is: (part: Expression) => boolean): boolean {
  return is(expression) || partsOf(expression).some((part) => some(part, is));
}
