import type { Prefix } from '../net/index.ts';
import type { QueryField } from './fields.ts';
import type { Pattern } from './pattern.ts';

/** A question as a tree: what must hold of a record. */
export type Condition =
  /** All of these; of none: anything. */
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  /** One of these. */
  | { readonly kind: 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  /** The field is there, and not empty. */
  | { readonly kind: 'exists'; readonly field: QueryField }
  | { readonly kind: 'text'; readonly field: QueryField; readonly pattern: Pattern }
  | { readonly kind: 'number'; readonly field: QueryField; readonly interval: Interval }
  | { readonly kind: 'address'; readonly field: QueryField; readonly prefix: Prefix }
  /** A text that is found in one of the fields that are searched. */
  | { readonly kind: 'word'; readonly pattern: Pattern };

/** Numbers from `low` to `high`, which may be infinite; durations are in microseconds. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** `low` itself is not meant. */
  readonly isAbove: boolean;
  /** `high` itself is not meant. */
  readonly isBelow: boolean;
}

/** Whether a number is in an interval. */
export function isWithin(value: number, { low, high, isAbove, isBelow }: Interval): boolean {
  return (isAbove ? value > low : value >= low) && (isBelow ? value < high : value <= high);
}
