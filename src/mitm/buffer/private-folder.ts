import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BufferError, reasonOf } from './buffer-error.ts';

/** Who may do what with a folder and its files. */
export interface FolderRights {
  /** Mode of the folder where it is made. */
  readonly folder: number;
  /** Bits that an existing folder must not have. */
  readonly forbidden: number;
  /** Mode of its files; what is open to more than that is not read or added to. */
  readonly file: number;
}

/** For its owner alone. */
export const OWNER_ONLY: FolderRights = { folder: 0o700, forbidden: 0o077, file: 0o600 };
/** A folder of other things too; what we put there is for its owner alone. */
export const SHARED_FOLDER: FolderRights = { folder: 0o700, forbidden: 0o022, file: 0o600 };
/** Readable to a group: status files that another program shows. */
export const GROUP_READS: FolderRights = { folder: 0o750, forbidden: 0o022, file: 0o640 };

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_DIRECTORY, O_APPEND, O_NONBLOCK } =
  constants;

/**
 * A folder that is ours: no link, our user's, closed to others. It is held open and all names are looked up in what is
 * held, so that nobody can put another folder, or a link, in its place meanwhile.
 */
export class PrivateFolder {
  readonly path: string;
  private readonly rights: FolderRights;
  private readonly held: number;

  /** Opens the folder, or makes it. Throws {@link BufferError} where it is not to be trusted. */
  constructor(path: string, rights: FolderRights = OWNER_ONLY) {
    this.path = path;
    this.rights = rights;
    try {
      mkdirSync(path, { mode: rights.folder });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw new BufferError(`${path} cannot be made: ${reasonOf(error)}`);
    }
    this.held = openFolder(path);
    try {
      this.check(path, fstatSync(this.held));
    } catch (error) {
      closeSync(this.held);
      throw error;
    }
  }

  /** Where a file of this folder is reached, whatever became of the folder's path. */
  private place(name: string): string {
    return `/proc/self/fd/${this.held}/${name}`;
  }

  /** Names of what is in it. */
  names(): readonly string[] {
    return readdirSync(this.place(''));
  }

  /** Makes a file that was not there, for reading and writing: a descriptor. Throws the error of the system. */
  create(name: string): number {
    return openSync(this.place(name), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, this.rights.file);
  }

  /** A file to add to, made where it is missing: a descriptor. Throws {@link BufferError} for a link or another's file. */
  append(name: string): number {
    const descriptor = openSync(
      this.place(name),
      O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK,
      this.rights.file,
    );
    return this.checked(name, descriptor);
  }

  /** A file for reading: a descriptor. Throws {@link BufferError} for a link, or what is no file of ours. */
  open(name: string): number {
    return this.checked(name, openSync(this.place(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  }

  /** The whole of a file; undefined where there is none. Throws {@link BufferError} as {@link open}, or if it is longer. */
  read(name: string, most: number): Buffer | undefined {
    let descriptor: number;
    try {
      descriptor = this.open(name);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      if (error instanceof BufferError) throw error;
      const what = code === 'ELOOP' ? 'is a link: remove it' : `cannot be read: ${reasonOf(error)}`;
      throw new BufferError(`${join(this.path, name)} ${what}`);
    }
    try {
      const { size } = fstatSync(descriptor);
      if (size > most) throw new BufferError(`${join(this.path, name)} has ${size} bytes, more than ${most}`);
      return readFileSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /**
   * Puts a file in the place of its old version, whole: readers see the one or the other. With `exclusive` it is put
   * there only if there was none; false where there was. Throws the error of the system.
   */
  put(name: string, content: string | Buffer, exclusive = false): boolean {
    const temporary = this.place(`.${name}.${randomBytes(8).toString('hex')}`);
    const descriptor = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, this.rights.file);
    let moved = false;
    try {
      try {
        writeFileSync(descriptor, content);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      if (exclusive) {
        try {
          linkSync(temporary, this.place(name));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
          throw error;
        }
      } else {
        renameSync(temporary, this.place(name));
        moved = true;
      }
      fsyncSync(this.held);
      return true;
    } finally {
      if (!moved) unlinkSync(temporary);
    }
  }

  /** Moves a file to another name, in the place of what had it. Throws the error of the system. */
  rename(from: string, to: string): void {
    renameSync(this.place(from), this.place(to));
  }

  /** Takes a file away; nothing where it is gone already. Throws the error of the system. */
  remove(name: string): void {
    try {
      unlinkSync(this.place(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  /** Size and time of a file, without following a link; undefined where there is none. */
  stat(name: string): Stats | undefined {
    return lstatSync(this.place(name), { throwIfNoEntry: false });
  }

  /** Whether its path still leads to what is held. */
  isInPlace(): boolean {
    const now = lstatSync(this.path, { throwIfNoEntry: false });
    const held = fstatSync(this.held);
    return now !== undefined && now.ino === held.ino && now.dev === held.dev;
  }

  close(): void {
    closeSync(this.held);
  }

  private checked(name: string, descriptor: number): number {
    const stats = fstatSync(descriptor);
    if (stats.isFile() && (stats.mode & 0o077 & ~this.rights.file) === 0 && isOwn(stats)) return descriptor;
    closeSync(descriptor);
    const path = join(this.path, name);
    if (!stats.isFile()) throw new BufferError(`${path} is no file: remove it`);
    if (!isOwn(stats))
      throw new BufferError(`${path} belongs to user ${stats.uid}: remove it, or name another folder`);
    throw new BufferError(
      `${path} is open to others (mode ${octal(stats)}): chmod ${this.rights.file.toString(8)} it`,
    );
  }

  private check(path: string, stats: Stats): void {
    if (!isOwn(stats))
      throw new BufferError(`${path} belongs to user ${stats.uid}: remove it, or name another folder`);
    if ((stats.mode & this.rights.forbidden) !== 0) {
      throw new BufferError(
        `${path} is open to others (mode ${octal(stats)}): chmod ${this.rights.folder.toString(8)} it, or name another folder`,
      );
    }
  }
}

function openFolder(path: string): number {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A link answers ENOTDIR or ELOOP, by the order in which the kernel looks.
    const what =
      code === 'ENOTDIR' || code === 'ELOOP'
        ? 'is a link or no folder: remove it, or name another folder'
        : code === 'EACCES'
          ? "is another user's, as a 'weir proxy' of root's leaves it: remove it, or name another folder"
          : `cannot be opened: ${reasonOf(error)}`;
    throw new BufferError(`${path} ${what}`);
  }
}

function isOwn({ uid }: Stats): boolean {
  const own = process.geteuid?.();
  return own === undefined || uid === own;
}

function octal({ mode }: Stats): string {
  return (mode & 0o777).toString(8);
}
