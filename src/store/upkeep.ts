import { rmSync } from 'node:fs';
import { EVENT_COLUMNS, FLOW_COLUMNS } from './columns.ts';
import type { Parameters } from './database.ts';
import { damagedFiles } from './folder.ts';
import { type Part, pendingName } from './parts.ts';
import { DAY_US, dayOf, dayStart } from './record-time.ts';
import type { Storage } from './storage.ts';
import { classify, messageOf } from './store-error.ts';

const HOUR_US = 3_600_000_000;
/** Parts of one day and type that are made one when there are as many. */
const MERGE_FROM = 8;
/** A part from this size on is not written again. */
const MERGE_BYTES = 128 << 20;
/** Parts in all; beyond, the oldest go. Only times without order can lead there. */
const MOST_PARTS = 10_000;
const PARQUET = '(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 61440, USE_TMP_FILE false)';

/** Records that went, by the reason. */
export interface Removed {
  retention: number;
  quota: number;
}

/**
 * Keeps the store within its bounds: moves old records to Parquet, merges small parts, removes what is too old or
 * too much. Its calls are made one at a time, and never beside an append.
 */
export class Upkeep {
  readonly removed: Removed = { retention: 0, quota: 0 };
  compactions = 0;
  private readonly storage: Storage;

  constructor(storage: Storage) {
    this.storage = storage;
  }

  /** After an append: only what its size makes necessary. */
  async afterAppend(): Promise<void> {
    const { storage } = this;
    if (storage.logBytes > storage.limits.logBytes) await this.checkpoint();
    if (storage.databaseBytes > storage.limits.databaseBytes) await this.compact(Number.MAX_SAFE_INTEGER);
    if (storage.bytes > storage.limits.quotaBytes - storage.limits.databaseBytes) await this.enforceQuota();
  }

  /** All that time makes necessary; once a minute is often enough. */
  async maintain(): Promise<void> {
    const { limits, databaseBytes } = this.storage;
    await this.enforceRetention();
    const limit = this.nowUs() - limits.compactAfterHours * HOUR_US;
    await this.compact(databaseBytes > limits.databaseBytes ? Number.MAX_SAFE_INTEGER : floorHour(limit));
    await this.enforceQuota();
  }

  /**
   * The clock, or the newest record where that is older: captures of long ago do not age while they are read, and
   * a record from the future makes nothing old.
   */
  private nowUs(): number {
    return Math.min(this.storage.limits.now() * 1000, this.storage.newestUs);
  }

  /** Brings the log into the database. Readers go on; a failure closes the database, and opening it again heals it. */
  async checkpoint(): Promise<void> {
    const { storage } = this;
    await storage.gate.exclusive(() => storage.database.run('CHECKPOINT'));
  }

  /** Moves records before this time to Parquet. */
  async compact(beforeUs: number): Promise<void> {
    const { storage } = this;
    const { database } = storage;
    const before = database.time(Math.min(beforeUs, Number.MAX_SAFE_INTEGER));
    const groups = await storage.ask(
      `SELECT 'flow' AS type, time_bucket(INTERVAL 1 DAY, time) AS day FROM flow WHERE time < $before GROUP BY ALL
       UNION ALL
       SELECT event_type, time_bucket(INTERVAL 1 DAY, time) FROM event WHERE time < $before GROUP BY ALL
       ORDER BY 2, 1`,
      { before },
    );
    if (groups.length === 0) return;
    for (const { type, day } of groups) await this.compactDay(String(type), dayOf(Number(day)), beforeUs);
    await this.checkpoint();
    this.compactions++;
    for (const { type, day } of groups) await this.merge(String(type), dayOf(Number(day)));
  }

  private async compactDay(type: string, day: string, beforeUs: number): Promise<void> {
    const { database, parts, gate } = this.storage;
    const from = dayStart(day);
    const range = { from: database.time(from), to: database.time(Math.min(from + DAY_US, beforeUs)) };
    const flow = type === 'flow';
    const rows = flow
      ? 'flow WHERE time >= $from AND time < $to'
      : 'event WHERE event_type = $type AND time >= $from AND time < $to';
    const values: Parameters = flow ? range : { ...range, type };
    const [counted] = await this.storage.ask(`SELECT count(*) AS count FROM ${rows}`, values);
    const count = Number(counted?.count);
    if (count === 0) return;
    const number = parts.nextNumber(type, day);
    const part = await this.write(type, day, number, number, count, `SELECT * FROM ${rows}`, values);
    await gate.exclusive(async () => {
      await database.transaction(async () => {
        await database.run(`DELETE FROM ${rows}`, values);
        await database.run('INSERT INTO pending VALUES ($name)', { name: pendingName(part) });
      });
      parts.adopt(part);
    });
    await database.run('DELETE FROM pending');
  }

