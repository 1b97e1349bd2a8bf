/** The WAF in threads: requests are judged off the event loop. */
export type { LoadedRules } from './messages.ts';
export { type Begun, WafPool, type WafPoolOptions } from './pool.ts';
export type { PoolStatistics } from './statistics.ts';
