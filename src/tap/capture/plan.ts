/** Decides which files are read, and in which order: by the time of their first packets. */

import { probeFile, type SequenceFile } from './capture-file.ts';
import type { Report } from './finding.ts';
import { DISORDER_US } from './merge.ts';
import { STANDARD_INPUT } from './open.ts';
import { type FoundFile, rotationOf } from './paths.ts';
import { lastPacketTime } from './tail.ts';

/** Files of a rotation whose first packets lie closer together than this belong to parallel captures. */
const PARALLEL_US = 5_000_000;

const FILES_PER_TURN = 64;

/** Whether a file can be peeked into before it is read: not a stream. */
function isRepeatable(file: SequenceFile): boolean {
  return file.path !== STANDARD_INPUT && file.size !== undefined;
}

/**
 * Looks into each file. Files that a folder or pattern led to and that are no captures are left out with one
 * note per folder; files that were named themselves stay, with state `failed` and an error. `more` tells that
 * further files of the same folders may come, so that a folder without captures is no error.
 */
export async function examineFiles(
  found: readonly FoundFile[],
  more: boolean,
  report: Report,
): Promise<SequenceFile[]> {
  const files: SequenceFile[] = [];
  const ignored = new Map<string, number>();
  const used = new Map<string, number>();
  for (const [index, { file, folder }] of found.entries()) {
    // Looking into a plain file waits for nothing, so thousands of them would hold up everything else.
    if (index % FILES_PER_TURN === FILES_PER_TURN - 1) await new Promise(setImmediate);
    if (!isRepeatable(file)) {
      files.push(file);
      continue;
    }
    const finding = await probeFile(file);
    if (folder !== undefined) {
      const foreign = finding?.kind === 'not-a-capture';
      const count = foreign ? ignored : used;
      count.set(folder, (count.get(folder) ?? 0) + 1);
      if (foreign) continue;
    }
    if (finding !== undefined) {
      file.state = 'failed';
      report(finding);
    }
    files.push(file);
  }
  for (const [folder, count] of ignored) {
    const nothing = !more && !used.has(folder);
    report({
      kind: nothing ? 'missing' : 'ignored',
      severity: nothing ? 'error' : 'note',
      path: folder,
      message: nothing
        ? `${folder}: none of its ${count} files is a capture (pcap or pcapng, plain or in gzip or zstd)`
        : `${folder}: ${count} ${count === 1 ? 'file that is no capture is' : 'files that are no captures are'} left out`,
    });
  }
  return files;
}

/** Earliest first; files whose time is not known (streams, files without packets) come last. */
export function inOrderOfTime(files: readonly SequenceFile[]): SequenceFile[] {
  const first = (file: SequenceFile): number => file.firstTimeUs ?? Number.POSITIVE_INFINITY;
  return [...files].sort((a, b) => {
    const byTime = first(a) === first(b) ? 0 : first(a) < first(b) ? -1 : 1;
    return byTime || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
  });
}

/** Marks files that lie wholly outside the wanted time as skipped; one note tells how many. */
export function skipByTime(
  files: readonly SequenceFile[],
  sinceUs: number,
  untilUs: number,
  report: Report,
): void {
  const skipped: SequenceFile[] = [];
  for (const file of files) {
    const first = file.firstTimeUs;
    if (file.state !== 'waiting' || first === undefined) continue;
    if (first > untilUs + DISORDER_US || endsBefore(file, first, files, sinceUs - DISORDER_US)) {
      skipped.push(file);
    }
  }
  const example = skipped[0];
  if (example === undefined) return;
  for (const file of skipped) file.state = 'skipped';
  report({
    kind: 'skipped',
    severity: 'note',
    path: example.path,
    message: `${skipped.length} of ${files.length} files lie outside the wanted time and are not read (${example.path}${skipped.length > 1 ? ', ...' : ''})`,
  });
}

/**
 * True when the last packet of the file lies before the limit. A plain file tells at its end; a compressed one
 * is judged by when the next file of its rotation begins.
 */
function endsBefore(
  file: SequenceFile,
  first: number,
  files: readonly SequenceFile[],
  limitUs: number,
): boolean {
  if (!(first < limitUs)) return false;
  if (file.compression === '') {
    const last = lastPacketTime(file.path, file.metadata);
    return last !== undefined && last >= first && last < limitUs;
  }
  const rotation = rotationOf(file.path);
  return files.some(
    (other) =>
      other.firstTimeUs !== undefined &&
      other.firstTimeUs > first + PARALLEL_US &&
      other.firstTimeUs < limitUs &&
      rotationOf(other.path) === rotation,
  );
}
