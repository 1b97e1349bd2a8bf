export { LiveError, type LiveErrorCode } from './error.ts';
export { keepMemorySmall } from './memory.ts';
export type { LiveFanout, LiveOptions } from './options.ts';
export { type LiveSource, openLive } from './source.ts';
export type { LiveCounts, LiveInterval, LiveStatistics, RingPressure } from './statistics.ts';
