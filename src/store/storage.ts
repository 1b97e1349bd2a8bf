import { mkdirSync, rmSync } from 'node:fs';
import type { Cell } from './columns.ts';
import { Database, type Parameters } from './database.ts';
import { damagedFiles, fileBytes, moveAside, openFolder, type StoreFolder } from './folder.ts';
import { Gate } from './gate.ts';
import { type StoreLimits, type StoreOptions, storeLimits } from './options.ts';
import { isIntact, type Part, Parts } from './parts.ts';
import { DAY_US, dayStart } from './record-time.ts';
import { classify, isFatal, messageOf, StoreError } from './store-error.ts';

/** Questions that DuckDB works on at the same time. */
const MOST_QUESTIONS = 2;

/** Folders that this process has open: DuckDB's lock is the process's, and would let a second one in. */
const openHere = new Set<string>();

/**
 * The files of a store, and what keeps them whole. Recent records lie in one DuckDB file, whose log makes a batch
 * durable as one, also when it spans tables and days. Older ones lie in Parquet files by type and day: a file is
 * written once and then only removed, so retention and quota are an unlink, and damage stays in one day of one type.
 *
 * A part replaces rows of the database in three steps: its file is written and synced under an unfinished name; one
 * transaction deletes the rows and notes the name as pending; the file is renamed. Before the transaction a crash
 * leaves a file that the next opening removes, after it one that the next opening renames.
 */
export class Storage {
  readonly folder: StoreFolder;
  readonly limits: StoreLimits;
  readonly parts: Parts;
  /** Questions are inside together, what changes the files is alone. */
  readonly gate = new Gate(MOST_QUESTIONS);
  /** Time of the newest record, microseconds. */
  newestUs = 0;
  damaged = 0;
  private current: Database | undefined;

  private constructor(folder: StoreFolder, limits: StoreLimits) {
    this.folder = folder;
    this.limits = limits;
    this.parts = new Parts(folder.parts);
  }

  static async open(path: string, options: StoreOptions): Promise<Storage> {
    const limits = storeLimits(options);
    const folder = openFolder(path, limits.readOnly);
    if (openHere.has(folder.path)) {
      throw new StoreError('locked', `${folder.path}: this process has the store open already`);
    }
    openHere.add(folder.path);
    const storage = new Storage(folder, limits);
    try {
      await storage.start();
      return storage;
    } catch (error) {
      storage.close();
      throw storage.explain(error);
    }
  }

  get database(): Database {
    if (this.current === undefined)
      throw new StoreError('closed', `${this.folder.path}: the store is closed`);
    return this.current;
  }

  get isOpen(): boolean {
    return this.current !== undefined;
  }

  get databaseBytes(): number {
    return (fileBytes(this.folder.database) ?? 0) + this.logBytes;
  }

  get logBytes(): number {
    return fileBytes(this.folder.log) ?? 0;
  }

  get bytes(): number {
    const damaged = damagedFiles(this.folder).reduce((sum, file) => sum + file.bytes, 0);
    return this.databaseBytes + this.parts.bytes + damaged;
  }

  /** Asks the database, without regard to who else does. */
  async ask(
    sql: string,
    parameters: Parameters = {},
    mostBytes?: number,
  ): Promise<Record<string, Cell | number>[]> {
    return (await this.askSome(sql, parameters, mostBytes)).rows;
  }

  /** The same, and whether the rest of the rows was left out. */
  askSome(sql: string, parameters: Parameters, mostBytes?: number): ReturnType<Database['ask']> {
    return this.database.ask(sql, parameters, this.limits.questionTimeoutMs, mostBytes);
  }

  /**
   * Opens the database anew after an error that closed it, or moves aside what is damaged. True when the call that
   * failed can be tried again. Not from within the gate.
   */
  async recover(error: unknown): Promise<boolean> {
    const code = classify(error);
    const fatal = isFatal(error);
    if (!this.isOpen || error instanceof StoreError) return false;
    if (!fatal && code !== 'damaged' && code !== 'failed') return false;
    return this.gate.exclusive(async () => {
      // What reading a damaged part fails with has no form of its own: only its bytes can tell.
      const found = code === 'full' ? 0 : await this.quarantineParts();
      if (!fatal && (found > 0 || code !== 'damaged')) return found > 0;
      this.current?.close();
      this.current = undefined;
      if (code === 'damaged' && found === 0) this.quarantineDatabase(messageOf(error), true);
      await this.start();
      return true;
    });
  }

  /** Moves parts aside whose bytes are not those that were written; how many. From within the gate. */
  async quarantineParts(): Promise<number> {
    let found = 0;
    for (const part of [...this.parts.all]) {
      if (await isIntact(part)) continue;
      this.setAside(part);
      found++;
    }
    return found;
  }

