export {
  type Correlation,
  type CorrelationDetail,
  type CrowdsecStatus,
  correlationOf,
  correlationRecord,
  evidenceOf,
} from './correlation.ts';
export {
  type CorrelationAnswer,
  CorrelationLog,
  type CorrelationQuestion,
  CorrelationQuestionError,
  type CorrelationStatistics,
  correlationKey,
} from './correlation-log.ts';
export type { RotationOptions } from './rotated-file.ts';
