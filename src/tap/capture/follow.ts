/** Watches folders and patterns for captures that are being written, and gives each when it is closed. */

import { type FSWatcher, watch } from 'node:fs';
import type { SequenceFile } from './capture-file.ts';
import type { Report } from './finding.ts';
import { type FoundFile, findFiles, rotationOf, withoutDuplicates } from './paths.ts';

/** How a folder is followed. */
export interface FollowOptions {
  /** A file that has not grown for this long is taken although no newer one has appeared. */
  readonly settleMs: number;
  /** The folders are looked through this often, whether or not the system tells of changes. */
  readonly pollMs: number;
}

/** Changes come in bursts: they are looked at together. */
const BURST_MS = 50;

interface Seen {
  file: SequenceFile;
  readonly folder: string;
  grownMs: number;
  taken: boolean;
}

/**
 * Finds files that are complete: a newer file of the same rotation exists, or the file has stopped growing.
 * Those that are there at the beginning are treated alike.
 */
export class Follower {
  readonly #paths: readonly string[];
  readonly #options: FollowOptions;
  readonly #report: Report;
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();
  readonly #watchers: FSWatcher[] = [];
  #ready: FoundFile[] = [];
  #timer: NodeJS.Timeout | undefined;
  #burst: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  /** `now` gives milliseconds since 1970; files' times are compared with it. */
  constructor(paths: readonly string[], options: FollowOptions, report: Report, now: () => number) {
    this.#paths = paths;
    this.#options = options;
    this.#report = report;
    this.#now = now;
  }

  /** Begins to watch. */
  start(): void {
    const { folders } = this.scan();
    for (const folder of folders) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#changed());
        // The timer goes on looking where the system cannot watch (inotify limit, network folders).
        watcher.on('error', () => watcher.close());
        this.#watchers.push(watcher);
      } catch {
        // As above.
      }
    }
    this.#timer = setInterval(() => this.scan(), this.#options.pollMs);
  }

  /** True when {@link take} would give something. */
  get hasFiles(): boolean {
    return this.#ready.length > 0;
  }

  /** The files that became complete since the last call. */
  take(): readonly FoundFile[] {
    const files = this.#ready;
    this.#ready = [];
    return files;
  }

  /** Resolves when there are files to take, or after {@link close}. */
  wait(): Promise<void> {
    if (this.#closed || this.#ready.length > 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #changed(): void {
    this.#burst ??= setTimeout(() => {
      this.#burst = undefined;
      this.scan();
    }, BURST_MS);
  }

  /** Looks through the folders once. */
  scan(): { readonly folders: readonly string[] } {
    if (this.#closed) return { folders: [] };
    const found = findFiles(this.#paths, () => undefined);
    const { files } = withoutDuplicates(found.files);
    const now = this.#now();
    const present = new Set<string>();
    /** Per rotation the latest change of a file: those before it are complete. */
    const newest = new Map<string, SequenceFile>();
    for (const { file, folder } of files) {
      if (folder === undefined) continue;
      present.add(file.identity);
      this.#note(file, folder, now);
      const rotation = rotationOf(file.path);
      const other = newest.get(rotation);
      if (other === undefined || isNewer(file, other)) newest.set(rotation, file);
    }
    for (const [identity, entry] of this.#seen) {
      if (!present.has(identity)) this.#seen.delete(identity);
      else if (!entry.taken && this.#complete(entry, newest, now)) {
        entry.taken = true;
        this.#ready.push({ file: entry.file, folder: entry.folder });
      }
    }
    if (this.#ready.length > 0) this.#notify();
    return found;
  }

  #note(file: SequenceFile, folder: string, now: number): void {
    const known = this.#seen.get(file.identity);
    if (known === undefined) {
      this.#seen.set(file.identity, { file, folder, grownMs: Math.min(file.changedMs, now), taken: false });
    } else if (known.file.size !== file.size) {
      if (known.taken) this.#grown(known.file, file);
      known.file = file;
      known.grownMs = now;
    }
  }

  #grown(before: SequenceFile, after: SequenceFile): void {
    this.#report({
      kind: 'changed',
      severity: 'warning',
      path: after.path,
      offset: before.size ?? 0,
      message: `${after.path}: went from ${before.size} to ${after.size} bytes after it had been taken as complete; what was added may be missing (a longer settling time helps)`,
    });
  }

  #complete(entry: Seen, newest: ReadonlyMap<string, SequenceFile>, now: number): boolean {
    const { file } = entry;
    if (file.size === 0) return false;
    const latest = newest.get(rotationOf(file.path));
    if (latest !== undefined && latest.identity !== file.identity && isNewer(latest, file)) return true;
    return now - entry.grownMs >= this.#options.settleMs;
  }

  #notify(): void {
    const resolve = this.#wake;
    this.#wake = undefined;
    resolve?.();
  }

  /** Stops watching. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    clearTimeout(this.#burst);
    for (const watcher of this.#watchers) watcher.close();
    this.#notify();
  }
}

/** By the time of birth; by the name where that is equal. */
function isNewer(a: SequenceFile, b: SequenceFile): boolean {
  return a.bornMs === b.bornMs ? a.path > b.path : a.bornMs > b.bornMs;
}
