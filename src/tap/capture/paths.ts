/** From what the user names (files, folders, patterns, `-`) to files. */

import { globSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SequenceFile, unreadable } from './capture-file.ts';
import type { Report } from './finding.ts';
import { STANDARD_INPUT } from './open.ts';

/** A file that was found, and whether the user named it or a folder or pattern led to it. */
export interface FoundFile {
  readonly file: SequenceFile;
  /** The folder that it was found in; undefined where it was named itself. */
  readonly folder: string | undefined;
}

/** What the paths led to. */
export interface FoundFiles {
  readonly files: readonly FoundFile[];
  /** Folders among the paths: what `--follow` watches. */
  readonly folders: readonly string[];
}

/** A name that is a pattern of node:fs glob and not the name of a file. */
function isPattern(path: string): boolean {
  return /[*?[\]{}]/.test(path);
}

/**
 * Finds the files. A folder stands for the files directly in it, without hidden ones. What does not exist is
 * reported and left out.
 */
export function findFiles(paths: readonly string[], report: Report): FoundFiles {
  const files: FoundFile[] = [];
  const folders: string[] = [];
  for (const path of paths) {
    if (path === STANDARD_INPUT) {
      files.push({ file: new SequenceFile(path, undefined, STANDARD_INPUT, 0), folder: undefined });
      continue;
    }
    try {
      const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (stat === undefined && isPattern(path)) {
        expandPattern(path, files, report);
      } else if (stat?.isDirectory()) {
        folders.push(path);
        expandFolder(path, files);
      } else {
        add(path, undefined, files);
      }
    } catch (error) {
      report(unreadable(path, error));
    }
  }
  return { files, folders };
}

function expandFolder(folder: string, files: FoundFile[]): void {
  for (const name of readdirSync(folder).sort()) {
    if (!name.startsWith('.')) addIfFile(join(folder, name), folder, files);
  }
}

function expandPattern(pattern: string, files: FoundFile[], report: Report): void {
  const found = globSync(pattern).sort();
  for (const path of found) addIfFile(path, pattern, files);
  if (found.length > 0) return;
  report({
    kind: 'missing',
    severity: 'error',
    path: pattern,
    message: `${pattern}: no file matches this pattern`,
  });
}

/** Leaves out what is no regular file, or has gone since the folder was read. */
function addIfFile(path: string, folder: string, files: FoundFile[]): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) add(path, folder, files);
  } catch {
    // A link that leads nowhere or in circles is no capture.
  }
}

function add(path: string, folder: string | undefined, files: FoundFile[]): void {
  const stat = statSync(path, { bigint: true });
  const regular = stat.isFile();
  files.push({
    file: new SequenceFile(
      path,
      regular ? Number(stat.size) : undefined,
      `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`,
      Number(stat.mtimeMs),
      stat.birthtimeNs > 0n ? Number(stat.birthtimeNs) / 1e6 : Number(stat.mtimeMs),
    ),
    folder,
  });
}

/** Files that were left out because another path led to the same one. */
export interface Deduplicated {
  readonly files: readonly FoundFile[];
  readonly duplicates: readonly { readonly path: string; readonly same: string }[];
}

/** Leaves out files that appear twice, under the same name or another. */
export function withoutDuplicates(found: readonly FoundFile[]): Deduplicated {
  const seen = new Map<string, string>();
  const files: FoundFile[] = [];
  const duplicates: { path: string; same: string }[] = [];
  for (const entry of found) {
    const same = seen.get(entry.file.identity);
    if (same === undefined) {
      seen.set(entry.file.identity, entry.file.path);
      files.push(entry);
    } else {
      duplicates.push({ path: entry.file.path, same });
    }
  }
  return { files, duplicates };
}

/**
 * The name of a file with its counters and times masked: files of one rotation share it. One-digit numbers
 * within a name stay, they rather name an interface (eth0, eth1).
 */
export function rotationOf(path: string): string {
  return path.replace(/\d{2,}/g, '#').replace(/\d(?=(?:\.[A-Za-z]+\d*)*$)/, '#');
}