  /** An error as the user should read it. */
  explain(error: unknown): unknown {
    const code = classify(error);
    const { path } = this.folder;
    if (error instanceof StoreError) return error;
    switch (code) {
      case 'locked': {
        const pid = /PID (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
        const who = pid === undefined ? 'another process' : `process ${pid}`;
        return new StoreError(code, `${path}: ${who} has the store open; end it, or ask it`, error);
      }
      case 'full':
        return new StoreError(
          code,
          `${path}: no space left on the disk; this batch was not stored, all before it are; make room and append it again`,
          error,
        );
      case 'newer':
        return new StoreError(code, `${path}: a newer DuckDB wrote the database; use that weir`, error);
      case 'memory':
        return new StoreError(
          code,
          `${path}: too much for the memory that DuckDB may use; ask for less time`,
          error,
        );
      case 'damaged':
        return new StoreError(code, `${path}: damaged: ${messageOf(error)}`, error);
      default:
        return error instanceof Error && 'syscall' in error
          ? error
          : new StoreError('failed', `${path}: ${messageOf(error)}`, error);
    }
  }

  close(): void {
    this.current?.close();
    this.current = undefined;
    openHere.delete(this.folder.path);
    if (!this.limits.readOnly) rmSync(this.spillFolder, { recursive: true, force: true });
  }

  /** Nothing where only questions are asked: what does not fit into memory is refused instead of put on the disk. */
  private get spillFolder(): string {
    return this.limits.readOnly ? '' : this.folder.spill;
  }

  private async start(): Promise<void> {
    this.current = await this.openDatabase();
    const pending = await this.ask('SELECT name FROM pending');
    const readOnly = this.limits.readOnly;
    this.parts.load(new Set(pending.map(({ name }) => String(name))), readOnly);
    if (pending.length > 0 && !readOnly) await this.database.run('DELETE FROM pending');
    for (const part of [...this.parts.all]) await this.checkEnds(part);
    const [row] = await this.ask(
      'SELECT max(time) AS time FROM (SELECT time FROM flow UNION ALL SELECT time FROM event)',
    );
    const day = this.parts.all.at(-1)?.day;
    this.newestUs = Math.max(Number(row?.time ?? 0), day === undefined ? 0 : dayStart(day) + DAY_US - 1);
  }

  /** A file that was cut or overwritten at its end can be told without reading all of it. */
  private async checkEnds(part: Part): Promise<void> {
    try {
      const [row] = await this.ask('SELECT num_rows AS rows FROM parquet_file_metadata($files)', {
        files: this.database.texts([part.path]),
      });
      if (Number(row?.rows) === part.rows) return;
    } catch (error) {
      if (await isIntact(part)) throw error;
    }
    this.setAside(part);
  }

  private setAside(part: Part): void {
    this.parts.forget(part);
    this.damaged++;
    const what = `${part.path} is damaged: ${part.rows} ${part.type} records of ${part.day}`;
    if (this.limits.readOnly) this.limits.onFinding(`${what} are left out`);
    else {
      const target = moveAside(this.folder, part.path, this.limits.now());
      this.limits.onFinding(`${what} are left out; it is now ${target}`);
    }
  }

  private async openDatabase(): Promise<Database> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.openOnce(this.folder.database);
      } catch (error) {
        if (classify(error) !== 'damaged' || attempt === 2) throw error;
        if (this.limits.readOnly) {
          this.damaged++;
          this.limits.onFinding(`${this.folder.database} is damaged: ${messageOf(error)}; it is left out`);
          return this.openOnce(':memory:');
        }
        this.quarantineDatabase(messageOf(error), attempt > 0);
      }
    }
  }

  /** The log alone first: without it the database is as it was when the log was last brought into it. */
  private quarantineDatabase(reason: string, whole: boolean): void {
    const { database, log } = this.folder;
    const paths = !whole && fileBytes(log) !== undefined && /WAL/.test(reason) ? [log] : [log, database];
    for (const path of paths) {
      if (fileBytes(path) === undefined) continue;
      this.damaged++;
      const target = moveAside(this.folder, path, this.limits.now());
      this.limits.onFinding(
        `${path} is damaged: ${reason}; it is now ${target}, and the store goes on without it`,
      );
    }
  }

  private openOnce(path: string): Promise<Database> {
    const { limits, folder } = this;
    if (!limits.readOnly) mkdirSync(this.spillFolder, { recursive: true, mode: 0o700 });
    const absent = limits.readOnly && fileBytes(folder.database) === undefined;
    return Database.open(absent ? ':memory:' : path, folder.path, limits.readOnly, {
      memoryBytes: limits.memoryBytes,
      threads: limits.threads,
      spillFolder: this.spillFolder,
      spillBytes: Math.min(limits.databaseBytes, 1 << 30),
    });
  }
}
