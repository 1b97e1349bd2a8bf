import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BufferError } from '../buffer-error.ts';
import type { PrivateFolder } from '../private-folder.ts';

const LOCK_FILE = 'lock';
/** Where `/proc/PID/stat` has the time at which the process started, counted behind the name in parentheses. */
const START_TIME = 19;

/**
 * Marks a folder as this process's. Throws {@link BufferError} where a process that is alive has it; one that died
 * without a word leaves a mark that means nothing any more. A thread of this process that starts again may have it.
 */
export function lockFolder(folder: PrivateFolder): void {
  const own = `${process.pid} ${startTime(process.pid) ?? ''}`;
  if (folder.put(LOCK_FILE, own, true)) return;
  const holder = folder.read(LOCK_FILE, 256)?.toString('latin1') ?? '';
  const [pid = '', start = ''] = holder.split(' ');
  const isAlive = /^\d{1,10}$/.test(pid) && start !== '' && startTime(Number(pid)) === start;
  if (isAlive && Number(pid) !== process.pid) {
    throw new BufferError(
      `${folder.path} is in use by process ${pid} (${join(folder.path, LOCK_FILE)}): end it, or name another folder`,
    );
  }
  folder.put(LOCK_FILE, own);
}

/** Takes the mark away. */
export function unlockFolder(folder: PrivateFolder): void {
  folder.remove(LOCK_FILE);
}

function startTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[START_TIME];
  } catch {
    // There is no such process.
    return undefined;
  }
}
