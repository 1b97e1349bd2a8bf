import type { Configuration } from '../../config/index.ts';
import type { EveRecord } from '../../lan/index.ts';
import type { Store, StoreStatistics } from '../../store/index.ts';

const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 30 * 24;

/** The store, as the hub uses it. */
export class History {
  private readonly store: Store;

  private constructor(store: Store) {
    this.store = store;
  }

  /** Loaded when it is wanted: DuckDB takes memory even where nothing is kept. */
  static async open(settings: Configuration['store']): Promise<History> {
    const { Store: Opened } = await import('../../store/index.ts');
    const hours = Object.entries(settings.retentionMs).map(([type, ms]) => [type, ms / HOUR_MS] as const);
    const store = await Opened.open(settings.folder, {
      quotaBytes: settings.quota,
      retentionHours: { default: DEFAULT_HOURS, ...Object.fromEntries(hours) },
      onFinding: (message) => process.stderr.write(`weir hub: ${message}\n`),
    });
    return new History(store);
  }

  /** Resolves when the records are durable. */
  append(records: readonly EveRecord[]): Promise<void> {
    return this.store.append(records);
  }

  statistics(): StoreStatistics {
    return this.store.statistics();
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
