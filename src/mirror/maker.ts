import { startOf } from '../process/index.ts';
import type { Maker, MirrorRecord } from './record.ts';

/** This process, as records name it. */
export function thisProcess(): Maker {
  return { pid: process.pid, start: startOf(process.pid) };
}

/** True for a mirror that this process, and no other that has its number by now, has started. */
export function isMadeBy({ maker }: MirrorRecord, { pid, start }: Maker): boolean {
  return maker !== undefined && maker.pid === pid && maker.start === start;
}

/** True for a mirror that was to go with the process that started it, and is there though that has ended. */
export function isAbandoned({ maker, guarded }: MirrorRecord): boolean {
  return guarded === true && maker !== undefined && startOf(maker.pid) !== maker.start;
}
