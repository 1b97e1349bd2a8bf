export {
  type ChosenConfiguration,
  chooseConfiguration,
  chooseFile,
  refuseWhereOff,
} from './chosen-configuration.ts';
export {
  askSupervisor,
  ControlError,
  ControlServer,
  controlFolder,
  makeOwnFolder,
} from './control-socket.ts';
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
export type { LanPicture } from './lan-picture.ts';
export { pictureOf } from './lan-picture.ts';
export type { ProcessDescription, ProcessState, ProcessStatus } from './managed-process.ts';
export type { Run, User } from './messages.ts';
export { ServiceNotifier } from './notify.ts';
export type { OpenFlow, OpenFlowList } from './open-flow.ts';
export { chooseUser, findUser, mayCapture, StartError } from './privileges.ts';
export { mirrorSource } from './process/packet-source.ts';
export type { WebDesk } from './process/web-desk.ts';
export { PROCESSES } from './process-list.ts';
export type { RequestSelection, RuleChoice } from './question.ts';
export type { CorrelationSelection, CorrelationWord, ExceptionWish } from './question-correlation.ts';
export type { DecisionWish } from './question-response.ts';
export type { DecisionList, DecisionOutcome } from './response-answer.ts';
export { RunningWeir } from './running-weir.ts';
export type { SystemStatus } from './status.ts';
export { Supervisor, type SupervisorOptions } from './supervisor.ts';
