export { correlationKey } from '../correlate/record/index.ts';
export {
  type Answer,
  answerLine,
  MOST_ANSWER,
  parseAnswer,
  type RefusalCode,
  refusalLine,
} from './answer.ts';
export { type ApiRequest, detailOf, putToApi } from './api-socket.ts';
export { askSupervisor, ControlError, controlFolder, valueIn } from './control-socket.ts';
export type {
  Changed,
  ContextAnswer,
  CorrelationAnswer,
  CorrelationFigures,
  NamedProposal,
  ReputationAnswer,
  RequestConnection,
  Threat,
  ThreatList,
  Tuning,
} from './correlation-answer.ts';
export { jsonOf } from './json-line.ts';
export { type LanPicture, pictureOf } from './lan-picture.ts';
export { isOpenFlowList, type OpenFlow, type OpenFlowList } from './open-flow.ts';
export {
  changesSomething,
  isWebQuestion,
  MOST_LONG_QUESTION,
  MOST_QUESTION,
  parseQuestion,
  type Question,
  QuestionError,
  questionLine,
  type RequestSelection,
  type RuleChoice,
  type WebQuestion,
} from './question.ts';
export {
  type CorrelationQuestion,
  type CorrelationSelection,
  type CorrelationWord,
  type ExceptionWish,
  type IncidentFilter,
  isCorrelationQuestion,
} from './question-correlation.ts';
export type { HistoryQuestion } from './question-history.ts';
export {
  type DecisionFilter,
  type DecisionWish,
  isResponseQuestion,
  type ResponseQuestion,
} from './question-response.ts';
export { isSystemQuestion, MOST_CONFIGURATION, type SystemQuestion } from './question-system.ts';
export type { DecisionList, DecisionOutcome, Lifted, ResponsePlan } from './response-answer.ts';
export { type Ask, RunningWeir } from './running-weir.ts';
export type { ScenarioAnswer, ScenarioList, ScenarioText } from './scenario-answer.ts';
export type { ProcessState, ProcessStatus, SystemStatus } from './status.ts';
export type {
  ConfigurationChange,
  ConfigurationText,
  ConfigurationVersion,
  MirrorOutcome,
  MirrorView,
  TextMistake,
} from './system-answer.ts';
export type {
  AddressContext,
  BufferEntry,
  BufferFigures,
  Erased,
  RejudgeReport,
  ResendReport,
  RulesInForce,
} from './web-answer.ts';
