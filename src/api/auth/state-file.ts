import { readFileSync, renameSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Problem } from '../problem.ts';

/** A file larger than that is none of ours. */
const MOST_CHARACTERS = 4 << 20;

/** A list that survives: one file of JSON (0600), always whole, written in the order of the changes. */
export class StateFile<T> {
  private readonly path: string;
  private readonly isItem: (value: unknown) => value is T;
  private readonly report: (line: string) => void;
  private writing: Promise<unknown> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(path: string, isItem: (value: unknown) => value is T, report: (line: string) => void) {
    this.path = path;
    this.isItem = isItem;
    this.report = report;
  }

  /** What is kept; a file that is damaged is put aside, as it could let in whom nobody let in. */
  read(): T[] {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
    const items = this.itemsOf(text);
    if (items !== undefined) return items;
    renameSync(this.path, `${this.path}.damaged`);
    this.report(`${this.path} is damaged: it is put aside as ${this.path}.damaged, and nothing of it counts`);
    return [];
  }

  /** Resolves when what `items` gives is on the disk. Throws a {@link Problem} where it cannot be written. */
  async write(items: () => Iterable<T>): Promise<void> {
    // One that has not begun yet writes what all who wait for it have changed.
    this.next ??= this.writing.then(() => {
      this.next = undefined;
      return replace(this.path, `${JSON.stringify({ version: 1, items: [...items()] })}\n`);
    });
    const done = this.next;
    // The next one is written whatever became of this one, which its own caller hears of.
    this.writing = done.catch(() => undefined);
    try {
      await done;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.report(`${this.path} cannot be written: ${reason}`);
      throw new Problem(503, 'Cannot be saved', `${this.path} cannot be written: weir's log says why`);
    }
  }

  private itemsOf(text: string): T[] | undefined {
    if (text.length > MOST_CHARACTERS) return undefined;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== 'object' || value === null || !('items' in value)) return undefined;
      const { items } = value;
      return Array.isArray(items) && items.every(this.isItem) ? items : undefined;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
}

async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
