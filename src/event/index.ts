export type { Transaction, ZeekLog, ZeekRow, ZeekValue } from './transaction.ts';
