export { thisProcess } from './maker.ts';
export {
  guardMirrorsOf,
  hasMadeMirror,
  type Started,
  type StartOptions,
  type Stopped,
  startMirror,
  stopMirror,
  stopMirrorsOf,
} from './mirror.ts';
export { MirrorError } from './mirror-error.ts';
export { type Maker, MirrorRecords } from './record.ts';
export {
  type MirroredDirection,
  type MirrorMode,
  type MirrorStatus,
  mirrorStatus,
  type SoftwareStatus,
} from './status.ts';
