export { type Started, type StartOptions, type Stopped, startMirror, stopMirror } from './mirror.ts';
export { MirrorError } from './mirror-error.ts';
export { MirrorRecords } from './record.ts';
export {
  type MirroredDirection,
  type MirrorMode,
  type MirrorStatus,
  mirrorStatus,
  type SoftwareStatus,
} from './status.ts';
