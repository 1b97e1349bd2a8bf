/** Buffer B: copies of transactions, encrypted on disk, analysed off the live path, and replayed. */
export type { Analyser, Analysis, Finding } from './analysis.ts';
export { BufferError } from './buffer-error.ts';
export type { Selection } from './catalogue.ts';
export type { AddressContext, Count, Session } from './context.ts';
export { BufferCopy, type BufferOptions, type CopyStatistics } from './copy.ts';
export type { BufferEntry } from './entry.ts';
export { FORENSIC_LOG_FILE, type ForensicLogOptions } from './forensic-log.ts';
export type { Answers } from './messages.ts';
export type { ReaderStatistics } from './reader.ts';
export type {
  AlertReplayOptions,
  Answered,
  CandidateRules,
  Change,
  Comparison,
  RejudgeReport,
  ResendBounds,
  ResendReport,
} from './replay/index.ts';
export { KEY_FILE, KEY_VARIABLE, type RingStatistics } from './ring/index.ts';
export type { StatusFileOptions } from './status-files.ts';
