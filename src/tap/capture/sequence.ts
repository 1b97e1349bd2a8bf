/** Many captures as one stream of packets in the order of time. */

import type { Readable } from 'node:stream';
import type { Batch } from './batch.ts';
import { type CaptureFile, type SequenceFile, unreadable } from './capture-file.ts';
import { type Finding, Findings, type Report } from './finding.ts';
import type { Follower } from './follow.ts';
import { Merger } from './merge.ts';
import { CaptureMetadata } from './metadata.ts';
import { openSource } from './open.ts';
import { type FoundFile, findFiles, withoutDuplicates } from './paths.ts';
import { examineFiles, inOrderOfTime, skipByTime } from './plan.ts';
import { RandomAccess } from './random-access.ts';
import { CaptureReader, CHUNK, createReadingSpace, type ReadingSpace } from './reader.ts';
import type { ByteSource } from './source.ts';

/** How captures are opened. */
export interface CaptureOptions {
  /** Told of each finding as it is made (bounded, see {@link Findings}). */
  readonly onFinding?: Report;
  /** Only packets of this time, in microseconds since 1970, both ends included. */
  readonly sinceUs?: number;
  readonly untilUs?: number;
  /** Watches folders and patterns for new files until the signal of {@link CaptureSequence.batches}. */
  readonly follow?: boolean;
  /** A followed file that did not grow for this long is complete; default 30 s. */
  readonly settleMs?: number;
  /** Followed folders are looked through this often; default 1 s. */
  readonly pollMs?: number;
  /** So many files are open at the same time at most; default 64. */
  readonly mostOpen?: number;
  /** A silence between two files that is worth a finding; default 60 s. */
  readonly gapUs?: number;
  /** Bytes that are read at a time. */
  readonly chunkBytes?: number;
  /** Ends a file at its first damaged record, as other programs do, instead of looking for the next one. */
  readonly stopAtDamage?: boolean;
  /** Stands for the process's standard input. */
  readonly standardInput?: Readable;
}

const MOST_OPEN = 64;
const GAP_US = 60_000_000;
const SETTLE_MS = 30_000;
const POLL_MS = 1000;

/** How far reading has come. */
export interface CaptureProgress {
  /** Bytes read of the files themselves (before decompression). */
  readonly bytesRead: number;
  /** Bytes of all files that are to be read; undefined while a stream is among them. */
  readonly totalBytes: number | undefined;
  readonly files: number;
  readonly filesDone: number;
}

/** A sequence of captures, read once from the earliest packet to the latest. */
export class CaptureSequence {
  /** The files, by their number: what a batch calls `file`. Grows with `follow`. */
  readonly files: readonly CaptureFile[];
  readonly #files: SequenceFile[] = [];
  readonly #options: CaptureOptions;
  readonly #findings: Findings;
  readonly #merger: Merger;
  readonly #random = new RandomAccess();
  #follower: Follower | undefined;
  #opening: ByteSource | undefined;
  #started = false;
  #stopped = false;

