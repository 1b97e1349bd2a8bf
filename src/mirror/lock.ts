import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startOf } from '../process/index.ts';
import { MirrorError } from './mirror-error.ts';

const PATIENCE_MS = 15_000;
const PAUSE_MS = 50;

/**
 * Runs `work` while no other process changes mirrors under the same folder. The lock of a process that has died is
 * taken over. Throws {@link MirrorError} when the other one takes too long.
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const path = join(folder, 'lock');
  const own = `${process.pid} ${startOf(process.pid)}\n`;
  const half = join(folder, `lock.${randomBytes(6).toString('hex')}`);
  const patience = performance.now() + PATIENCE_MS;
  // Written elsewhere and linked: whoever sees the lock sees whose it is.
  writeFileSync(half, own, { flag: 'wx', mode: 0o644 });
  try {
    while (!take(half, path)) {
      if (removeDead(path)) continue;
      if (performance.now() > patience) {
        throw new MirrorError(`another weir is changing mirrors (process ${holder(path)}); try again`);
      }
      await wait(PAUSE_MS);
    }
  } finally {
    unlinkSync(half);
  }
  try {
    return await work();
  } finally {
    unlinkSync(path);
  }
}

function take(half: string, path: string): boolean {
  try {
    linkSync(half, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Removes the lock when its process is gone; true when it is worth trying again at once. */
function removeDead(path: string): boolean {
  const seen = lstatSync(path, { throwIfNoEntry: false });
  if (seen === undefined) return true;
  const [pid = '', start = ''] = read(path).trim().split(' ');
  if (startOf(Number(pid)) === start && start !== '') return false;
  // Another one may have taken over in between: what is moved away must be what was looked at.
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return true;
    throw error;
  }
  if (lstatSync(aside).ino !== seen.ino) take(aside, path);
  rmSync(aside);
  return true;
}

function holder(path: string): string {
  return read(path).split(' ')[0] ?? '';
}

/** The text of a file; empty when it is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1').slice(0, 4096);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return '';
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
