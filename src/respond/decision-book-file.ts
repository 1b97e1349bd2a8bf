import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** The state folder cannot be used; the message says why and what to do. */
export class DecisionFileError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DecisionFileError';
  }
}

const SNAPSHOT = 'decisions.snapshot';
const JOURNAL = /^decisions\.journal\.(\d{1,9})$/;
/** A line is at most 200 decisions of a few kilobytes. */
const LONGEST_LINE = 8 << 20;
const READ_AT_ONCE = 1 << 20;
/** Text that is written at once while a snapshot is made. */
const SNAPSHOT_PART = 256 << 10;
const { O_RDONLY, O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NOFOLLOW } = constants;

/** What reads the files' lines at the start. */
export interface LineReader {
  /** Gets each whole line; false: it makes no sense. */
  readonly line: (text: string) => boolean;
  /** Told of what was dropped. */
  readonly tell: (message: string) => void;
}

/** Text that waits to be written, and who waits for it. */
interface Waiting {
  readonly text: string;
  readonly done: () => void;
  readonly failed: (error: Error) => void;
}

/**
 * A snapshot and a journal of lines in a folder. What `append` was given is on the disk when its promise resolves; lines
 * that come while one write is under way share the next. Files: `decisions.snapshot`, and `decisions.journal.N`, of which
 * those count that are not in the snapshot; lines that are in both must do no harm.
 */
export class DecisionFile {
  private readonly folder: string;
  private readonly onFailure: (error: Error) => void;
  private generation: number;
  private handle: FileHandle;
  /** Bytes of the journal that are known to be whole. */
  private bytes: number;
  private waiting: Waiting[] = [];
  private writing: Promise<void> | undefined;
  /** Set while the journal is exchanged: writes wait. */
  private held = false;
  private compaction: Promise<void> | undefined;
  private closed = false;

  private constructor(
    folder: string,
    generation: number,
    handle: FileHandle,
    bytes: number,
    onFailure: (error: Error) => void,
  ) {
    this.folder = folder;
    this.generation = generation;
    this.handle = handle;
    this.bytes = bytes;
    this.onFailure = onFailure;
  }

