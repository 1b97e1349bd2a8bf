export {
  type Exception,
  type ExceptionDraft,
  Exceptions,
  type ExceptionUse,
  type OpenedExceptions,
} from './exceptions.ts';
export {
  type Mark,
  type MarkedFacts,
  Marks,
  markedFacts,
  type OpenedMarks,
  type Verdict,
  verdictsOf,
} from './marks.ts';
export {
  checkedMatch,
  type EvidenceFacts,
  ExceptionError,
  type ExceptionMatch,
  matchText,
  NO_FACTS,
  type Occurrence,
  observedOccurrence,
  occurrenceOf,
} from './match.ts';
export {
  type ExceptionProposal,
  type NoProposal,
  type Proposal,
  type ProposalOptions,
  propose,
} from './proposals.ts';
export type { WeightProposal } from './weight-proposals.ts';
export {
  type Change,
  type ChangedBan,
  type ChangedScore,
  type Difference,
  type Listed,
  type MissedAttack,
  type StoredEvidence,
  type WhatIfOptions,
  whatIf,
} from './what-if.ts';
