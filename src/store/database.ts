import type {
  DuckDBAppender,
  DuckDBConnection,
  DuckDBInstance,
  DuckDBTimestampValue,
  DuckDBValue,
} from '@duckdb/node-api';
import { type Cell, type Column, EVENT_COLUMNS, FLOW_COLUMNS, type Row } from './columns.ts';
import { classify, isFatal, messageOf, StoreError } from './store-error.ts';

type DuckDB = typeof import('@duckdb/node-api');

/** Values for the `$name`s of a statement. */
export type Parameters = Readonly<Record<string, DuckDBValue>>;

/** What DuckDB may use of the machine. */
export interface DatabaseLimits {
  /** Bytes of memory for DuckDB's buffers. */
  readonly memoryBytes: number;
  readonly threads: number;
  /** Where what does not fit into memory goes (empty: nowhere), and the most bytes of it. */
  readonly spillFolder: string;
  readonly spillBytes: number;
}

/** The records that are not in Parquet yet, in one DuckDB file. The file is locked while it is open. */
export class Database {
  private readonly duckdb: DuckDB;
  private readonly instance: DuckDBInstance;
  private readonly writer: DuckDBConnection;

  private constructor(duckdb: DuckDB, instance: DuckDBInstance, writer: DuckDBConnection) {
    this.duckdb = duckdb;
    this.instance = instance;
    this.writer = writer;
  }

