import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR } = constants;
const NEWLINE = 0x0a;

/** Bounds of a file and of those that came before it. */
export interface RotationOptions {
  /** Bytes of one file; 8 MiB without. */
  readonly fileBytes?: number | undefined;
  /** A file is rotated when its first line is older, in milliseconds; a day without. */
  readonly fileMs?: number | undefined;
  /** Files that are kept besides the one that is written; 7 without, at most 100. */
  readonly files?: number | undefined;
}

/** A file of lines that is rotated: `NAME` is written, `NAME.1` came before it, the highest number is the oldest. */
export class RotatedFile {
  readonly path: string;
  readonly files: number;
  private readonly fileBytes: number;
  private readonly fileUs: number;
  private open: { readonly descriptor: number; bytes: number; firstUs: number } | undefined;
  private readonly firstTime: (line: string) => number | undefined;
  private readonly rotated: () => void;

  /**
   * `firstTime` reads the time of a line, in microseconds; `rotated` is told when a file became `.1` and all others
   * moved on.
   */
  constructor(
    path: string,
    options: RotationOptions,
    firstTime: (line: string) => number | undefined,
    rotated: () => void,
  ) {
    this.path = path;
    this.fileBytes = Math.max(4096, options.fileBytes ?? 8 << 20);
    this.fileUs = 1000 * (options.fileMs ?? 86_400_000);
    this.files = Math.max(0, Math.min(100, options.files ?? 7));
    this.firstTime = firstTime;
    this.rotated = rotated;
  }

  /** Names of the files, the newest first; they need not be there. */
  names(): readonly string[] {
    return Array.from({ length: this.files + 1 }, (_, i) => this.nameOf(i));
  }

  /** Adds a line, which ends in a newline; rotates before, where it is time to. Throws the error of the system. */
  append(line: string, timeUs: number): void {
    const bytes = Buffer.from(line, 'utf8');
    let file = this.opened(timeUs);
    const isFull = file.bytes > 0 && file.bytes + bytes.length > this.fileBytes;
    if (isFull || (file.bytes > 0 && timeUs - file.firstUs > this.fileUs)) {
      this.rotate();
      file = this.opened(timeUs);
    }
    // A part of a line would spoil the one that follows: the next one begins a line of its own.
    const written = writeSync(file.descriptor, bytes);
    file.bytes += written;
    if (written !== bytes.length) {
      this.close();
      throw new Error(`the disk took ${written} of ${bytes.length} bytes`);
    }
  }

  close(): void {
    if (this.open !== undefined) closeSync(this.open.descriptor);
    this.open = undefined;
  }

  private opened(timeUs: number): NonNullable<typeof this.open> {
    if (this.open !== undefined) return this.open;
    // The folder may be one that others write to: no links are followed.
    const descriptor = openSync(this.path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o640);
    try {
      const stat = fstatSync(descriptor);
      if (!stat.isFile()) throw new Error('it is no regular file');
      if (stat.size === 0) fchmodSync(descriptor, 0o640);
      let bytes = stat.size;
      // A line that was cut off by a crash ends here.
      if (bytes > 0 && lastByte(descriptor, bytes) !== NEWLINE) bytes += writeSync(descriptor, '\n');
      const firstUs = this.firstTime(firstLine(descriptor)) ?? timeUs;
      this.open = { descriptor, bytes, firstUs };
      return this.open;
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  private rotate(): void {
    this.close();
    rmSync(this.nameOf(this.files), { force: true });
    for (let i = this.files - 1; i >= 0; i--) {
      try {
        renameSync(this.nameOf(i), this.nameOf(i + 1));
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
    this.rotated();
  }

  private nameOf(i: number): string {
    return i === 0 ? this.path : `${this.path}.${i}`;
  }
}

/** Opens a file to be read, never through a link; undefined where it is not there. Throws the error of the system. */
export function openToRead(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function lastByte(descriptor: number, size: number): number {
  const byte = Buffer.alloc(1);
  readSync(descriptor, byte, 0, 1, size - 1);
  return byte[0] ?? NEWLINE;
}

function firstLine(descriptor: number): string {
  const bytes = Buffer.alloc(65_536);
  const length = readSync(descriptor, bytes, 0, bytes.length, 0);
  const end = bytes.subarray(0, length).indexOf(NEWLINE);
  return bytes.toString('utf8', 0, end < 0 ? length : end);
}