  /** Makes one part of the small ones of a day. */
  private async merge(type: string, day: string): Promise<void> {
    const { parts, gate, database } = this.storage;
    const all = parts.of(type, day);
    // Only neighbours: the numbers of a part stand for all between its first and its last.
    const small = all.slice(all.findLastIndex((part) => part.bytes >= MERGE_BYTES) + 1);
    const [first, last] = [small[0], small.at(-1)];
    if (first === undefined || last === undefined || small.length < MERGE_FROM) return;
    const rows = small.reduce((sum, part) => sum + part.rows, 0);
    const columns = (type === 'flow' ? FLOW_COLUMNS : EVENT_COLUMNS).map(({ name }) => name).join(', ');
    const files = database.texts(small.map(({ path }) => path));
    const select = `SELECT ${columns} FROM read_parquet($files, union_by_name = true)`;
    const part = await this.write(type, day, first.first, last.last, rows, select, { files });
    await gate.exclusive(async () => parts.adopt(part));
  }

  /** Writes a part that nobody sees yet; what is left of one that fails is removed. */
  private async write(
    type: string,
    day: string,
    first: number,
    last: number,
    rows: number,
    select: string,
    values: Parameters,
  ): Promise<Part> {
    const { database, parts } = this.storage;
    const path = parts.unfinished(type);
    try {
      await database.run(`COPY (${select}) TO $path ${PARQUET}`, { ...values, path });
      return await parts.seal(path, type, day, first, last, rows);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
  }

  private async enforceRetention(): Promise<void> {
    const { storage } = this;
    const { retentionHours } = storage.limits;
    const now = this.nowUs();
    const limitOf = (type: string): number =>
      now - (Object.hasOwn(retentionHours, type) ? retentionHours[type]! : retentionHours.default) * HOUR_US;
    const old = storage.parts.all.filter((part) => dayStart(part.day) + DAY_US <= limitOf(part.type));
    await this.remove(old, 'retention');
    const types = await storage.ask(
      `SELECT 'flow' AS type, min(time) AS oldest FROM flow HAVING count(*) > 0
       UNION ALL SELECT event_type, min(time) FROM event GROUP BY event_type`,
    );
    for (const { type, oldest } of types) {
      const limit = limitOf(String(type));
      if (Number(oldest) >= limit) continue;
      const flow = type === 'flow';
      const rows = flow ? 'flow WHERE time < $limit' : 'event WHERE event_type = $type AND time < $limit';
      const time = storage.database.time(limit);
      const values: Parameters = flow ? { limit: time } : { limit: time, type: String(type) };
      const [counted] = await storage.ask(`SELECT count(*) AS count FROM ${rows}`, values);
      await storage.database.run(`DELETE FROM ${rows}`, values);
      this.removed.retention += Number(counted?.count);
    }
  }

  /** The oldest goes first: what was moved aside as damaged, then parts, so that the recent records have room. */
  async enforceQuota(): Promise<void> {
    const { storage } = this;
    const { limits, parts, folder } = storage;
    let damaged = damagedFiles(folder);
    while (damaged.length > 0 && storage.bytes > limits.quotaBytes - limits.databaseBytes) {
      rmSync(damaged[0]!.path, { force: true });
      limits.onFinding(`${damaged[0]!.path} was removed: the quota is used up`);
      damaged = damagedFiles(folder);
    }
    if (storage.databaseBytes > limits.databaseBytes) await this.compact(Number.MAX_SAFE_INTEGER);
    let bytes = parts.bytes;
    let count = parts.all.length;
    const old: Part[] = [];
    for (const part of parts.all) {
      if (bytes <= limits.partsBytes && count <= MOST_PARTS) break;
      old.push(part);
      bytes -= part.bytes;
      count--;
    }
    await this.remove(old, 'quota');
  }

  private async remove(old: readonly Part[], reason: keyof Removed): Promise<void> {
    if (old.length === 0) return;
    await this.storage.gate.exclusive(async () => {
      for (const part of old) {
        this.storage.parts.remove(part);
        this.removed[reason] += part.rows;
      }
    });
  }

  /**
   * Upkeep that failed after an append takes nothing from the append: its batch is durable. Opens the database again
   * where the failure closed it, and says so.
   */
  async survive(error: unknown): Promise<void> {
    const { storage } = this;
    const words = classify(error) === 'full' ? 'no space left on the disk' : messageOf(error);
    storage.limits.onFinding(`${storage.folder.path}: upkeep is put off: ${words}`);
    await storage.recover(error);
  }
}

function floorHour(us: number): number {
  return Math.floor(us / HOUR_US) * HOUR_US;
}
