import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  statfsSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { sectionHeader } from './blocks.ts';
import { codeOf } from './options.ts';

/** What a file of a ring begins with: with its name it shows whose it is. */
export const SECTION = sectionHeader('weir packet ring');
/** The time of the first packet, in UTC. */
const NAME = /^weir-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{6})Z\.pcapng$/;
/** Packets are nobody's business but their owner's and their group's. */
const FILE_MODE = 0o640;

/** A file of the ring that is complete. */
interface RingFile {
  readonly name: string;
  readonly bytes: number;
  /** Time in its name, in microseconds since 1970. */
  readonly timeUs: number;
}

/** A file that was just made. */
export interface NewFile {
  readonly name: string;
  readonly timeUs: number;
  readonly descriptor: number;
}

/** The files of a ring: knows which are its own, what they take, and which goes first. */
export class RingFolder {
  readonly path: string;
  /** Bytes of the complete files. */
  bytes = 0;
  removed = 0;
  /** The oldest first. */
  private readonly complete: RingFile[] = [];

  /** Takes in the files of earlier runs. Throws the system's error. */
  constructor(path: string) {
    this.path = path;
    for (const name of readdirSync(path)) {
      const timeUs = timeOf(name);
      if (timeUs === undefined) continue;
      const bytes = ownBytes(join(path, name));
      if (bytes !== undefined) this.add({ name, bytes, timeUs });
    }
  }

  get files(): number {
    return this.complete.length;
  }

  /** Makes a file that is named by its first packet, or by the next microsecond that is free. Throws the system's error. */
  create(firstUs: number): NewFile {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    for (let timeUs = firstUs; ; timeUs++) {
      const name = nameOf(timeUs);
      try {
        const descriptor = openSync(
          join(this.path, name),
          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
          FILE_MODE,
        );
        return { name, timeUs, descriptor };
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
    }
  }

  /** Takes in a file that is complete. */
  add(file: RingFile): void {
    const { complete } = this;
    // Nearly always the newest: only a clock that was set back makes it another.
    let at = complete.length;
    while (at > 0 && complete[at - 1]!.timeUs > file.timeUs) at--;
    complete.splice(at, 0, file);
    this.bytes += file.bytes;
  }

  /** Removes a file that nothing was written to. Throws the system's error. */
  discard(file: NewFile): void {
    unlink(join(this.path, file.name));
  }

  /** Removes the oldest complete file; false when there is none. Throws the system's error, and forgets nothing then. */
  removeOldest(): boolean {
    const [oldest] = this.complete;
    if (oldest === undefined) return false;
    const path = join(this.path, oldest.name);
    // What lies under the name by now may be somebody else's.
    if (ownBytes(path) !== undefined) {
      unlink(path);
      this.removed++;
    }
    this.complete.shift();
    this.bytes -= oldest.bytes;
    return true;
  }

  /** Removes the files that begin before a time. Throws the system's error. */
  removeBefore(timeUs: number): void {
    while (this.complete.length > 0 && this.complete[0]!.timeUs < timeUs) this.removeOldest();
  }

  /** Bytes that may still be written to the disk. Throws the system's error. */
  free(): number {
    const { bavail, bsize } = statfsSync(this.path);
    return bavail * bsize;
  }
}

function nameOf(timeUs: number): string {
  const text = new Date(Math.floor(timeUs / 1000)).toISOString();
  const micros = String(timeUs % 1_000_000).padStart(6, '0');
  return `weir-${text.slice(0, 19).replaceAll(/[-:]/g, '')}.${micros}Z.pcapng`;
}

function timeOf(name: string): number | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, micros] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms * 1000 + Number(micros);
}

/** The size of a file that begins as those of a ring do; undefined for any other, and where there is none. */
function ownBytes(path: string): number | undefined {
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
  let descriptor: number;
  try {
    // Not even a pipe that was put there meanwhile makes it wait.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // What we may not read is not ours; what has gone is nobody's.
    if (['EACCES', 'ENOENT', 'ELOOP', 'EPERM'].includes(codeOf(error))) return undefined;
    throw error;
  }
  try {
    const begin = Buffer.alloc(SECTION.length);
    readSync(descriptor, begin, 0, begin.length, 0);
    return begin.equals(SECTION) ? fstatSync(descriptor).size : undefined;
  } finally {
    closeSync(descriptor);
  }
}

function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
