/** The analysers of buffer B: all rules at full paranoia, rates, sequences, sessions, and what is usual for each endpoint. */
export { type AnalyserSnapshot, createAnalyser, type LearningAnalyser } from './analyser.ts';
export { SnapshotError } from './endpoints/snapshot.ts';
export { type AnalyserOptions, DEFAULT_ALERT_SCORE } from './options.ts';
