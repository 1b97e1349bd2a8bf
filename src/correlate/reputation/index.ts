export type {
  Added,
  Assessment,
  Ja4Assessment,
  ScoreChange,
  Standing,
  StandingFilter,
  Withdrawal,
} from './answers.ts';
export { Decay } from './decay.ts';
export type { Contribution, EarlierContribution, Explanation } from './explanation.ts';
export { type IpReputation, ipReputation } from './ip-reputation.ts';
export type { ReputationOptions } from './options.ts';
export { Reputation, SHARES } from './reputation.ts';
export { type LoadedReputation, loadReputation, saveReputation } from './snapshot.ts';
export {
  type Fields,
  isCount,
  type LoadedSnapshot,
  loadSnapshot,
  type SnapshotKind,
  saveSnapshot,
  type Wrong,
} from './snapshot-file.ts';
export {
  DamagedFileError,
  messageOf,
  readLines,
  replaceFile,
  StateFileError,
  setAside,
} from './state-file.ts';
export { type SubjectKind, type SubjectName, subjectOf } from './subject.ts';
export { boundedText } from './text.ts';
export {
  DEFAULT_WEIGHTS,
  HEAVIEST,
  ReputationOptionError,
  SENSITIVITIES,
  type Sensitivity,
  type WeightOptions,
  Weights,
} from './weights.ts';
