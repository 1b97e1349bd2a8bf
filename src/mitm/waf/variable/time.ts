import type { Transaction } from '../engine/transaction.ts';
import { changing, type Definition } from './define.ts';

function at({ startedMs }: Transaction): Date {
  return new Date(startedMs);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** When the request came, in the machine's time zone. */
export const TIME_VARIABLES: readonly Definition[] = [
  changing('TIME', (transaction) => {
    const time = at(transaction);
    return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  }),
  changing('TIME_DAY', (transaction) => String(at(transaction).getDate())),
  changing('TIME_EPOCH', ({ startedMs }) => String(Math.floor(startedMs / 1000))),
  changing('TIME_HOUR', (transaction) => String(at(transaction).getHours())),
  changing('TIME_MIN', (transaction) => String(at(transaction).getMinutes())),
  changing('TIME_MON', (transaction) => String(at(transaction).getMonth() + 1)),
  changing('TIME_SEC', (transaction) => String(at(transaction).getSeconds())),
  changing('TIME_WDAY', (transaction) => String(at(transaction).getDay())),
  changing('TIME_YEAR', (transaction) => String(at(transaction).getFullYear())),
  changing('DURATION', ({ startedMs }) => String(Math.max(0, Date.now() - startedMs) * 1000)),
];
