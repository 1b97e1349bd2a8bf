/** The WAF in the thread that asks and in others: none is held up for long. */
export type { LoadedRules } from './messages.ts';
export type { WafPoolOptions } from './options.ts';
export { type Begun, WafPool } from './pool.ts';
export type { PoolStatistics } from './statistics.ts';
