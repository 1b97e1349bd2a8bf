import type { Transaction } from '../engine/transaction.ts';
import type { Value } from '../engine/value.ts';

/** What a variable depends on: the head of the request, its body, the answer, or what rules do. */
export type Stage = 'head' | 'body' | 'answer' | 'rules';

/** One of SecLang's variables. */
export interface Variable {
  /** In upper case. */
  readonly name: string;
  /** Place in lists of what variables hold. */
  readonly number: number;
  readonly stage: Stage;
  /** All that it holds. */
  members(transaction: Transaction): readonly Value[];
}
