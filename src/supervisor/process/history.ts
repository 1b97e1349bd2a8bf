import type { Configuration } from '../../config/index.ts';
import type { RefusalCode } from '../../control/index.ts';
import type { EveRecord } from '../../lan/index.ts';
import type {
  FieldValue,
  FlowAnswer,
  Page,
  PageWish,
  Selection,
  SeriesPoint,
  Store,
  StoreError,
  StoreStatistics,
  Subject,
  TopList,
} from '../../store/index.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 30 * 24;
/** Upkeep of the files waits for questions that are under way, and records may wait for it. */
const QUESTION_MS = 10_000;

/** The store's numbers, and what it may take. */
export interface HistoryStatistics extends StoreStatistics {
  readonly folder: string;
  readonly quotaBytes: number;
}

/** The store, as the hub uses it. */
export class History {
  private readonly store: Store;
  private readonly settings: Configuration['store'];
  private readonly failure: typeof StoreError;

  private constructor(store: Store, settings: Configuration['store'], failure: typeof StoreError) {
    this.store = store;
    this.settings = settings;
    this.failure = failure;
  }

  /** Loaded when it is wanted: DuckDB takes memory even where nothing is kept. */
  static async open(settings: Configuration['store']): Promise<History> {
    const { Store: Opened, StoreError: failure } = await import('../../store/index.ts');
    const hours = Object.entries(settings.retentionMs).map(([type, ms]) => [type, ms / HOUR_MS] as const);
    const store = await Opened.open(settings.folder, {
      quotaBytes: settings.quota,
      retentionHours: { default: DEFAULT_HOURS, ...Object.fromEntries(hours) },
      questionTimeoutMs: QUESTION_MS,
      onFinding: (message) => process.stderr.write(`weir hub: ${message}\n`),
    });
    return new History(store, settings, failure);
  }

  /** Resolves when the records are durable. */
  append(records: readonly EveRecord[]): Promise<void> {
    return this.store.append(records);
  }

  /** Flows, the newest first. */
  flows(selection: Selection, limit: number): Promise<readonly FlowAnswer[]> {
    return this.store.flows(selection, limit);
  }

  /** Flows, page by page. */
  flowPage(selection: Selection, page: PageWish): Promise<Page<FlowAnswer>> {
    return this.store.flowPage(selection, page);
  }

  /** Whole records, page by page. */
  recordPage(
    types: readonly string[] | undefined,
    selection: Selection,
    page: PageWish,
  ): Promise<Page<EveRecord>> {
    return this.store.recordPage(types, selection, page);
  }

  /** Values of a field. */
  values(field: string, prefix: string, selection: Selection, limit: number): Promise<readonly FieldValue[]> {
    return this.store.values(field, prefix, selection, limit);
  }

  /** The most by bytes or by flows. */
  top(
    subject: Subject,
    selection: Selection,
    options: { readonly by: 'bytes' | 'flows'; readonly limit: number },
  ): Promise<TopList> {
    return this.store.top(subject, selection, options);
  }

  /** Traffic by interval; in all, or by protocol or application. */
  series(
    intervalSeconds: number,
    selection: Selection,
    by?: 'protocol' | 'application',
  ): Promise<readonly SeriesPoint[]> {
    return this.store.series(intervalSeconds, selection, by);
  }

  /** What an error of a question means to whoever asked. */
  refusalCode(error: unknown): RefusalCode {
    if (!(error instanceof this.failure)) return 'failed';
    return error.code === 'question' || error.code === 'busy' ? error.code : 'failed';
  }

  statistics(): HistoryStatistics {
    const { folder, quota } = this.settings;
    return { ...this.store.statistics(), folder, quotaBytes: quota };
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
