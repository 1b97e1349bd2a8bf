import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { isEventType } from './columns.ts';
import { DAY_US, dayStart } from './record-time.ts';

/**
 * A Parquet file: records of one type and one UTC day. Its name says all that is known of it, so the folder is the
 * list of parts and no other list can disagree: `parquet/dns/2026-11-21.3-9.51200.0f3a….parquet`. `first` to `last`
 * number the compactions that it holds; a part whose numbers lie within another's was merged into that one.
 */
export interface Part {
  readonly type: string;
  readonly day: string;
  readonly first: number;
  readonly last: number;
  readonly rows: number;
  /** The first 16 hexadecimal digits of the SHA-256 of the file. */
  readonly digest: string;
  readonly path: string;
  readonly bytes: number;
}

const NAME = /^(\d{4,6}-\d{2}-\d{2})\.(\d{1,9})-(\d{1,9})\.(\d{1,12})\.([0-9a-f]{16})\.parquet$/;
/** What is written becomes a part when it is renamed. */
const UNFINISHED = '.unfinished';

/** The Parquet files of a store, in the order of their days, the oldest first. */
export class Parts {
  private readonly folder: string;
  private list: Part[] = [];

  /** `folder`: where the folders of the types lie. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Reads the folder. `pending` names unfinished files whose rows are no longer in the database: they count, and
   * are renamed unless `readOnly`. All other unfinished files, and parts that were merged into others, are removed.
   */
  load(pending: ReadonlySet<string>, readOnly: boolean): void {
    const found: Part[] = [];
    for (const type of readdirSync(this.folder, { withFileTypes: true })) {
      if (!type.isDirectory() || !isEventType(type.name)) continue;
      for (const file of readdirSync(join(this.folder, type.name))) {
        const path = join(this.folder, type.name, file);
        const final = file.endsWith(UNFINISHED) ? file.slice(0, -UNFINISHED.length) : file;
        if (final === file) {
          const part = parsePart(type.name, file, path);
          if (part !== undefined) found.push(part);
        } else if (pending.has(`${type.name}/${final}`)) {
          const at = readOnly ? path : join(this.folder, type.name, final);
          if (!readOnly) renameSync(path, at);
          const part = parsePart(type.name, final, at);
          if (part !== undefined) found.push(part);
        } else if (!readOnly) rmSync(path, { force: true });
      }
    }
    this.list = found.filter((part) => {
      const merged = found.some((other) => other !== part && holds(other, part));
      if (merged && !readOnly) rmSync(part.path, { force: true });
      return !merged;
    });
    this.list.sort(byAge);
  }

  get all(): readonly Part[] {
    return this.list;
  }

  get bytes(): number {
    return this.list.reduce((sum, part) => sum + part.bytes, 0);
  }

  /** Parts that can hold records of these types (undefined: all but flows) and time. */
  matching(
    types: readonly string[] | undefined,
    sinceUs: number | undefined,
    untilUs: number | undefined,
  ): Part[] {
    return this.list.filter((part) => {
      if (types === undefined ? part.type === 'flow' : !types.includes(part.type)) return false;
      const start = dayStart(part.day);
      return (
        (untilUs === undefined || start < untilUs) && (sinceUs === undefined || start + DAY_US > sinceUs)
      );
    });
  }

  /** A path for a file that is to become a part; makes the folder of the type. */
  unfinished(type: string): string {
    mkdirSync(join(this.folder, type), { recursive: true, mode: 0o700 });
    return join(this.folder, type, `writing${UNFINISHED}`);
  }

  /** The next number of compactions of a day. */
  nextNumber(type: string, day: string): number {
    return this.of(type, day).reduce((most, part) => Math.max(most, part.last + 1), 0);
  }

  /** Parts of one day, in the order of their numbers. */
  of(type: string, day: string): Part[] {
    return this.list.filter((part) => part.type === type && part.day === day);
  }

  /** Gives a written file its name, still unfinished; its bytes are on the disk when this returns. */
  async seal(
    written: string,
    type: string,
    day: string,
    first: number,
    last: number,
    rows: number,
  ): Promise<Part> {
    syncPath(written);
    const digest = await digestOf(written);
    const path = join(this.folder, type, `${day}.${first}-${last}.${rows}.${digest}.parquet`);
    renameSync(written, path + UNFINISHED);
    syncPath(join(this.folder, type));
    return { type, day, first, last, rows, digest, path, bytes: statSync(path + UNFINISHED).size };
  }

  /** Makes a sealed file a part, in place of those that it holds. */
  adopt(part: Part): void {
    renameSync(part.path + UNFINISHED, part.path);
    syncPath(join(this.folder, part.type));
    for (const old of this.list) if (holds(part, old)) rmSync(old.path, { force: true });
    this.list = [...this.list.filter((old) => !holds(part, old)), part].sort(byAge);
  }

  /** Takes a part from the list; the file stays. */
  forget(part: Part): void {
    this.list = this.list.filter((other) => other !== part);
  }

  /** Removes a part. */
  remove(part: Part): void {
    rmSync(part.path, { force: true });
    this.forget(part);
  }
}

/** What a pending part is called in the database: its type and its name. */
export function pendingName(part: Part): string {
  return `${part.type}/${part.path.slice(part.path.lastIndexOf('/') + 1)}`;
}

/** Whether the file still has the bytes that were written. */
export async function isIntact(part: Part): Promise<boolean> {
  try {
    return (await digestOf(part.path)) === part.digest;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

function parsePart(type: string, file: string, path: string): Part | undefined {
  const match = NAME.exec(file);
  if (match === null) return undefined;
  const [, day = '', first, last, rows, digest = ''] = match;
  if (Number.isNaN(dayStart(day))) return undefined;
  const bytes = statSync(path).size;
  return { type, day, first: Number(first), last: Number(last), rows: Number(rows), digest, path, bytes };
}

function holds(one: Part, other: Part): boolean {
  if (one.type !== other.type || one.day !== other.day || one.path === other.path) return false;
  if (one.first > other.first || one.last < other.last) return false;
  return one.last - one.first > other.last - other.first;
}

function byAge(a: Part, b: Part): number {
  return dayStart(a.day) - dayStart(b.day) || a.first - b.first || (a.type < b.type ? -1 : 1);
}

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Uint8Array);
  return hash.digest('hex').slice(0, 16);
}
