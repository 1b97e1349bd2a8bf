/**
 * Why the store could not do it: `locked` (another process has it open), `newer` (a later weir made it), `foreign`
 * (the folder holds something else), `absent` (there is no store), `full` (no space), `record` (a record is none),
 * `question` (a question makes no sense), `slow` (a question took too long), `memory` (it needs more),
 * `busy` (too much waits), `closed`,
 * `damaged`, `failed`.
 */
export type StoreErrorCode =
  | 'locked'
  | 'newer'
  | 'foreign'
  | 'absent'
  | 'full'
  | 'record'
  | 'question'
  | 'slow'
  | 'memory'
  | 'busy'
  | 'closed'
  | 'damaged'
  | 'failed';

/** The store could not do what was asked; the message says what, where and what to do. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

/** The text of whatever was thrown, its first line: what DuckDB adds below repeats the statement. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
}

/** What DuckDB's or the system's error means here; the codes of both come as text only. */
export function classify(error: unknown): StoreErrorCode {
  if (error instanceof StoreError) return error.code;
  const text = error instanceof Error ? error.message : String(error);
  if (/Could not set lock/i.test(text)) return 'locked';
  if (/No space left on device|ENOSPC|EDQUOT|Disk quota exceeded/i.test(text)) return 'full';
  if (/INTERRUPT/i.test(text)) return 'slow';
  if (/database file with version number/i.test(text)) return 'newer';
  if (/^Out of Memory/i.test(text)) return 'memory';
  if (/corrupt|checksum|not a valid DuckDB database|Serialization Error|replaying WAL/i.test(text))
    return 'damaged';
  return 'failed';
}

/** Whether DuckDB takes nothing more until the database is opened again. */
export function isFatal(error: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error);
  return /FATAL|has been invalidated|INTERNAL Error/.test(text);
}
