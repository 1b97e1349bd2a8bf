export { Correlator, type CorrelatorOptions, type CorrelatorOutput } from './correlator.ts';
export type { Evidence, EvidenceType, Observation, Overflow } from './evidence.ts';
export type { ManualEvidence } from './evidence-of.ts';
