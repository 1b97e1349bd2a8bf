import { closeSync, openSync, writeSync } from 'node:fs';

/** Bytes gathered before they are written. */
const CHUNK = 1 << 17;
/** UTF-8 takes at most this many bytes for one unit of a string. */
const BYTES_PER_UNIT = 3;

/** Node's own encoder into a given buffer, without the checks that `write` makes first. */
const utf8Write = (
  Buffer.prototype as unknown as {
    utf8Write(this: Buffer, text: string, offset: number, length: number): number;
  }
).utf8Write;

/** Output failed: the disk is full, the pipe is closed, the folder is not writable. */
export class OutputError extends Error {
  readonly path: string;
  readonly code: string;

  constructor(path: string, cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    super(`${path}: ${explain(code, cause)}`, { cause });
    this.name = 'OutputError';
    this.path = path;
    this.code = code;
  }
}

function explain(code: string, cause: unknown): string {
  if (code === 'ENOSPC') return 'no space left on the disk; what was written so far is kept';
  if (code === 'EACCES' || code === 'EPERM') return 'not writable; choose another place';
  if (code === 'ENOENT') return 'the folder does not exist';
  if (code === 'EISDIR') return 'is a folder; name a file';
  return cause instanceof Error ? cause.message : String(cause);
}

/** Takes lines of text. */
export interface LineOutput {
  /** Adds a line; the line's end is part of `line`. */
  write(line: string): void;
  close(): void;
}

/** Lines of text into a file (`-`: standard output), gathered into large writes. Errors are {@link OutputError}s. */
export class LineWriter implements LineOutput {
  readonly path: string;
  lines = 0;
  private readonly fd: number;
  private buffer = Buffer.allocUnsafeSlow(CHUNK);
  private used = 0;

  constructor(path: string) {
    this.path = path === '-' ? 'standard output' : path;
    try {
      this.fd = path === '-' ? 1 : openSync(path, 'w');
    } catch (error) {
      throw new OutputError(this.path, error);
    }
  }

  write(line: string): void {
    this.lines++;
    const most = line.length * BYTES_PER_UNIT;
    if (this.used + most > this.buffer.length) this.makeRoom(most);
    this.used += utf8Write.call(this.buffer, line, this.used, this.buffer.length - this.used);
  }

  flush(): void {
    let at = 0;
    while (at < this.used) {
      try {
        at += writeSync(this.fd, this.buffer, at, this.used - at);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') {
          // A pipe that is full for now.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
          continue;
        }
        throw new OutputError(this.path, error);
      }
    }
    this.used = 0;
  }

  private makeRoom(bytes: number): void {
    this.flush();
    if (bytes > this.buffer.length) this.buffer = Buffer.allocUnsafeSlow(bytes);
  }

  close(): void {
    this.flush();
    if (this.fd === 1) return;
    try {
      closeSync(this.fd);
    } catch (error) {
      throw new OutputError(this.path, error);
    }
  }
}
