/** Operators between two values; the negated forms (`not in`) are an operator within `not`. */
export type BinaryOperator =
  | 'or'
  | 'and'
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | 'in'
  | 'matches'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | '..'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '**'
  | '??';

/** An expression as a tree; `at` is the character of the text that errors point at. */
export type Node = { readonly at: number } & (
  | { readonly kind: 'constant'; readonly value: string | number | boolean | null }
  | { readonly kind: 'name'; readonly name: string }
  /** `#`, `#index` and `#acc`. */
  | { readonly kind: 'pointer'; readonly name: '' | 'index' | 'acc' }
  | { readonly kind: 'member'; readonly object: Node; readonly property: Node; readonly optional: boolean }
  | { readonly kind: 'slice'; readonly object: Node; readonly from?: Node; readonly to?: Node }
  | { readonly kind: 'call'; readonly name: string; readonly values: readonly Node[] }
  | {
      readonly kind: 'method';
      readonly object: Node;
      readonly name: string;
      readonly values: readonly Node[];
      readonly optional: boolean;
    }
  /** `any(list, {…})` and the like. */
  | {
      readonly kind: 'walk';
      readonly name: string;
      readonly list: Node;
      readonly body: Node | undefined;
      readonly rest: readonly Node[];
    }
  | { readonly kind: 'unary'; readonly operator: 'not' | '-' | '+'; readonly value: Node }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'condition'; readonly test: Node; readonly whenTrue: Node; readonly whenFalse: Node }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Node, Node])[] }
  | { readonly kind: 'let'; readonly name: string; readonly value: Node; readonly body: Node }
);

/** Builtins that take a body, which is asked for each element. */
export const WALKS: ReadonlySet<string> = new Set([
  ...['all', 'any', 'none', 'one', 'filter', 'map', 'count', 'sum', 'find', 'findIndex', 'findLast'],
  ...['findLastIndex', 'groupBy', 'countBy', 'sortBy', 'reduce'],
]);
/** Those of them that do without. */
export const WALKS_WITHOUT_BODY: ReadonlySet<string> = new Set(['count', 'sum']);
