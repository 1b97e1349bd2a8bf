import { type CaptureFile, type Finding, formatTime, openCaptures } from '../tap/capture/index.ts';
import { lastPacketTime } from '../tap/capture/tail.ts';

/** What a capture is, as far as it could be told in the time. */
export interface ListedCapture {
  readonly path: string;
  readonly bytes: number;
  /** pcap or pcapng; empty where it is no capture. */
  readonly format: string;
  /** gzip, zstd; empty where it is plain. */
  readonly compression: string;
  /** Names of the interfaces that it was made on. */
  readonly interfaces: readonly string[];
  /** Times of the first and the last packet, microseconds since 1970. */
  readonly firstUs?: number;
  readonly lastUs?: number;
  /** Where the whole file was read. */
  readonly packets?: number;
  readonly cut: boolean;
}

/** Captures in the order of time, and what was found wrong. */
export interface CaptureList {
  readonly captures: readonly ListedCapture[];
  readonly findings: readonly Pick<Finding, 'kind' | 'severity' | 'path' | 'message'>[];
}

/** Captures that take no more than this together are read to their end, unless it takes longer than this. */
const READ_BYTES = 64 << 20;
const READ_MS = 4000;
const FINDINGS = 100;
const INTERFACES = 16;
/** A silence between two files that is worth a finding. */
const GAP_US = 60_000_000;

/** Looks at captures. */
export async function listCaptures(paths: readonly string[]): Promise<CaptureList> {
  const findings: Finding[] = [];
  const add = (finding: Finding): void => {
    if (findings.length < FINDINGS) findings.push(finding);
  };
  const sequence = await openCaptures(paths, { onFinding: add });
  const { files } = sequence;
  const bytes = files.reduce((sum, { size = 0 }) => sum + size, 0);
  const isRead = bytes <= READ_BYTES;
  try {
    if (isRead) for await (const _ of sequence.batches(AbortSignal.timeout(READ_MS)));
  } finally {
    sequence.close();
  }
  const captures = files.map(listed);
  if (!isRead) for (const gap of gapsOf(captures)) add(gap);
  return {
    captures,
    findings: findings.map(({ kind, severity, path, message }) => ({ kind, severity, path, message })),
  };
}

function listed(file: CaptureFile): ListedCapture {
  const { path, size, metadata, compression, firstTimeUs, cut } = file;
  const whole = file.state === 'done';
  const lastUs =
    whole || compression !== '' || file.state === 'failed' ? file.lastTimeUs : lastPacketTime(path, metadata);
  return {
    path,
    bytes: size ?? 0,
    format: metadata.format,
    compression,
    interfaces: metadata.interfaces.slice(0, INTERFACES).map(({ name }) => name),
    ...(firstTimeUs === undefined ? {} : { firstUs: firstTimeUs }),
    ...(lastUs === undefined || (compression !== '' && !whole) ? {} : { lastUs }),
    ...(whole ? { packets: file.packets } : {}),
    cut,
  };
}

/** Reading tells of these itself. */
function gapsOf(captures: readonly ListedCapture[]): Finding[] {
  const found: Finding[] = [];
  let lastUs: number | undefined;
  for (const { path, firstUs, lastUs: endUs } of captures) {
    if (firstUs !== undefined && lastUs !== undefined && firstUs - lastUs > GAP_US) {
      const seconds = Math.round((firstUs - lastUs) / 1e6);
      found.push({
        kind: 'gap',
        severity: 'warning',
        path,
        message: `${path}: nothing was captured for ${seconds} s before ${formatTime(firstUs)}`,
      });
    }
    lastUs = endUs === undefined ? lastUs : Math.max(lastUs ?? 0, endUs);
  }
  return found;
}
