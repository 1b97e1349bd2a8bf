export { askSupervisor, ControlError, controlFolder } from './control-socket.ts';
export type { ProcessDescription, ProcessState, ProcessStatus } from './managed-process.ts';
export type { Run, User } from './messages.ts';
export { ServiceNotifier } from './notify.ts';
export { chooseUser, findUser, mayCapture, StartError } from './privileges.ts';
export { PROCESSES, Supervisor, type SupervisorOptions, type SystemStatus } from './supervisor.ts';