  /** Opens or makes the file (`:memory:` for none). `folder` is all of the disk that statements can reach. */
  static async open(
    path: string,
    folder: string,
    readOnly: boolean,
    limits: DatabaseLimits,
  ): Promise<Database> {
    const duckdb = await loadDuckDB();
    const instance = await duckdb.DuckDBInstance.create(path, {
      access_mode: readOnly && path !== ':memory:' ? 'READ_ONLY' : 'READ_WRITE',
      memory_limit: `${Math.floor(limits.memoryBytes / 1024)}KiB`,
      threads: String(limits.threads),
      temp_directory: limits.spillFolder,
      max_temp_directory_size: `${Math.floor(limits.spillBytes / 1024)}KiB`,
      // The store decides when: a checkpoint that fails for want of space closes the database.
      checkpoint_threshold: '1TiB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    let writer: DuckDBConnection | undefined;
    try {
      writer = await instance.connect();
      // Statements are ours alone; if one were not, it could still reach nothing but the store.
      const places = [folder, limits.spillFolder]
        .filter((place) => place !== '')
        .map((place) => `'${place.replaceAll("'", "''")}'`);
      await writer.run(`SET allowed_directories = [${places.join(', ')}]`);
      await writer.run('SET preserve_insertion_order = false');
      await writer.run('SET enable_external_access = false');
      await writer.run('SET lock_configuration = true');
      if (!readOnly || path === ':memory:') {
        await writer.run(`CREATE TABLE IF NOT EXISTS flow (${definition(FLOW_COLUMNS)})`);
        await writer.run(`CREATE TABLE IF NOT EXISTS event (${definition(EVENT_COLUMNS)})`);
        await writer.run('CREATE TABLE IF NOT EXISTS pending (name VARCHAR)');
      }
      return new Database(duckdb, instance, writer);
    } catch (error) {
      writer?.closeSync();
      instance.closeSync();
      throw error;
    }
  }

  /** Runs a statement on the writer's connection: one at a time, the caller sees to that. */
  async run(sql: string, parameters: Parameters = {}): Promise<void> {
    await this.writer.run(sql, { ...parameters });
  }

  /** Runs `work` as one transaction. */
  async transaction(work: () => Promise<void>): Promise<void> {
    await this.writer.run('BEGIN');
    try {
      await work();
    } catch (error) {
      await this.rollback(error);
      throw error;
    }
    // A COMMIT that fails has rolled back by itself.
    await this.writer.run('COMMIT');
  }

  private async rollback(cause: unknown): Promise<void> {
    try {
      await this.writer.run('ROLLBACK');
    } catch (error) {
      // A fatal error, and some others, have ended the transaction already: the cause tells more than this does.
      if (!isFatal(error) && !/no transaction is active/.test(messageOf(error))) {
        throw new AggregateError([cause, error], messageOf(error));
      }
    }
  }

  /** Adds rows to both tables; within a transaction, which makes them durable. */
  async insert(rows: readonly Row[]): Promise<void> {
    for (const [table, columns] of [
      ['flow', FLOW_COLUMNS],
      ['event', EVENT_COLUMNS],
    ] as const) {
      const own = rows.filter((row) => row.table === table);
      if (own.length === 0) continue;
      const appender = await this.writer.createAppender(table);
      const put = columns.map((column) => cellWriter(appender, column, this.duckdb.DuckDBTimestampValue));
      for (const { cells } of own) {
        for (let i = 0; i < put.length; i++) {
          const cell = cells[i] ?? null;
          if (cell === null) appender.appendNull();
          else put[i]!(cell);
        }
        appender.endRow();
      }
      appender.closeSync();
    }
  }

  /**
   * Asks on a connection of its own; gives up after `timeoutMs`. After `mostBytes` of text the rest of the rows is left
   * out, which `isCut` says.
   */
  async ask(
    sql: string,
    parameters: Parameters,
    timeoutMs: number,
    mostBytes = Number.POSITIVE_INFINITY,
  ): Promise<{ readonly rows: Record<string, Cell | number>[]; readonly isCut: boolean }> {
    const connection = await this.instance.connect();
    const timer = setTimeout(() => connection.interrupt(), timeoutMs);
    try {
      const reader = await connection.stream(sql, { ...parameters });
      const names = reader.columnNames();
      const rows: Record<string, Cell | number>[] = [];
      let bytes = 0;
      for (;;) {
        const chunk = await reader.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return { rows, isCut: false };
        for (const values of chunk.getRows()) {
          const row: Record<string, Cell | number> = {};
          for (const [i, name] of names.entries()) {
            const cell = plain(values[i] ?? null);
            if (typeof cell === 'string') bytes += cell.length;
            row[name] = cell;
          }
          if (bytes > mostBytes) return { rows, isCut: true };
          rows.push(row);
        }
      }
    } catch (error) {
      if (classify(error) === 'slow') {
        throw new StoreError(
          'slow',
          `the question took longer than ${timeoutMs / 1000} s and was given up; ask for less time`,
        );
      }
      throw error;
    } finally {
      clearTimeout(timer);
      connection.closeSync();
    }
  }

  /** A time as a parameter, from microseconds. */
  time(us: number): DuckDBValue {
    return new this.duckdb.DuckDBTimestampValue(BigInt(us));
  }

  /** A list of texts as a parameter. */
  texts(values: readonly string[]): DuckDBValue {
    return this.duckdb.listValue(values);
  }

  close(): void {
    this.writer.closeSync();
    this.instance.closeSync();
  }
}

async function loadDuckDB(): Promise<DuckDB> {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    throw new StoreError(
      'failed',
      `history needs the package @duckdb/node-api, which cannot be loaded (${messageOf(error)}); 'npm ci' brings it`,
      error,
    );
  }
}

function definition(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${name} ${type}`).join(', ');
}

function cellWriter(
  appender: DuckDBAppender,
  { type }: Column,
  Timestamp: typeof DuckDBTimestampValue,
): (cell: string | bigint) => void {
  switch (type) {
    case 'VARCHAR':
      return (cell) => appender.appendVarchar(cell as string);
    case 'BIGINT':
      return (cell) => appender.appendBigInt(cell as bigint);
    case 'INTEGER':
      return (cell) => appender.appendInteger(Number(cell));
    case 'UINTEGER':
      return (cell) => appender.appendUInteger(Number(cell));
    case 'TIMESTAMP':
      return (cell) => appender.appendTimestamp(new Timestamp(cell as bigint));
    default:
      return type satisfies never;
  }
}

/** Times as microseconds, all else as it came. */
function plain(value: DuckDBValue): Cell | number {
  if (value === null || typeof value === 'string' || typeof value === 'bigint' || typeof value === 'number') {
    return value;
  }
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'object' && 'micros' in value && typeof value.micros === 'bigint') return value.micros;
  return String(value);
}
