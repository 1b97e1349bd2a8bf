import type { Transaction } from '../engine/transaction.ts';
import type { Value } from '../engine/value.ts';

/** A variable before it has its number and its stage. */
export interface Definition {
  readonly name: string;
  members(transaction: Transaction): readonly Value[];
}

/** A variable with one member: empty where there is nothing (yet), as in ModSecurity. */
export function single(name: string, text: (transaction: Transaction) => string | undefined): Definition {
  return { name, members: (transaction) => transaction.single(name, text(transaction) ?? '') };
}

/** A variable with one member or none. */
export function optional(name: string, text: (transaction: Transaction) => string | undefined): Definition {
  return { name, members: (transaction) => transaction.single(name, text(transaction)) };
}

/** A variable with one member that changes from rule to rule. */
export function changing(name: string, text: (transaction: Transaction) => string | undefined): Definition {
  return {
    name,
    members: (transaction) => {
      const found = text(transaction);
      return found === undefined ? [] : [transaction.passing(name, '', found)];
    },
  };
}

/** A variable with a member for each pair of name and value. */
export function collection(
  name: string,
  pairs: (transaction: Transaction) => Iterable<readonly [name: string, value: string]>,
): Definition {
  return {
    name,
    members: (transaction) => {
      const values: Value[] = [];
      for (const [key, value] of pairs(transaction)) values.push(transaction.value(name, key, value));
      return values;
    },
  };
}

/** A variable whose members are the names of another one's. */
export function names(name: string, all: (transaction: Transaction) => Iterable<string>): Definition {
  return {
    name,
    members: (transaction) => {
      const values: Value[] = [];
      for (const each of all(transaction)) values.push(transaction.value(name, each, each));
      return values;
    },
  };
}
