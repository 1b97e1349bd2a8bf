export { LiveError, type LiveErrorCode } from './error.ts';
export type { LiveFanout, LiveOptions } from './options.ts';
export { type LiveSource, openLive } from './source.ts';
export type { LiveCounts, LiveInterval, LiveStatistics } from './statistics.ts';
