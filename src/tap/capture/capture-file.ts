/** One file of a capture sequence: what is known of it before, while and after it is read. */

import type { Compression } from './compression.ts';
import type { Finding } from './finding.ts';
import { CaptureMetadata } from './metadata.ts';
import { openSource } from './open.ts';
import { CaptureReader, createReadingSpace } from './reader.ts';

/**
 * - `waiting`: not opened yet
 * - `reading`: its packets are being handed out
 * - `done`: read to its end (which may be a cut)
 * - `skipped`: outside the wanted time, not read
 * - `failed`: no capture, or it cannot be opened
 */
export type FileState = 'waiting' | 'reading' | 'done' | 'skipped' | 'failed';

/** A file of the sequence. Fields change while it is read. */
export interface CaptureFile {
  /** Position in the sequence, from 0: what a batch calls `file`. */
  readonly number: number;
  /** As it was given or found; `-` is standard input. */
  readonly path: string;
  /** Bytes on disk; undefined for standard input and pipes. */
  readonly size: number | undefined;
  readonly compression: Compression;
  readonly metadata: CaptureMetadata;
  /** LINKTYPE_ numbers of its interfaces as far as they are known. */
  readonly linkTypes: readonly number[];
  /** Time of its first packet in microseconds since 1970; undefined before it is known or without packets. */
  readonly firstTimeUs: number | undefined;
  /** Latest time of its packets so far. */
  readonly lastTimeUs: number | undefined;
  /** Packets read so far, with those outside the wanted time. */
  readonly packets: number;
  readonly state: FileState;
  /** True when the file ends within a packet or could not be read to its end. */
  readonly cut: boolean;
}

/** A file as the sequence itself sees it. */
export class SequenceFile implements CaptureFile {
  number = 0;
  readonly path: string;
  readonly size: number | undefined;
  /** Device, inode and birth: tells the same file under two names. Empty for streams. */
  readonly identity: string;
  /** When it was last changed, in milliseconds since 1970. */
  readonly changedMs: number;
  /** When it was made; the time of its last change where the file system does not know. */
  readonly bornMs: number;
  compression: Compression = '';
  metadata = new CaptureMetadata();
  firstTimeUs: number | undefined = undefined;
  lastTimeUs: number | undefined = undefined;
  packets = 0;
  state: FileState = 'waiting';
  cut = false;

  constructor(
    path: string,
    size: number | undefined,
    identity: string,
    changedMs: number,
    bornMs: number = changedMs,
  ) {
    this.path = path;
    this.size = size;
    this.identity = identity;
    this.changedMs = changedMs;
    this.bornMs = bornMs;
  }

  get linkTypes(): readonly number[] {
    return this.metadata.linkTypes;
  }
}

const PROBE_CHUNK = 64 * 1024;
const PROBE_PACKETS = 8;

/**
 * Looks into a file: how it is compressed, what is in it, when its first packet was captured. Resolves to the
 * finding that says why it is of no use, if it is. Not for standard input, which can be read only once.
 */
export async function probeFile(file: SequenceFile): Promise<Finding | undefined> {
  const findings: Finding[] = [];
  let reader: CaptureReader | undefined;
  try {
    const { source, compression } = await openSource(file.path);
    file.compression = compression;
    const space = createReadingSpace(PROBE_CHUNK, PROBE_PACKETS);
    reader = new CaptureReader(source, file.path, 0, space, file.metadata, (finding) => {
      if (findings.length < PROBE_PACKETS) findings.push(finding);
    });
    const filled = reader.fill();
    if (typeof filled === 'boolean' ? filled : await filled) {
      file.firstTimeUs = space.batch.timeUs[0] as number;
      return undefined;
    }
    return reader.ending === 'failed' ? findings.find((finding) => finding.severity === 'error') : undefined;
  } catch (error) {
    return unreadable(file.path, error);
  } finally {
    reader?.close();
  }
}

/** The finding for a file that cannot be opened. */
export function unreadable(path: string, error: unknown): Finding {
  const code = (error as { code?: unknown } | null)?.code;
  const missing = code === 'ENOENT';
  const reason = missing
    ? 'there is no such file'
    : code === 'EACCES'
      ? 'permission denied; run as a user who may read it'
      : error instanceof Error
        ? error.message
        : String(error);
  return {
    kind: missing ? 'missing' : 'unreadable',
    severity: 'error',
    path,
    message: `${path}: cannot be opened: ${reason}`,
  };
}
