import type { Analysis } from './analysis.ts';
import { Catalogue, type Selection, type Summary } from './catalogue.ts';
import { type BufferEntry, entryOf } from './entry.ts';
import { type Handed, pack, type StoredTransaction, unpack } from './handover.ts';
import { OWNER_ONLY, PrivateFolder, SHARED_FOLDER } from './private-folder.ts';
import { loadKey, Ring, type RingBounds, type RingStatistics } from './ring/index.ts';

/** Where transactions are stored. */
export interface StoreOptions {
  /** Folder of the ring: its own, made with mode 0700. */
  readonly folder: string;
  /** Folder of the key's file; the ring's without. */
  readonly keyFolder?: string | undefined;
  /** The key in text (hexadecimal or base64), in place of the file. */
  readonly key?: string | undefined;
  readonly bounds: RingBounds;
  /** Bytes of a body that are shown. */
  readonly previewBytes: number;
}

/** A transaction that was just stored. */
export interface Stored extends StoredTransaction {
  readonly id: number;
}

/** A transaction as it was read, with its analysis where there is one. */
export interface Read {
  readonly stored: StoredTransaction;
  readonly analysis: Analysis | undefined;
}

/** Entries that one replay takes without another wish, and at most. */
const DEFAULT_REPLAYED = 1000;
const MOST_REPLAYED = 10_000;

/** Transactions in the ring, with their analyses, and the catalogue of them. */
export class TransactionStore {
  /** The ring's folder, for what else is kept there. */
  readonly folder: PrivateFolder;
  readonly catalogue = new Catalogue();
  private readonly keyFolder: PrivateFolder;
  private readonly ring: Ring;
  private readonly previewBytes: number;
  /** Entries that could not be read, of another version say. */
  unreadable = 0;

  /** Opens the ring. Throws a BufferError for folders and keys that cannot be used. */
  constructor(options: StoreOptions, clock: () => number) {
    this.previewBytes = options.previewBytes;
    this.folder = new PrivateFolder(options.folder, OWNER_ONLY);
    this.keyFolder = new PrivateFolder(options.keyFolder ?? options.folder, SHARED_FOLDER);
    const key = loadKey(this.keyFolder, options.key);
    const { catalogue } = this;
    const listener = {
      stored: (id: number, _: number, data: Buffer) => this.enter(id, data),
      noted: (id: number, data: Buffer) => catalogue.note(id, analysisOf(data)),
      removed: (id: number) => catalogue.remove(id),
    };
    this.ring = new Ring(this.folder, this.keyFolder, key, options.bounds, listener, clock);
  }

  /** An entry of another version's form is left out: it must not keep all others from being read. */
  private enter(id: number, data: Buffer): void {
    try {
      this.catalogue.add(id, unpack(data).transaction);
    } catch (error) {
      const isForm =
        error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError;
      if (!isForm) throw error;
      this.unreadable++;
    }
  }

  get size(): number {
    return this.ring.size;
  }

  get statistics(): RingStatistics {
    return this.ring.statistics;
  }

  /** Stores a transaction; undefined where it is too large. */
  add(handed: Handed): Stored | undefined {
    const bytes = pack(handed);
    const stored = unpack(bytes);
    const id = this.ring.append(stored.transaction.request.timeUs, bytes);
    return id === undefined ? undefined : { id, ...stored };
  }

  /** Stores an analysis in the place of an earlier one; nothing where its transaction is gone. */
  annotate(id: number, analysis: Analysis): void {
    this.ring.annotate(id, Buffer.from(JSON.stringify(analysis)));
  }

  read(id: number): Read | undefined {
    const found = this.ring.read(id);
    if (found === undefined) return undefined;
    return { stored: unpack(found.data), analysis: found.note && analysisOf(found.note) };
  }

  /** What is shown of one, by its reference. */
  entry(reference: string, isRaw: boolean): BufferEntry | undefined {
    const id = this.catalogue.idOf(reference);
    const found = id === undefined ? undefined : this.read(id);
    return found && this.shown(found, isRaw);
  }

  /** What is shown of those that are meant, the newest first. */
  list(selection: Selection): readonly BufferEntry[] {
    return this.catalogue.select(selection).flatMap(({ id }) => {
      const found = this.read(id);
      return found === undefined ? [] : [this.shown(found)];
    });
  }

  shown({ stored, analysis }: Read, isRaw = false): BufferEntry {
    return entryOf(stored, analysis, this.previewBytes, isRaw);
  }

  /** Transactions in the order in which they came, read one by one. */
  *replayed(selection: Selection): Generator<StoredTransaction> {
    const most = Math.min(selection.most ?? DEFAULT_REPLAYED, MOST_REPLAYED);
    for (const { id } of this.catalogue.select({ ...selection, most }).reverse()) {
      const found = this.read(id);
      if (found !== undefined) yield found.stored;
    }
  }

  /** `host:port` of whatever requests went to. */
  *servers(): Generator<string> {
    const known = new Set<string>();
    for (const summary of this.catalogue.all()) {
      for (const server of serversOf(summary)) {
        if (known.has(server)) continue;
        known.add(server);
        yield server;
      }
    }
  }

  expire(): void {
    this.ring.expire();
  }

  /** Removes what some clients sent; how many transactions that was. */
  forget(isMeant: (address: string) => boolean): number {
    const gone = [...this.catalogue.all()].filter(({ client }) => isMeant(client));
    return this.ring.forget(new Set(gone.map(({ id }) => id)));
  }

  /** Removes everything; whether the key was replaced. Throws a BufferError. */
  wipe(): boolean {
    return this.ring.wipe();
  }

  close(): void {
    this.ring.close();
    this.keyFolder.close();
    this.folder.close();
  }
}

function analysisOf(data: Buffer): Analysis {
  return JSON.parse(data.toString('utf8')) as Analysis;
}

function serversOf({ server, host, port }: Summary): readonly string[] {
  return [server, `${host}:${port}`];
}
