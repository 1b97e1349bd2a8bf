import { randomBytes } from 'node:crypto';
import { constants, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Only the owner reads it: who attacked whom is nobody else's business. */
const MODE = 0o600;
/** Characters that are gathered before they are written. */
const BLOCK = 1 << 18;

/** A state file could not be read or written; the message says which and why. */
export class StateFileError extends Error {
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(`${path}: ${message}`, options);
    this.name = 'StateFileError';
    this.path = path;
  }
}

/**
 * Puts a file of lines in the place of another: written beside it, forced to the disk, renamed. Who reads sees the old
 * or the new one whole, also after a power cut. Between blocks others get their turn. Throws {@link StateFileError}; the
 * old file is then untouched.
 */
export async function replaceFile(path: string, lines: Iterable<string>): Promise<void> {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.new`;
  try {
    const file = await open(temporary, 'wx', MODE);
    try {
      let block = '';
      for (const line of lines) {
        block += `${line}\n`;
        if (block.length < BLOCK) continue;
        await file.write(block);
        block = '';
      }
      await file.writeFile(block);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await unlink(temporary).catch(() => {
      // It was never made, or is renamed already.
    });
    throw new StateFileError(path, `cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

/** Renames a damaged file to `….damaged`, in the place of an earlier one; the new path. Throws {@link StateFileError}. */
export async function setAside(path: string): Promise<string> {
  const aside = `${path}.damaged`;
  try {
    await rename(path, aside);
    await syncFolder(dirname(path));
  } catch (error) {
    throw new StateFileError(path, `is damaged and cannot be renamed: ${messageOf(error)}`, { cause: error });
  }
  return aside;
}

/**
 * The lines of a file, which are bounded in length and number; undefined where there is no file. Opened before it
 * returns. Throws {@link StateFileError} where it cannot be read, and {@link DamagedFileError} at a bound.
 */
export async function readLines(
  path: string,
  most: { readonly length: number; readonly lines: number },
): Promise<AsyncGenerator<string> | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    return linesOf(path, file.createReadStream({ encoding: 'utf8' }), most);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new StateFileError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function* linesOf(
  path: string,
  chunks: AsyncIterable<string>,
  most: { readonly length: number; readonly lines: number },
): AsyncGenerator<string> {
  let rest = '';
  let number = 0;
  const tooLong = `is longer than ${most.length} characters`;
  try {
    for await (const chunk of chunks) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (++number > most.lines) throw new DamagedFileError(number, `is one more than ${most.lines}`);
        if (line.length > most.length) throw new DamagedFileError(number, tooLong);
        yield line;
      }
      if (rest.length > most.length) throw new DamagedFileError(number + 1, tooLong);
    }
  } catch (error) {
    if (error instanceof DamagedFileError) throw error;
    throw new StateFileError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (rest !== '') throw new DamagedFileError(number + 1, 'has no end: the file was cut');
}

/** A file is not what was once written; the message has the line. */
export class DamagedFileError extends Error {
  constructor(line: number, message: string) {
    super(`line ${line} ${message}`);
    this.name = 'DamagedFileError';
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
