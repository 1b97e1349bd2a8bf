import {
  askFlows,
  askRecords,
  askSeries,
  askTop,
  type FlowAnswer,
  type SeriesPoint,
  type Subject,
  type TopList,
} from './answers.ts';
import { type EveRecord, toRow } from './columns.ts';
import { askValues, type FieldValue } from './field-values.ts';
import { Gate } from './gate.ts';
import type { StoreOptions } from './options.ts';
import { askFlowPage, askRecordPage, type Page, type PageWish } from './pages.ts';
import type { Selection } from './questions.ts';
import { Storage } from './storage.ts';
import { isFatal, StoreError } from './store-error.ts';
import { Upkeep } from './upkeep.ts';

/** Records that one append takes. */
const MOST_RECORDS = 100_000;

/** What the store holds and did. */
export interface StoreStatistics {
  /** Records that were appended since the store was opened. */
  readonly appended: number;
  /** Bytes of all files, of the database with its log, and of Parquet. */
  readonly bytes: number;
  readonly databaseBytes: number;
  readonly partBytes: number;
  readonly parts: number;
  readonly compactions: number;
  /** Records that were removed since the store was opened, by the reason. */
  readonly removed: { readonly retention: number; readonly quota: number };
  /** Files that were found damaged since the store was opened. */
  readonly damaged: number;
}

/**
 * History of records in a folder: the recent ones in DuckDB, older ones in Parquet. One process writes; while it does
 * no other can open the store. Errors are {@link StoreError}s.
 */
export class Store {
  private readonly storage: Storage;
  private readonly upkeep: Upkeep;
  /** Appends and upkeep, one at a time. */
  private readonly changes = new Gate(1);
  private appended = 0;

  private constructor(storage: Storage) {
    this.storage = storage;
    this.upkeep = new Upkeep(storage);
  }

  /** Opens the store of this folder, or makes one where the folder is empty or missing. */
  static async open(folder: string, options: StoreOptions = {}): Promise<Store> {
    return new Store(await Storage.open(folder, options));
  }

  /**
   * Adds a batch (at most 100,000 records). Resolves when all of it is on the disk and survives the end of the
   * process; rejects when nothing of it was stored.
   */
  async append(records: readonly EveRecord[]): Promise<void> {
    if (this.storage.limits.readOnly)
      throw new StoreError('failed', 'the store was opened for questions only');
    if (records.length === 0) return;
    if (records.length > MOST_RECORDS) {
      throw new StoreError('record', `a batch has at most ${MOST_RECORDS} records, not ${records.length}`);
    }
    const rows = records.map((record, i) => toRow(record, i + 1));
    await this.changes.exclusive(async () => {
      const { database } = this.storage;
      try {
        await database.transaction(() => database.insert(rows));
      } catch (error) {
        const failure = this.storage.explain(error);
        if (isFatal(error)) await this.storage.recover(error);
        throw failure;
      }
      this.appended += rows.length;
      this.storage.newestUs = rows.reduce((most, row) => Math.max(most, row.timeUs), this.storage.newestUs);
      try {
        await this.upkeep.afterAppend();
      } catch (error) {
        await this.upkeep.survive(error);
      }
    });
  }

  /** Moves what is old to Parquet and removes what is too old or too much. To be called every minute or so. */
  async maintain(): Promise<void> {
    await this.change(() => this.upkeep.maintain());
  }

  /** Moves all records to Parquet, as for an archive. */
  async compact(): Promise<void> {
    await this.change(() => this.upkeep.compact(Number.MAX_SAFE_INTEGER));
  }

  /** Reads every Parquet file and moves aside those that changed since they were written; how many. */
  async verify(): Promise<number> {
    return this.changes.exclusive(() => this.storage.gate.exclusive(() => this.storage.quarantineParts()));
  }

  /** Flows, the newest first; `limit` is 1 to 10,000. */
  flows(selection: Selection = {}, limit = 100): Promise<readonly FlowAnswer[]> {
    return this.question(() => askFlows(this.storage, selection, limit));
  }

  /** Whole records of a type (undefined: all but flows), the newest first; `limit` is 1 to 10,000, 64 MiB in all. */
  records(type?: string, selection: Selection = {}, limit = 100): Promise<readonly EveRecord[]> {
    return this.question(() => askRecords(this.storage, type, selection, limit));
  }

  /** Flows, page by page: what comes in meanwhile moves nothing. */
  flowPage(selection: Selection, wish: PageWish): Promise<Page<FlowAnswer>> {
    return this.question(() => askFlowPage(this.storage, selection, wish));
  }

  /** Whole records of some types (undefined: all but flows), page by page; 8 MiB each. */
  recordPage(
    types: readonly string[] | undefined,
    selection: Selection,
    wish: PageWish,
  ): Promise<Page<EveRecord>> {
    return this.question(() => askRecordPage(this.storage, types, selection, wish));
  }

  /** Values of a field of the language of questions that begin so, the most frequent first; `limit` is 1 to 100. */
  values(field: string, prefix: string, selection: Selection, limit: number): Promise<readonly FieldValue[]> {
    return this.question(() => askValues(this.storage, field, prefix, selection, limit));
  }

  /** The most by bytes or by flows; `limit` is 1 to 10,000. */
  top(
    subject: Subject,
    selection: Selection = {},
    { by = 'bytes', limit = 10 }: { readonly by?: 'bytes' | 'flows'; readonly limit?: number } = {},
  ): Promise<TopList> {
    return this.question(() => askTop(this.storage, subject, by, selection, limit));
  }

  /** Bytes, packets and flows by interval, in all or by protocol or application; at most 50,000 points. */
  series(
    intervalSeconds: number,
    selection: Selection = {},
    by?: 'protocol' | 'application',
  ): Promise<readonly SeriesPoint[]> {
    return this.question(() => askSeries(this.storage, intervalSeconds, by, selection));
  }

  statistics(): StoreStatistics {
    const { storage, upkeep, appended } = this;
    return {
      appended,
      bytes: storage.bytes,
      databaseBytes: storage.databaseBytes,
      partBytes: storage.parts.bytes,
      parts: storage.parts.all.length,
      compactions: upkeep.compactions,
      removed: { ...upkeep.removed },
      damaged: storage.damaged,
    };
  }

  /** Waits for what is under way and closes the files. Closing twice is harmless. */
  async close(): Promise<void> {
    await this.changes.exclusive(() => this.storage.gate.exclusive(async () => this.storage.close()));
  }

  private change(work: () => Promise<void>): Promise<void> {
    return this.changes.exclusive(async () => {
      try {
        await work();
      } catch (error) {
        const failure = this.storage.explain(error);
        await this.storage.recover(error);
        throw failure;
      }
    });
  }

  /** Asks; where a file turns out to be damaged, it is moved aside and the question asked again, of what is left. */
  private async question<T>(ask: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.storage.gate.shared(ask);
      } catch (error) {
        const healed =
          attempt < 2 &&
          !(error instanceof StoreError) &&
          (await this.changes.exclusive(() => this.storage.recover(error)));
        if (!healed) throw this.storage.explain(error);
      }
    }
  }
}
