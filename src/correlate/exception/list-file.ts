import { DamagedFileError, readLines, replaceFile, StateFileError, setAside } from '../reputation/index.ts';
import { ExceptionError } from './match.ts';

const VERSION = 1;
const LONGEST_LINE = 1 << 16;

/** A list as it was read, and in words what was wrong with its file; undefined where nothing was. */
export interface LoadedList<T> {
  readonly items: readonly T[];
  readonly problem: string | undefined;
}

/**
 * A list that is kept in a file of JSON lines: a header, and a line for each item. It is replaced as a whole, and
 * writes do not overlap. Without a path nothing is kept.
 */
export class ListFile<T> {
  private readonly path: string | undefined;
  private readonly kind: string;
  private last: Promise<void> = Promise.resolve();

  /** `kind` is told in the header: a file of another kind is not taken. */
  constructor(path: string | undefined, kind: string) {
    this.path = path;
    this.kind = kind;
  }

  /**
   * Reads the list; empty where there is no file. `read` makes an item of the fields of a line, and throws
   * {@link ExceptionError} for what is none. A damaged file is renamed to `….damaged`; the items of its sound lines are
   * taken. Throws StateFileError.
   */
  async load(most: number, read: (value: unknown) => T): Promise<LoadedList<T>> {
    const { path } = this;
    const items: T[] = [];
    const lines = path && (await readLines(path, { length: LONGEST_LINE, lines: most + 2 }));
    if (!path || lines === undefined || lines === '') return { items, problem: undefined };
    let problem: string | undefined;
    let number = 0;
    try {
      let announced: number | undefined;
      for await (const line of lines) {
        number++;
        if (announced === undefined) announced = this.headerOf(line);
        else {
          const mistake = this.take(line, read, items);
          if (mistake !== undefined) problem ??= `line ${number} ${mistake}`;
        }
      }
      if (announced === undefined) throw new DamagedFileError(1, 'is missing: the file is empty');
      if (problem === undefined && items.length !== announced) {
        problem = `line ${number + 1} is missing: ${items.length} of ${announced} items are there`;
      }
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      problem = error.message;
    }
    if (problem === undefined) return { items, problem };
    const aside = await setAside(path);
    problem = `${path}: ${problem}; ${items.length} items were read, the file is kept as ${aside}`;
    try {
      await this.save(items);
    } catch (error) {
      // They are known for now, and written with the next change.
      if (!(error instanceof StateFileError)) throw error;
      problem += `; ${error.message}`;
    }
    return { items, problem };
  }

  /** Writes the list, after writes that were asked for before. Throws StateFileError. */
  save(items: readonly T[]): Promise<void> {
    const { path } = this;
    if (path === undefined) return Promise.resolve();
    const header = JSON.stringify({ file: this.kind, version: VERSION, items: items.length });
    const lines = [header, ...items.map((item) => JSON.stringify(item))];
    const write = (): Promise<void> => replaceFile(path, lines);
    const written = this.last.then(write, write);
    this.last = written;
    return written;
  }

  private headerOf(line: string): number {
    const { file, version, items } = objectFrom(line) ?? {};
    if (file !== this.kind) throw new DamagedFileError(1, `is not the header of a ${this.kind} file`);
    if (version !== VERSION) throw new DamagedFileError(1, `has a version that is not ${VERSION}`);
    if (typeof items !== 'number') throw new DamagedFileError(1, 'does not tell how many items there are');
    return items;
  }

  /** Reads an item; what is wrong with it, if anything. */
  private take(line: string, read: (value: unknown) => T, items: T[]): string | undefined {
    const value = objectFrom(line);
    if (value === undefined) return 'is no JSON object';
    try {
      items.push(read(value));
      return undefined;
    } catch (error) {
      if (error instanceof ExceptionError) return `is not understood: ${error.message}`;
      throw error;
    }
  }
}

function objectFrom(text: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as { readonly [name: string]: unknown })
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
