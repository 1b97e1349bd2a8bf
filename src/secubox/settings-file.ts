import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { parseDpiDual } from './configuration.ts';
import { changeUci, type UciChange } from './uci-change.ts';

/** The file could not be changed; it is as it was. */
export class SettingsFileError extends Error {
  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.name = 'SettingsFileError';
  }
}

/**
 * Changes options of dpi-dual's file: the new one is written beside it and put in its place, with the same owner and
 * rights, and all other lines are untouched. False where nothing had to change. Throws {@link SettingsFileError}, and
 * UciError where the file has mistakes or would have.
 */
export function changeDpiDual(path: string, changes: readonly UciChange[]): boolean {
  const { real, text } = read(path);
  const next = changes.reduce((before, change) => changeUci(before, path, change), text);
  if (next === text) return false;
  // Nothing is written that a start would refuse.
  parseDpiDual(next, path);
  try {
    replace(real, text, next);
  } catch (error) {
    if (error instanceof SettingsFileError) throw error;
    throw new SettingsFileError(path, `cannot be written: ${reason(error)}`, { cause: error });
  }
  return true;
}

/** A link stays one: what it leads to is replaced. */
function read(path: string): { readonly real: string; readonly text: string } {
  try {
    const real = realpathSync(path);
    if (!statSync(real).isFile()) throw new Error('it is no file');
    return { real, text: readFileSync(real, 'utf8') };
  } catch (error) {
    throw new SettingsFileError(path, `cannot be read: ${reason(error)}`, { cause: error });
  }
}

function replace(real: string, text: string, next: string): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;
  const { mode, uid, gid } = statSync(real);
  const temporary = `${real}.weir-${process.pid}`;
  const descriptor = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    try {
      writeFileSync(descriptor, next);
      if (process.geteuid?.() === 0) fchownSync(descriptor, uid, gid);
      fchmodSync(descriptor, mode & 0o777);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (readFileSync(real, 'utf8') !== text) {
      throw new SettingsFileError(real, 'somebody else has just changed it: try again');
    }
    renameSync(temporary, real);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
  const folder = openSync(dirname(real), O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