  /** Use {@link openCaptures}. */
  constructor(options: CaptureOptions) {
    this.files = this.#files;
    this.#options = options;
    this.#findings = new Findings(options.onFinding);
    this.#merger = new Merger({
      sinceUs: options.sinceUs ?? Number.NEGATIVE_INFINITY,
      untilUs: options.untilUs ?? Number.POSITIVE_INFINITY,
      mostOpen: Math.max(1, options.mostOpen ?? MOST_OPEN),
      gapUs: options.gapUs ?? GAP_US,
      createSpace: () => createReadingSpace(Math.max(64, options.chunkBytes ?? CHUNK)),
      open: (file, space) => this.#open(file, space),
      report: this.#findings.add,
    });
  }

  /** The findings that were kept, in the order in which they were made. */
  get findings(): readonly Finding[] {
    return this.#findings.kept;
  }

  /** How often each kind of finding was made, and how many were not kept. */
  get findingCounts(): Findings['counts'] {
    return this.#findings.counts;
  }

  get findingsSuppressed(): number {
    return this.#findings.suppressed;
  }

  /**
   * True when there is nothing that can be read: each path is missing, empty or no capture. With standard
   * input that is known only after reading, and with `follow` it says nothing yet.
   */
  get nothingReadable(): boolean {
    return !this.#files.some((file) => file.state !== 'failed');
  }

  /** Finds, examines and orders the files. */
  async prepare(paths: readonly string[]): Promise<void> {
    const { follow } = this.#options;
    const found = findFiles(paths, this.#findings.add);
    const { files, duplicates } = withoutDuplicates(found.files);
    for (const { path, same } of duplicates) {
      this.#findings.add({
        kind: 'duplicate',
        severity: 'note',
        path,
        message: `${path}: the same file as ${same}; it is read once`,
      });
    }
    if (follow) {
      await this.#admit(files.filter((entry) => entry.folder === undefined));
      const { settleMs = SETTLE_MS, pollMs = POLL_MS } = this.#options;
      const { Follower } = await import('./follow.ts');
      this.#follower = new Follower(paths, { settleMs, pollMs }, this.#findings.add, Date.now);
      this.#follower.start();
      return;
    }
    this.#reportEmptyFolders(found.folders, files);
    await this.#admit(files);
  }

  #reportEmptyFolders(folders: readonly string[], files: readonly FoundFile[]): void {
    const used = new Set(files.map((entry) => entry.folder));
    for (const folder of folders) {
      if (used.has(folder)) continue;
      this.#findings.add({
        kind: 'missing',
        severity: 'error',
        path: folder,
        message: `${folder}: there are no files in this folder (files in its subfolders: ${folder}/**/*.pcap*)`,
      });
    }
  }

  async #admit(found: readonly FoundFile[]): Promise<void> {
    const ordered = inOrderOfTime(
      await examineFiles(found, this.#options.follow === true, this.#findings.add),
    );
    for (const file of ordered) {
      file.number = this.#files.length;
      this.#files.push(file);
    }
    const { sinceUs, untilUs } = this.#options;
    if (sinceUs !== undefined || untilUs !== undefined) {
      skipByTime(
        ordered,
        sinceUs ?? Number.NEGATIVE_INFINITY,
        untilUs ?? Number.POSITIVE_INFINITY,
        this.#findings.add,
      );
    }
    this.#merger.add(ordered.filter((file) => file.state === 'waiting'));
  }

  async #open(file: SequenceFile, space: ReadingSpace): Promise<CaptureReader | undefined> {
    try {
      const { source, compression } = await openSource(file.path, {
        standardInput: this.#options.standardInput,
        opening: (raw) => {
          this.#opening = raw;
          if (this.#stopped) raw.close();
        },
      });
      this.#opening = undefined;
      file.compression = compression;
      // What the first look found is found again.
      file.metadata = new CaptureMetadata();
      return new CaptureReader(
        source,
        file.path,
        file.number,
        space,
        file.metadata,
        this.#findings.add,
        this.#options.stopAtDamage,
      );
    } catch (error) {
      this.#opening = undefined;
      if (!this.#stopped) this.#findings.add(unreadable(file.path, error));
      return undefined;
    }
  }

  /**
   * The next packets, or undefined at the end; a promise where waiting is needed. The batch is valid until the
   * next call. For callers to whom the promise per batch of {@link batches} matters.
   */
  nextBatch(): Batch | undefined | Promise<Batch | undefined> {
    const follower = this.#follower;
    if (follower === undefined) return this.#merger.next();
    if (follower.hasFiles) return this.#takeFollowed(follower);
    const batch = this.#merger.next();
    if (batch instanceof Promise) return batch.then((later) => later ?? this.#waitForFiles(follower));
    return batch ?? this.#waitForFiles(follower);
  }

  async #takeFollowed(follower: Follower): Promise<Batch | undefined> {
    await this.#admit(follower.take());
    return this.nextBatch();
  }

  async #waitForFiles(follower: Follower): Promise<Batch | undefined> {
    if (this.#stopped) return undefined;
    await follower.wait();
    return this.#stopped ? undefined : this.nextBatch();
  }

  /**
   * The packets of all files in the order of time. Ends early, without an error, when the signal is aborted;
   * other work of the process gets its turn about every 20 ms. A sequence can be read once.
   */
  async *batches(signal?: AbortSignal): AsyncGenerator<Batch, void, undefined> {
    if (this.#started) throw new Error('a capture sequence can be read once: open the captures again');
    this.#started = true;
    const stop = (): void => this.#stop();
    if (signal?.aborted) return;
    signal?.addEventListener('abort', stop, { once: true });
    try {
      while (!this.#stopped) {
        const next = this.nextBatch();
        const batch = next instanceof Promise ? await next : next;
        if (batch === undefined || this.#stopped) return;
        yield batch;
      }
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#stop();
    }
  }

  /** How far reading has come; cheap enough to be asked several times a second. */
  progress(): CaptureProgress {
    let total: number | undefined = 0;
    let filesDone = 0;
    let files = 0;
    for (const file of this.#files) {
      if (file.state === 'skipped' || file.state === 'failed') continue;
      files++;
      if (file.state === 'done') filesDone++;
      total = file.size === undefined || total === undefined ? undefined : total + file.size;
    }
    return { bytesRead: this.#merger.bytesRead, totalBytes: total, files, filesDone };
  }

  /**
   * Bytes of a file once more: `[offset, offset + length)` of its (decompressed) content, fewer where it ends
   * before. Cheap for plain files; a compressed one is decompressed up to there, so ask for ascending offsets.
   * Rejects with an Error for streams and for files that have gone.
   */
  readAt(file: number, offset: number, length: number): Promise<Uint8Array> {
    const entry = this.#files[file];
    if (entry === undefined) return Promise.reject(new RangeError(`there is no file number ${file}`));
    return this.#random.read(entry, offset, length);
  }

  #stop(): void {
    this.#stopped = true;
    this.#follower?.close();
    this.#opening?.close();
    this.#merger.close();
  }

  /** Closes all files. */
  close(): void {
    this.#stop();
    this.#random.close();
  }
}

/**
 * Opens captures: files, folders (the captures directly in them), patterns, `-` for standard input. Files that
 * cannot be used are findings, not errors; see {@link CaptureSequence.nothingReadable}.
 */
export async function openCaptures(
  paths: readonly string[],
  options: CaptureOptions = {},
): Promise<CaptureSequence> {
  const sequence = new CaptureSequence(options);
  await sequence.prepare(paths);
  return sequence;
}
