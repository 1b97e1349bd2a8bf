import { closeSync, openSync, writeSync } from 'node:fs';

/** Characters gathered before they are written. */
const CHUNK = 1 << 16;

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
  private text = '';

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
    this.text += line;
    if (this.text.length >= CHUNK) this.flush();
  }

  flush(): void {
    if (this.text.length === 0) return;
    const bytes = Buffer.from(this.text);
    this.text = '';
    let at = 0;
    while (at < bytes.length) {
      try {
        at += writeSync(this.fd, bytes, at);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') {
          // A pipe that is full for now.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
          continue;
        }
        throw new OutputError(this.path, error);
      }
    }
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