  /**
   * Opens the folder, or makes it (for its owner alone), and reads what is there. `onFailure` is called, before anybody
   * who waits is told, when a write failed: nothing of what waited is on the disk.
   * Throws {@link DecisionFileError}.
   */
  static async open(
    folder: string,
    reader: LineReader,
    onFailure: (error: Error) => void,
  ): Promise<DecisionFile> {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const found = lstatSync(folder);
      if (!found.isDirectory()) throw new DecisionFileError(`${folder} is no folder`);
      if ((found.mode & 0o022) !== 0) {
        throw new DecisionFileError(
          `${folder} can be written by others, who could ban anybody: chmod 700 ${folder}`,
        );
      }
      // Beside the history it lies in a folder of the user that reads packets: who moves it away could put another there.
      if (found.uid !== 0 && found.uid !== process.geteuid?.()) {
        throw new DecisionFileError(
          `${folder} belongs to another user, who could ban anybody: give it to the one that runs weir (chown), or move it away`,
        );
      }
      readLines(join(folder, SNAPSHOT), reader, false);
      const journals = journalsIn(folder);
      for (const [at, { path }] of journals.entries()) readLines(path, reader, at === journals.length - 1);
      const generation = journals.at(-1)?.generation ?? 1;
      const handle = await openJournal(folder, generation);
      return new DecisionFile(folder, generation, handle, (await handle.stat()).size, onFailure);
    } catch (error) {
      if (error instanceof DecisionFileError) throw error;
      throw new DecisionFileError(`${folder}: decisions cannot be kept there: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Bytes in the journal. */
  get size(): number {
    return this.bytes;
  }

  /** Adds lines; resolves when they are on the disk. */
  append(text: string): Promise<void> {
    if (this.closed) return Promise.reject(new DecisionFileError('the journal of decisions is closed'));
    return new Promise((done, failed) => {
      this.waiting.push({ text, done, failed });
      this.write();
    });
  }

  /**
   * Puts all that counts into a new snapshot and begins a new journal. `lines` is called once, and must give what holds
   * at that moment. A compaction under way is not begun again.
   */
  async compact(lines: () => Iterable<string>): Promise<void> {
    if (this.compaction !== undefined || this.closed) return;
    this.compaction = this.makeSnapshot(lines);
    try {
      await this.compaction;
    } catch (error) {
      throw new DecisionFileError(`${this.folder}: the journal cannot be compacted: ${reasonOf(error)}`, {
        cause: error,
      });
    } finally {
      this.compaction = undefined;
    }
  }

  /** Waits for what is being written and closes the journal. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    // Who waits for the compaction is told of its failure.
    await this.compaction?.catch(() => undefined);
    while (this.writing !== undefined) await this.writing;
    await this.handle.close();
  }

  private async makeSnapshot(lines: () => Iterable<string>): Promise<void> {
    const taken = await this.exchange(lines);
    const { generation } = this;
    const temporary = join(this.folder, `${SNAPSHOT}.new`);
    await writeSnapshot(temporary, taken);
    renameSync(temporary, join(this.folder, SNAPSHOT));
    syncFolder(this.folder);
    for (const journal of journalsIn(this.folder)) {
      if (journal.generation < generation) rmSync(journal.path, { force: true });
    }
  }

  /** Begins a new journal between two writes, so that no line is in the wrong one; what holds at that moment. */
  private async exchange(lines: () => Iterable<string>): Promise<Iterable<string>> {
    this.held = true;
    try {
      while (this.writing !== undefined) await this.writing;
      const next = await openJournal(this.folder, this.generation + 1);
      const before = this.handle;
      this.bytes = (await next.stat()).size;
      this.handle = next;
      this.generation++;
      await before.close();
      return lines();
    } finally {
      this.held = false;
      if (this.waiting.length > 0) this.write();
    }
  }

  private write(): void {
    if (this.writing !== undefined || this.held) return;
    this.writing = this.writeAll().finally(() => {
      this.writing = undefined;
      if (this.waiting.length > 0) this.write();
    });
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0 && !this.held) {
      const batch = this.waiting;
      this.waiting = [];
      const bytes = Buffer.from(batch.map(({ text }) => text).join(''));
      try {
        let written = 0;
        while (written < bytes.length) {
          written += (await this.handle.write(bytes, written, bytes.length - written)).bytesWritten;
        }
        await this.handle.datasync();
        this.bytes += bytes.length;
      } catch (error) {
        await this.fail(batch, error);
        continue;
      }
      for (const { done } of batch) done();
    }
  }

  /** A write failed: what came of it goes, and all who wait are told. */
  private async fail(batch: readonly Waiting[], error: unknown): Promise<void> {
    const failure = new DecisionFileError(`${this.folder}: decisions cannot be written: ${reasonOf(error)}`, {
      cause: error,
    });
    // A line that is half written would be joined to the next one.
    await this.handle.truncate(this.bytes).catch((reason: unknown) => {
      failure.message += `; nor can the journal be mended: ${reasonOf(reason)}`;
    });
    const later = this.waiting;
    this.waiting = [];
    this.onFailure(failure);
    for (const { failed } of [...batch, ...later]) failed(failure);
  }
}

function openJournal(folder: string, generation: number): Promise<FileHandle> {
  const path = join(folder, `decisions.journal.${generation}`);
  return open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600).then((handle) => {
    syncFolder(folder);
    return handle;
  });
}

/** Journals of a folder, the oldest first. */
function journalsIn(folder: string): { readonly path: string; readonly generation: number }[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const match = JOURNAL.exec(name);
      return match === null ? [] : [{ path: join(folder, name), generation: Number(match[1]) }];
    })
    .sort((a, b) => a.generation - b.generation);
}

async function writeSnapshot(path: string, lines: Iterable<string>): Promise<void> {
  const handle = await open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  try {
    let part = '';
    for (const line of lines) {
      part += line;
      if (part.length < SNAPSHOT_PART) continue;
      await handle.writeFile(part);
      part = '';
    }
    await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Reads a file line by line; a last line that is not whole is dropped, and cut off where `mend` is set. */
function readLines(path: string, reader: LineReader, mend: boolean): void {
  let file: number;
  try {
    file = openSync(path, (mend ? constants.O_RDWR : O_RDONLY) | O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) fchmodSync(file, 0o600);
    const { whole, size } = eachLine(file, path, reader);
    if (whole === size) return;
    reader.tell(`${path}: the last line is torn (${size - whole} bytes); it was dropped`);
    if (!mend) return;
    ftruncateSync(file, whole);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Hands out whole lines; where the last whole one ends, and how many bytes there are. */
function eachLine(file: number, path: string, reader: LineReader): { whole: number; size: number } {
  const block = Buffer.allocUnsafe(READ_AT_ONCE);
  let rest = Buffer.alloc(0);
  let whole = 0;
  let size = 0;
  let number = 0;
  for (;;) {
    const count = readSync(file, block, 0, block.length, size);
    if (count === 0) return { whole, size };
    size += count;
    const bytes =
      rest.length === 0 ? block.subarray(0, count) : Buffer.concat([rest, block.subarray(0, count)]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      number++;
      if (!reader.line(bytes.toString('utf8', from, end))) {
        reader.tell(`${path}:${number}: the line is damaged; it was passed over`);
      }
      from = end + 1;
    }
    whole += from;
    rest = Buffer.from(bytes.subarray(from));
    if (rest.length > LONGEST_LINE) {
      throw new DecisionFileError(`${path}:${number + 1}: the line is too long; move the file away`);
    }
  }
}

function syncFolder(folder: string): void {
  const file = openSync(folder, O_RDONLY);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
