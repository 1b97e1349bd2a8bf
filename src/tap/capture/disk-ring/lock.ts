import { randomBytes } from 'node:crypto';
import { readlinkSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { startOf } from '../../../process/index.ts';
import { codeOf, isFull, RingError } from './options.ts';

/** Hidden: who reads the folder does not look at it. */
const NAME = '.weir-ring.lock';
/** Each try that fails has removed the lock of a dead process, or has lost against another start. */
const TRIES = 5;

/**
 * Keeps a second ring out of a folder: it would take the files of the first for its own. Returns what gives the lock
 * back. The lock of a process that has died is taken over. Throws {@link RingError}, or the system's error.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, NAME);
  const own = `${process.pid} ${startOf(process.pid)}`;
  for (let tries = 0; tries < TRIES; tries++) {
    try {
      if (linked(own, path)) return () => unlock(path, own);
    } catch (error) {
      // A disk that is full to the last entry does not keep the ring from waiting for better times.
      if (isFull(error)) return () => undefined;
      throw error;
    }
    const holder = holderOf(path);
    if (isAlive(holder)) break;
    remove(path, holder);
  }
  const [pid] = holderOf(path).split(' ');
  throw new RingError(
    `${folder}: another weir (process ${pid}) keeps a packet ring there; choose another folder`,
  );
}

/** The lock is a link whose target is its holder: it appears as a whole, and takes no room on a full disk. */
function linked(holder: string, path: string): boolean {
  try {
    symlinkSync(holder, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function unlock(path: string, own: string): void {
  if (holderOf(path) === own) unlinkSync(path);
}

/** Removes the lock of a dead process; one that took its place meanwhile is put back. */
function remove(path: string, holder: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  const moved = holderOf(aside);
  if (moved !== holder) linked(moved, path);
  unlinkSync(aside);
}

/** Empty where there is no lock. */
function holderOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (['ENOENT', 'EINVAL'].includes(codeOf(error))) return '';
    throw error;
  }
}

/** The number of a process alone may have been given to another since. */
function isAlive(holder: string): boolean {
  const [pid = '', start = ''] = holder.split(' ');
  return start !== '' && startOf(Number(pid)) === start;
}
