import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { StoreError } from './store-error.ts';

/** What this program writes; a folder of a higher number is left alone. */
const VERSION = 1;
const MARK = 'store.json';
/** What else of weir's lies in its folder by default: it may be there before the store. */
const NEIGHBOURS: ReadonlySet<string> = new Set([
  `${MARK}.new`,
  'buffer',
  'ca',
  'correlation',
  'respond',
  'api',
]);

/** Where things lie in a store's folder. */
export interface StoreFolder {
  readonly path: string;
  /** DuckDB's file of the recent records, and its log. */
  readonly database: string;
  readonly log: string;
  /** Folders of Parquet files, one for each type of record. */
  readonly parts: string;
  /** What was damaged and moved aside. */
  readonly damaged: string;
  /** What DuckDB puts down for want of memory. */
  readonly spill: string;
}

/** Finds a store, or makes one where the folder is empty or missing; not `readOnly`. Throws {@link StoreError}. */
export function openFolder(given: string, readOnly: boolean): StoreFolder {
  const mark = join(given, MARK);
  const text = readText(mark);
  if (text === undefined) {
    const names = readNames(given);
    if (readOnly) {
      throw new StoreError(
        'absent',
        `${given}: there is no store; 'weir import CAPTURE --store ${given}' fills one`,
      );
    }
    if (names.some((name) => !NEIGHBOURS.has(name))) {
      throw new StoreError(
        'foreign',
        `${given}: the folder holds other files; choose an empty one for the store`,
      );
    }
    mkdirSync(given, { recursive: true, mode: 0o700 });
    writeFileSync(`${mark}.new`, `${JSON.stringify({ weir: 'store', version: VERSION })}\n`, { flush: true });
    renameSync(`${mark}.new`, mark);
    syncFolder(given);
  } else checkVersion(given, text);
  const path = realpathSync(given);
  const folder: StoreFolder = {
    path,
    database: join(path, 'recent.duckdb'),
    log: join(path, 'recent.duckdb.wal'),
    parts: join(path, 'parquet'),
    damaged: join(path, 'damaged'),
    spill: join(path, 'spill'),
  };
  if (!readOnly) mkdirSync(folder.parts, { recursive: true, mode: 0o700 });
  return folder;
}

function checkVersion(folder: string, text: string): void {
  let version: unknown;
  try {
    const value = JSON.parse(text) as { readonly weir?: unknown; readonly version?: unknown } | null;
    version = value?.weir === 'store' ? value.version : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (typeof version !== 'number') {
    throw new StoreError(
      'foreign',
      `${join(folder, MARK)} is not the mark of a store; choose another folder`,
    );
  }
  if (version > VERSION) {
    throw new StoreError(
      'newer',
      `${folder}: a newer weir made this store (version ${version}, known is ${VERSION}); use that weir, or another folder`,
    );
  }
}

/** Moves a file aside under a name that is free; the new path. */
export function moveAside(folder: StoreFolder, path: string, now: number): string {
  mkdirSync(folder.damaged, { recursive: true, mode: 0o700 });
  const name = path.slice(folder.path.length + 1).replaceAll('/', '_');
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, '');
  for (let attempt = 0; ; attempt++) {
    const target = join(folder.damaged, `${stamp}${attempt === 0 ? '' : `-${attempt}`}_${name}`);
    if (fileBytes(target) !== undefined) continue;
    renameSync(path, target);
    return target;
  }
}

/** Files that were moved aside, the oldest first, with their sizes. */
export function damagedFiles(folder: StoreFolder): { readonly path: string; readonly bytes: number }[] {
  return readNames(folder.damaged)
    .sort()
    .map((name) => ({ path: join(folder.damaged, name), bytes: fileBytes(join(folder.damaged, name)) ?? 0 }));
}

/** Size of a file; undefined where there is none. */
export function fileBytes(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

function readNames(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function syncFolder(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
