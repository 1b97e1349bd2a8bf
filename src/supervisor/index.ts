export {
  type ChosenConfiguration,
  chooseConfiguration,
  chooseFile,
  refuseWhereOff,
} from './chosen-configuration.ts';
export { ControlServer, makeOwnFolder } from './control-server.ts';
export type { ProcessDescription } from './managed-process.ts';
export type { Run, User } from './messages.ts';
export { ServiceNotifier } from './notify.ts';
export { chooseUser, findUser, mayCapture, StartError } from './privileges.ts';
export { mirrorSource } from './process/packet-source.ts';
export type { WebDesk } from './process/web-desk.ts';
export { PROCESSES } from './process-list.ts';
export { Supervisor, type SupervisorOptions } from './supervisor.ts';
