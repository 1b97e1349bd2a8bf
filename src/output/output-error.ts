/** Output failed: the disk is full, the pipe is closed, the folder is not writable. */
export class OutputError extends Error {
  readonly path: string;
  readonly code: string;

  constructor(path: string, cause: unknown) {
    const code =
      cause instanceof Error && 'code' in cause ? String(cause.code) : isCause(cause) ? cause.code : '';
    super(`${path}: ${explain(code, cause)}`, { cause });
    this.name = 'OutputError';
    this.path = path;
    this.code = code;
  }
}

/** What is left of an error that came from another thread. */
export interface ThreadError {
  readonly code: string;
  readonly message: string;
}

function isCause(cause: unknown): cause is ThreadError {
  return typeof cause === 'object' && cause !== null && 'code' in cause && 'message' in cause;
}

function explain(code: string, cause: unknown): string {
  if (code === 'ENOSPC') return 'no space left on the disk; what was written so far is kept';
  if (code === 'EACCES' || code === 'EPERM') return 'not writable; choose another place';
  if (code === 'ENOENT') return 'the folder does not exist';
  if (code === 'EISDIR') return 'is a folder; name a file';
  return cause instanceof Error || isCause(cause) ? cause.message : String(cause);
}
