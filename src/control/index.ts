export {
  type Answer,
  answerLine,
  MOST_ANSWER,
  parseAnswer,
  type RefusalCode,
  refusalLine,
} from './answer.ts';
export { askSupervisor, ControlError, controlFolder } from './control-socket.ts';
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
export { type LanPicture, pictureOf } from './lan-picture.ts';
export { isOpenFlowList, type OpenFlow, type OpenFlowList } from './open-flow.ts';
export {
  isWebQuestion,
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
  isCorrelationQuestion,
} from './question-correlation.ts';
export { type DecisionWish, isResponseQuestion, type ResponseQuestion } from './question-response.ts';
export type { DecisionList, DecisionOutcome, Lifted, ResponsePlan } from './response-answer.ts';
export { type Ask, RunningWeir } from './running-weir.ts';
export type { ProcessState, ProcessStatus, SystemStatus } from './status.ts';
export type {
  AddressContext,
  BufferEntry,
  BufferFigures,
  Erased,
  RejudgeReport,
  ResendReport,
} from './web-answer.ts';
