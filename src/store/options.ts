/** Hours that records are kept, by their type; `default` for types without an own number. */
export type Retention = Readonly<Record<string, number>> & { readonly default: number };

/** How a store is opened. */
export interface StoreOptions {
  /** Only questions are asked: nothing in the folder is changed, and several processes can do so together. */
  readonly readOnly?: boolean;
  /** Bytes that the folder may take; beyond it the oldest records go. At least 16 MiB. Default 10 GiB. */
  readonly quotaBytes?: number;
  /** Default: 30 days for all. */
  readonly retentionHours?: Retention;
  /** Records older than this move to Parquet. Default 6. */
  readonly compactAfterHours?: number;
  /** Memory of DuckDB. Default 256 MB. */
  readonly memoryBytes?: number;
  /** Threads of DuckDB. Default 2. */
  readonly threads?: number;
  /** A question that takes longer is given up. Default 30 s. */
  readonly questionTimeoutMs?: number;
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Told in words what was damaged and where it is now, and what else a person should know. */
  readonly onFinding?: (message: string) => void;
}

/** All of {@link StoreOptions}, and what follows from them. */
export interface StoreLimits extends Required<StoreOptions> {
  /** From this size on the database's records move to Parquet, whatever their age. */
  readonly databaseBytes: number;
  /** What Parquet may take: the rest is room for the database, its log and a part that is being written. */
  readonly partsBytes: number;
  /** From this size on the log is brought into the database. */
  readonly logBytes: number;
}

const LEAST_QUOTA = 16 << 20;

/** Fills in what was left open. Throws a RangeError for a number that makes no sense. */
export function storeLimits(options: StoreOptions): StoreLimits {
  const within = (name: string, value: number, low: number, high: number): number => {
    if (value >= low && value <= high) return value;
    throw new RangeError(`the store's ${name} is from ${low} to ${high}, not ${value}`);
  };
  const retentionHours = options.retentionHours ?? { default: 30 * 24 };
  for (const [type, hours] of Object.entries(retentionHours)) within(`retention of ${type}`, hours, 1, 1e6);
  const quotaBytes = within('quota', options.quotaBytes ?? 10 * 2 ** 30, LEAST_QUOTA, 2 ** 50);
  const databaseBytes = Math.min(Math.floor(quotaBytes / 4), 512 << 20);
  return {
    readOnly: options.readOnly ?? false,
    quotaBytes,
    retentionHours,
    compactAfterHours: within('hours before Parquet', options.compactAfterHours ?? 6, 0, 1e6),
    memoryBytes: within('memory', options.memoryBytes ?? 256e6, 64e6, 2 ** 40),
    threads: within('number of threads', options.threads ?? 2, 1, 64),
    questionTimeoutMs: within('time of a question', options.questionTimeoutMs ?? 30_000, 1, 3_600_000),
    now: options.now ?? Date.now,
    onFinding: options.onFinding ?? (() => {}),
    databaseBytes,
    partsBytes: quotaBytes - 2 * databaseBytes,
    logBytes: Math.min(16 << 20, Math.floor(databaseBytes / 2)),
  };
}
