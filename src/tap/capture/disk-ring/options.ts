/** What a ring may take, and where. */
export interface RingOptions {
  /** Folder of the files; made where it is missing. */
  readonly folder: string;
  /** Most bytes of all files together. */
  readonly sizeBytes: number;
  /** No packet stays longer. */
  readonly ageMs: number;
  /** Bytes of a file, at most a quarter of all. */
  readonly fileBytes: number;
  /** Name of the interface that packets come from. */
  readonly interfaceName?: string;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/** What is used where nothing is said. */
export const RING_DEFAULTS = {
  sizeBytes: 2 * 2 ** 30,
  ageMs: 86_400_000,
  fileBytes: 64 * 2 ** 20,
} as const;

/** A ring cannot be opened; the message names the folder and says what to do. */
export class RingError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'RingError';
  }
}

/** What happened between two calls of `tick`. */
export interface RingInterval {
  /** Packets that were lost to the ring. */
  readonly unwritten: number;
  /** Why nothing is written at present; undefined while all is well. */
  readonly problem: string | undefined;
  /** Seconds that writing had paused for, where it has gone on since. */
  readonly resumedAfter: number | undefined;
}

/** Numbers since the start, and the state. */
export interface RingStatistics {
  readonly folder: string;
  /** Files of this ring, those of earlier runs included, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Packets in files, and those that were lost to the ring. */
  readonly packets: number;
  readonly unwritten: number;
  /** Files that made room for others, or were too old. */
  readonly removed: number;
  /** How often writing paused. */
  readonly pauses: number;
  /** Why nothing is written at present. */
  readonly problem: string | undefined;
}

/** An error of the system in words. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}

/** The system's code of an error; empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** True for an error that free space would cure. */
export function isFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}

const REASONS: Readonly<Record<string, string | undefined>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOENT: 'the folder has gone',
  ENOTDIR: 'it is not a folder',
  EEXIST: 'it is not a folder',
};
