import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';

/** A file could not be written, or its folder is not to be trusted. */
export class StatusFileError extends Error {
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.name = 'StatusFileError';
    this.path = path;
  }
}

/** Mode of the folder and of files: who is not in the group has no business with who speaks with whom. */
const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * A folder that files are put into whole: readers see the old or the new one, never a part. Made for folders below
 * /tmp, where anybody can lay a trap before us: the folder itself must not be a link and must be ours alone to
 * write. It is held open, and all names are looked up in what is held; where it is gone, it is made again.
 */
export class StatusFolder {
  readonly path: string;
  private descriptor: number;

  /** Opens the folder, or makes it; throws {@link StatusFileError}. */
  constructor(path: string) {
    this.path = path;
    this.descriptor = trustedFolder(path);
  }

  /** Writes a file beside its old version and puts it in that one's place; throws {@link StatusFileError}. */
  write(name: string, content: string): void {
    if (!this.isInPlace()) {
      const descriptor = trustedFolder(this.path);
      closeSync(this.descriptor);
      this.descriptor = descriptor;
    }
    const held = `/proc/self/fd/${this.descriptor}`;
    const temporary = `${held}/.${name}.${randomBytes(8).toString('hex')}`;
    try {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      const file = openSync(temporary, flags, FILE_MODE);
      try {
        writeFileSync(file, content);
        fsyncSync(file);
      } catch (error) {
        unlinkSync(temporary);
        throw error;
      } finally {
        closeSync(file);
      }
      renameSync(temporary, `${held}/${name}`);
      fsyncSync(this.descriptor);
    } catch (error) {
      throw new StatusFileError(`${this.path}/${name}`, `cannot be written: ${reason(error)}`, {
        cause: error,
      });
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Whether the path still leads to the folder that is held. */
  private isInPlace(): boolean {
    const now = lstatSync(this.path, { throwIfNoEntry: false });
    const held = fstatSync(this.descriptor);
    return now !== undefined && now.ino === held.ino && now.dev === held.dev;
  }
}

/** Makes the folder where it is missing, opens it and checks whose it is; a descriptor. */
function trustedFolder(path: string): number {
  try {
    mkdirSync(path, { mode: FOLDER_MODE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new StatusFileError(path, `cannot be made: ${reason(error)}`, { cause: error });
    }
  }
  const descriptor = openFolder(path);
  try {
    checkOwner(path, descriptor);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return descriptor;
}

function openFolder(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link answers ENOTDIR or ELOOP, by the order in which the kernel looks.
    const message =
      code === 'ENOTDIR' || code === 'ELOOP'
        ? 'is a link or no folder: remove it, or choose another folder'
        : `cannot be opened: ${reason(error)}`;
    throw new StatusFileError(path, message, { cause: error });
  }
}

function checkOwner(path: string, descriptor: number): void {
  const { uid, mode } = fstatSync(descriptor);
  const own = process.geteuid?.();
  if (own !== undefined && uid !== own) {
    throw new StatusFileError(
      path,
      `belongs to user ${uid}, not to ${own}: remove it, or choose another folder`,
    );
  }
  if ((mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new StatusFileError(path, 'can be written by others: chmod go-w, or choose another folder');
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
