import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { reasonOf } from './buffer-error.ts';

const LOWEST = 19;

/**
 * Gives the calling thread, and threads that it makes, the lowest priority, so that the live path has the processor
 * whenever it wants it. Linux has priorities of threads under their own ids. Why it failed; empty where it did not.
 */
export function lowerThreadPriority(): string {
  try {
    const link = readlinkSync('/proc/thread-self');
    const thread = Number(/^\d+\/task\/(\d+)$/.exec(link)?.[1]);
    if (!Number.isInteger(thread)) return `/proc/thread-self leads to ${link}, which names no thread`;
    // The main thread's id is the process's: its priority is not ours to change.
    if (thread === process.pid) return 'this is the main thread';
    setPriority(thread, LOWEST);
    return '';
  } catch (error) {
    return `the priority of the thread cannot be set: ${reasonOf(error)}`;
  }
}
