import { LimitError } from '../operator/operator.ts';
import { expanded } from './look-up.ts';
import { type Record, setValue } from './persistent.ts';
import type { Assignment, CollectionStart, Expiry } from './rule.ts';
import type { Transaction } from './transaction.ts';

/** Rules that set a variable to itself twice over double it with every value that matches. */
const LONGEST = 16 << 20;

/** Carries out a `setvar`. Throws a {@link LimitError} for a text that is too long. */
export function assign({ collection, key, change, value }: Assignment, transaction: Transaction): void {
  const name = expanded(key, transaction).toLowerCase();
  const text = expanded(value, transaction);
  if (text.length > LONGEST) throw new LimitError(`a rule set a variable to more than ${LONGEST} bytes`);
  if (collection === 'TX') {
    const { variables } = transaction;
    if (change === 'unset') {
      if (!transaction.isPinned(name)) variables.delete(name);
    } else transaction.setVariable(name, change === 'set' ? text : sum(variables.get(name), change, text));
    return;
  }
  const record = transaction.records.get(collection);
  if (record === undefined) return;
  if (change === 'unset') record.values.delete(name);
  else setValue(record, name, change === 'set' ? text : sum(record.values.get(name), change, text));
}

function sum(before: string | undefined, change: 'add' | 'subtract', text: string): string {
  const by = integer(text);
  return String(integer(before ?? '') + (change === 'add' ? by : -by));
}

/** The number at the beginning of a text, 0 without one. */
function integer(text: string): number {
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) ? 0 : number;
}

/** Carries out an `expirevar`. */
export function expire({ collection, key, seconds }: Expiry, transaction: Transaction): void {
  const record: Record | undefined = transaction.records.get(collection);
  if (record === undefined) return;
  const name = expanded(key, transaction).toLowerCase();
  if (!record.values.has(name)) return;
  record.expiries.set(name, transaction.startedMs + integer(expanded(seconds, transaction)) * 1000);
}

/** Carries out an `initcol`. */
export function start({ collection, record }: CollectionStart, transaction: Transaction): void {
  const key = expanded(record, transaction);
  transaction.records.set(collection, transaction.store.open(collection, key, transaction.startedMs));
  if (collection === 'SESSION') transaction.setVariable('sessionid', key);
  if (collection === 'USER') transaction.setVariable('userid', key);
}
