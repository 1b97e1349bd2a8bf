/** Other processes of this machine, as the kernel tells of them. */
import { readFileSync } from 'node:fs';

/** What tells a process from a later one with its number. */
export interface ProcessIdentity {
  /** A letter; `Z` and `X`: it has ended, though nobody may have asked how. */
  readonly state: string;
  /** When it was started, in ticks since boot. */
  readonly start: string;
}

/** A process by its number; undefined where there is none. Throws the system's error (proc_pid_stat(5)). */
export function processIdentity(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold anything; behind it stand the state, 18 numbers and the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', start: fields[19] ?? '' };
  } catch (error) {
    // A process that ends while it is read answers with ESRCH.
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

/** When a process was started, in ticks since boot; empty where there is none. */
export function startOf(pid: number): string {
  return processIdentity(pid)?.start ?? '';
}
