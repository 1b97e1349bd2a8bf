import { readFileSync, readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { kernelAddon } from '../../native/index.ts';
import { reasonOf } from './buffer-error.ts';

const LOWEST = 19;

/** Linux's number of the calling thread, under which it has its own priority; 0 where /proc does not tell. */
export function threadNumber(): number {
  try {
    return Number(/^\d+\/task\/(\d+)$/.exec(readlinkSync('/proc/thread-self'))?.[1] ?? 0);
  } catch {
    // No /proc, or one of another kind: then no priority can be set, which is told.
    return 0;
  }
}

/** Gives the calling thread, and threads that it makes, the lowest priority. Why it failed; empty where it did not. */
export function lowerThreadPriority(): string {
  return attempt(() => {
    const thread = threadNumber();
    if (thread === 0) throw new Error('/proc/thread-self names no thread');
    // The main thread's number is the process's: its priority is not ours to change.
    if (thread === process.pid) throw new Error('this is the main thread');
    setPriority(thread, LOWEST);
  });
}

/**
 * Makes the calling thread give way: to the live path, to the server behind it, to whatever else wants the processor. The
 * lowest priority alone lets others wait some milliseconds for it each time that it wakes. Without the addon it has to do.
 * Why it failed; empty where it did not.
 */
export function giveWay(): string {
  return attempt(() => kernelAddon()?.giveWay());
}

function attempt(change: () => void): string {
  try {
    change();
    return '';
  } catch (error) {
    return `the priority of the thread cannot be set: ${reasonOf(error)}`;
  }
}

/** Whether a thread of this process wants a processor at this moment, and what it has had of one so far. */
export interface ProcessorTime {
  readonly wants: boolean;
  readonly usedMs: number;
}

/** Undefined where Linux does not tell. */
export function processorTime(thread: number): ProcessorTime | undefined {
  const folder = `/proc/self/task/${thread}`;
  try {
    // proc_pid_stat(5): the state stands behind the name, which may hold anything. R: it runs, or would.
    const stat = readFileSync(`${folder}/stat`, 'latin1');
    const wants = stat.startsWith('R', stat.lastIndexOf(')') + 2);
    // proc_pid_schedstat(5): nanoseconds on a processor come first.
    const usedMs = Number.parseInt(readFileSync(`${folder}/schedstat`, 'latin1'), 10) / 1e6;
    return Number.isFinite(usedMs) ? { wants, usedMs } : undefined;
  } catch {
    // A kernel without scheduling statistics, or the thread is gone.
    return undefined;
  }
}
