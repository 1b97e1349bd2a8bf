export {
  DECISION_TYPES,
  type Decision,
  type DecisionScope,
  type DecisionType,
  type Wish,
} from './decision.ts';
export {
  addressOf,
  countOf,
  type EveRecord,
  listOf,
  nameOf,
  objectOf,
  timeOf,
  timeText,
} from './eve-record.ts';
export type {
  Anomaly,
  ApplicationRecord,
  FlowProgress,
  FlowRecord,
  LoosePacket,
  Occasion,
  TcpRecord,
  TunnelRecord,
} from './flow.ts';
export type { AnswerHighlight, FileHighlight, Highlight } from './highlight.ts';
export { newIdentifier } from './identifier.ts';
export type { PackedFlows } from './packed-flow.ts';
export type { RecordSink } from './sink.ts';
export { formatTime, sixDigits } from './time.ts';
export type { RawMessage, RawRenderer, Transaction, ZeekLog, ZeekRow, ZeekValue } from './transaction.ts';
