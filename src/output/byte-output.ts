import { closeSync, openSync, writeSync } from 'node:fs';
import { OutputError } from './output-error.ts';

/** Bytes gathered before they are written. */
const CHUNK = 1 << 17;
const STANDARD_OUTPUT = 1;
/** Milliseconds until a pipe that is full is tried again. */
const PATIENCE_MS = 5;

/** A file that is written: its descriptor, and its name in messages. */
export interface OpenFile {
  readonly fd: number;
  readonly path: string;
}

/** Opens a file for writing; `-` is standard output. Throws an {@link OutputError}. */
export function openOutput(path: string): OpenFile {
  if (path === '-') return { fd: STANDARD_OUTPUT, path: 'standard output' };
  try {
    return { fd: openSync(path, 'w'), path };
  } catch (error) {
    throw new OutputError(path, error);
  }
}

/** Closes what {@link openOutput} opened; standard output stays open. */
export function closeOutput(file: OpenFile): void {
  if (file.fd === STANDARD_OUTPUT) return;
  try {
    closeSync(file.fd);
  } catch (error) {
    throw new OutputError(file.path, error);
  }
}

/**
 * Bytes on their way to a file, gathered into large writes. Write to `bytes` from `used` on, after `reserve`. Without
 * a file they stay where they are, and their reader sets `used` back.
 */
export class ByteOutput {
  bytes: Buffer = Buffer.allocUnsafeSlow(CHUNK);
  used = 0;
  private readonly file: OpenFile | undefined;

  constructor(file?: OpenFile) {
    this.file = file;
  }

  /** Makes room for so many more bytes. */
  reserve(bytes: number): void {
    if (this.used + bytes <= this.bytes.length) return;
    this.flush();
    const needed = this.used + bytes;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.used * 2));
    this.bytes.copy(grown, 0, 0, this.used);
    this.bytes = grown;
  }

  /** Writes what is there to the file. */
  flush(): void {
    if (this.file === undefined) return;
    let at = 0;
    while (at < this.used) {
      try {
        at += writeSync(this.file.fd, this.bytes, at, this.used - at);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') {
          // A pipe that is full for now.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PATIENCE_MS);
          continue;
        }
        this.used = 0;
        throw new OutputError(this.file.path, error);
      }
    }
    this.used = 0;
  }
}
