export { CrowdSec, type CrowdSecOptions } from './client.ts';
export { formatGoDuration, parseGoDuration } from './duration.ts';
export { CrowdSecEnforcer } from './enforcer.ts';
export type { MachineAccount } from './lapi.ts';
export { LapiError, type LapiFault } from './lapi-error.ts';
export type { AlertContext, OutgoingAlert, OutgoingEvent } from './outgoing-alert.ts';
export { WEIR_PREFIX } from './own.ts';
export type { AlertEvent, CrowdSecAlert, LapiDecision, Subject } from './shapes.ts';
export type { StreamChange } from './stream.ts';
