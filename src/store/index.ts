export type { FlowAnswer, SeriesPoint, Subject, TopAnswer, TopList } from './answers.ts';
export type { EveRecord } from './columns.ts';
export type { FieldValue } from './field-values.ts';
export type { Retention, StoreOptions } from './options.ts';
export type { Page, PageWish, Position } from './pages.ts';
export type { Selection } from './questions.ts';
export { Store, type StoreStatistics } from './store.ts';
export { StoreError, type StoreErrorCode } from './store-error.ts';
