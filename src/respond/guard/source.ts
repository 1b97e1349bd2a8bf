import { open } from 'node:fs/promises';
import type { Protected } from './protected-set.ts';

/** Where a guard learns what to protect. */
export interface ProtectionSource {
  /** Name of the guard, as records of refusals have it. */
  readonly name: string;
  /** How often it is read anew, in ms. */
  readonly everyMs: number;
  /** Also a user who insists is refused: it would cut the machine off. */
  readonly isAbsolute?: boolean;
  /** Reads it. Throws where what should be readable is not. */
  read(): Promise<readonly Protected[]>;
}

/** No file of this kind is larger; a routing table of the whole internet is not read to its end. */
const LARGEST_FILE = 16 << 20;
const READ_AT_ONCE = 64 << 10;

/** Text of a file of the system, whose size is not known before; empty where there is none. */
export async function readSystemFile(path: string): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '';
    throw error;
  }
  try {
    const parts: Buffer[] = [];
    let size = 0;
    while (size < LARGEST_FILE) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(READ_AT_ONCE), 0, READ_AT_ONCE, null);
      if (bytesRead === 0) break;
      parts.push(buffer.subarray(0, bytesRead));
      size += bytesRead;
    }
    return Buffer.concat(parts).toString('latin1');
  } finally {
    await file.close();
  }
}
