export { EventClock } from './clock.ts';
export type { FlowSide } from './flow-side.ts';
export { Joiner, type JoinStatistics, type JoinUpdate } from './joiner.ts';
export type { JoinOptions } from './options.ts';
export type { JoinedMatch, JoinedRequest, JoinState } from './request.ts';
export { TwoTierMap } from './two-tier-map.ts';
export { Wheel } from './wheel.ts';
