export type { AddressCounts } from './address-state.ts';
export type { AddressAround } from './around.ts';
export {
  type AddressContext,
  AddressContexts,
  type ContextOptions,
  type ContextQuestion,
} from './contexts.ts';
export type {
  AlertEntry,
  DecisionEntry,
  FileEntry,
  FlowEntry,
  MatchEntry,
  NameEntry,
  RequestEntry,
  TimelineEntry,
} from './entries.ts';
export { type SecuboxContext, secuboxContext } from './secubox.ts';
export { mergeTimelines } from './timeline.ts';
