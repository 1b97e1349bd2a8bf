import { BufferError, reasonOf } from '../buffer-error.ts';
import type { PrivateFolder } from '../private-folder.ts';
import { type RingKey, replaceKey } from './key.ts';
import { lockFolder, unlockFolder } from './lock.ts';
import type { RecordKind } from './seal.ts';
import { type Segment, SegmentFiles } from './segments.ts';

/** Bounds of a ring. */
export interface RingBounds {
  /** Entries that are kept. */
  readonly entries: number;
  /** Bytes on disk, all in all. */
  readonly bytes: number;
  /** How long an entry is kept, in milliseconds from its own time. */
  readonly ageMs: number;
  /** Bytes that are kept in memory while the disk takes nothing. */
  readonly memoryBytes: number;
}

/** Told of what comes and goes, also of what was there when the ring was opened. */
export interface RingListener {
  stored(id: number, timeUs: number, data: Buffer): void;
  /** What was found out about an entry; a later note replaces an earlier one. */
  noted(id: number, data: Buffer): void;
  removed(id: number): void;
}

/** Numbers of a ring; counts are since it was opened. */
export interface RingStatistics {
  readonly entries: number;
  readonly bytes: number;
  readonly segments: number;
  /** Entries of which a part is in memory only, because the disk did not take it. */
  readonly inMemory: number;
  readonly memoryBytes: number;
  /** Entries that made room for others by number or bytes, and that were too old. */
  readonly displaced: number;
  readonly expired: number;
  /** Entries bigger than an eighth of the ring. */
  readonly tooLarge: number;
  /** Records that were altered or torn. */
  readonly damaged: number;
  /** Segments that another key sealed, and those whose head is not readable. */
  readonly foreignSegments: number;
  readonly damagedSegments: number;
  readonly writeFailures: number;
  readonly removeFailures: number;
  /** Why the disk takes nothing at present; empty where it does. */
  readonly problem: string;
}

/** Where a record is: in a segment, or in memory. */
type Piece =
  | { readonly kind: 'disk'; readonly segment: Segment; readonly offset: number; readonly bytes: number }
  | { readonly kind: 'memory'; readonly data: Buffer };

interface Slot {
  readonly id: number;
  readonly timeUs: number;
  entry: Piece;
  note: Piece | undefined;
}

/** A ring has so many segments at least, so that what expires goes in small steps. */
const SEGMENTS = 16;
/** The part of the ring that one record may take. */
const LARGEST = 8;

/**
 * Entries in the order of their ids, kept within bounds of number, bytes and age; sealed on disk (see `seal.ts`).
 * Records are added to segments, and a segment is removed whole once nothing of it is kept. What the disk does not take
 * stays in memory within its own bound. Nothing is synced: a crash of the machine may cost the newest entries, which
 * are found torn and left out.
 */
export class Ring {
  private readonly files: SegmentFiles;
  private readonly folder: PrivateFolder;
  private readonly keyFolder: PrivateFolder;
  private readonly bounds: RingBounds;
  private readonly listener: RingListener;
  private readonly clock: () => number;
  private key: RingKey;
  private slots = new Map<number, Slot>();
  private readonly inMemory = new Set<number>();
  private memoryBytes = 0;
  private nextId = 1;
  private displaced = 0;
  private expired = 0;
  private tooLarge = 0;
  private writeFailures = 0;
  private problem = '';

  /**
   * Opens the ring of a folder with what is in it.
   *
   * @param clock milliseconds since 1970
   * @throws BufferError where another process has the folder
   */
  constructor(
    folder: PrivateFolder,
    keyFolder: PrivateFolder,
    key: RingKey,
    bounds: RingBounds,
    listener: RingListener,
    clock: () => number = Date.now,
  ) {
    checkBounds(bounds);
    lockFolder(folder);
    this.folder = folder;
    this.keyFolder = keyFolder;
    this.key = key;
    this.bounds = bounds;
    this.listener = listener;
    this.clock = clock;
    this.files = new SegmentFiles(folder, key, {
      bytes: Math.ceil(bounds.bytes / LARGEST),
      records: Math.max(1, Math.ceil((2 * bounds.entries) / SEGMENTS)),
      ageMs: bounds.ageMs / SEGMENTS,
    });
    this.load();
    this.expire();
  }

  /** Ids from the oldest to the newest. */
  ids(): IterableIterator<number> {
    return this.slots.keys();
  }

  get size(): number {
    return this.slots.size;
  }

  /** Stores an entry; its id, or undefined where it is larger than an eighth of the ring. Times to come are now. */
  append(timeUs: number, data: Buffer): number | undefined {
    if (this.isTooLarge(data)) return undefined;
    const id = this.nextId++;
    const nowUs = Math.floor(this.clock() * 1000);
    const at = Math.max(0, Math.min(Math.floor(timeUs), nowUs));
    const entry = this.write('entry', id, at, data);
    const slot = { id, timeUs: at, entry, note: undefined };
    this.slots.set(id, slot);
    this.mark(slot);
    this.listener.stored(id, at, data);
    this.makeRoom();
    return id;
  }

  /** Stores what was found out about an entry; false where that is gone, or the note is too large. */
  annotate(id: number, data: Buffer): boolean {
    const slot = this.slots.get(id);
    if (slot === undefined || this.isTooLarge(data)) return false;
    const before = slot.note;
    slot.note = this.write('note', id, slot.timeUs, data);
    this.mark(slot);
    if (before !== undefined) this.release(before);
    this.listener.noted(id, data);
    this.makeRoom();
    return this.slots.has(id);
  }

  /** An entry and its note; undefined where it is gone, or turns out to have been altered. */
  read(id: number): { readonly data: Buffer; readonly note: Buffer | undefined } | undefined {
    const slot = this.slots.get(id);
    if (slot === undefined) return undefined;
    const data = this.dataOf(slot.entry);
    if (data === undefined) {
      this.remove(slot);
      return undefined;
    }
    return { data, note: slot.note && this.dataOf(slot.note) };
  }

  /** Removes what is too old: to be called now and then also while nothing comes. */
  expire(): void {
    const oldestUs = (this.clock() - this.bounds.ageMs) * 1000;
    for (const slot of this.slots.values()) {
      if (slot.timeUs >= oldestUs) continue;
      this.expired++;
      this.remove(slot);
    }
    this.files.expire(this.clock(), this.bounds.ageMs);
  }

  /**
   * Removes everything and, where the key is in a file, puts a new key in its place first: whatever is left of the old
   * segments on the medium cannot be read again. True where the key was replaced. Throws {@link BufferError}.
   */
  wipe(): boolean {
    const isReplaced = this.key.origin === 'file';
    if (isReplaced) this.key = replaceKey(this.keyFolder);
    for (const slot of this.slots.values()) this.remove(slot);
    this.files.wipe(this.key);
    return isReplaced;
  }

  /** Removes some entries from the disk too: what else is in their segments is written anew first. */
  forget(ids: ReadonlySet<number>): number {
    const affected = new Set<Segment>();
    const gone: Slot[] = [];
    for (const slot of this.slots.values()) {
      if (!ids.has(slot.id)) continue;
      gone.push(slot);
      for (const piece of [slot.entry, slot.note]) if (piece?.kind === 'disk') affected.add(piece.segment);
    }
    if (gone.length === 0) return 0;
    // Notes that were replaced are still in some segment or other: all that came later are affected.
    const first = Math.min(...[...affected].map(({ sequence }) => sequence));
    for (const segment of this.files.all()) if (segment.sequence >= first) affected.add(segment);
    this.files.closeCurrent();
    for (const slot of gone) this.remove(slot);
    for (const slot of this.slots.values()) {
      if (!this.move(slot, 'entry', affected)) this.remove(slot);
      else if (!this.move(slot, 'note', affected)) slot.note = undefined;
    }
    return gone.length;
  }

  get statistics(): RingStatistics {
    const { bytes, count, damaged, foreignSegments, damagedSegments, removeFailures } = this.files;
    return {
      entries: this.slots.size,
      bytes,
      segments: count,
      inMemory: this.inMemory.size,
      memoryBytes: this.memoryBytes,
      displaced: this.displaced,
      expired: this.expired,
      tooLarge: this.tooLarge,
      damaged,
      foreignSegments,
      damagedSegments,
      writeFailures: this.writeFailures,
      removeFailures,
      problem: this.problem,
    };
  }

  close(): void {
    this.files.closeCurrent();
    unlockFolder(this.folder);
  }

  private isTooLarge(data: Buffer): boolean {
    if (data.length <= this.bounds.bytes / LARGEST) return false;
    this.tooLarge++;
    return true;
  }

  private write(kind: RecordKind, id: number, timeUs: number, data: Buffer): Piece {
    try {
      const { segment, offset, bytes } = this.files.add(kind, id, timeUs, data, this.clock());
      this.problem = '';
      return { kind: 'disk', segment, offset, bytes };
    } catch (error) {
      this.writeFailures++;
      this.problem = `${this.folder.path} cannot be written: ${reasonOf(error)}`;
      this.memoryBytes += data.length;
      return { kind: 'memory', data };
    }
  }

  private makeRoom(): void {
    const { entries, bytes, memoryBytes } = this.bounds;
    while (this.slots.size > entries) this.displace(this.slots.values().next().value);
    while (this.files.bytes > bytes && this.files.removeUnreadable());
    while (this.files.bytes > bytes && this.slots.size > 1) this.displace(this.slots.values().next().value);
    while (this.memoryBytes > memoryBytes) {
      const [oldest] = this.inMemory;
      if (oldest === undefined) return;
      this.displace(this.slots.get(oldest));
    }
  }

  private displace(slot: Slot | undefined): void {
    if (slot === undefined) return;
    this.displaced++;
    this.remove(slot);
  }

  private remove(slot: Slot): void {
    this.slots.delete(slot.id);
    this.inMemory.delete(slot.id);
    this.release(slot.entry);
    if (slot.note !== undefined) this.release(slot.note);
    this.listener.removed(slot.id);
  }

  /** Notes whether a part of it is in memory only. */
  private mark({ id, entry, note }: Slot): void {
    if (entry.kind === 'memory' || note?.kind === 'memory') this.inMemory.add(id);
    else this.inMemory.delete(id);
  }

  private release(piece: Piece): void {
    if (piece.kind === 'memory') this.memoryBytes -= piece.data.length;
    else this.files.release(piece.segment);
  }

  private dataOf(piece: Piece): Buffer | undefined {
    return piece.kind === 'memory' ? piece.data : this.files.read(piece.segment, piece.offset, piece.bytes);
  }

  /** Writes a record anew if its segment is affected; false where it cannot be read any more. */
  private move(slot: Slot, name: 'entry' | 'note', affected: ReadonlySet<Segment>): boolean {
    const piece = slot[name];
    if (piece?.kind !== 'disk' || !affected.has(piece.segment)) return true;
    const data = this.dataOf(piece);
    if (data !== undefined) {
      slot[name] = this.write(name, slot.id, slot.timeUs, data);
      this.mark(slot);
    }
    if (data !== undefined || name === 'note') this.release(piece);
    return data !== undefined;
  }

  private load(): void {
    const entries: { readonly slot: Slot; readonly data: Buffer }[] = [];
    const notes = new Map<number, { readonly piece: Piece; readonly data: Buffer }>();
    const nowUs = Math.floor(this.clock() * 1000);
    const known = new Set<number>();
    this.files.load((segment, { kind, id, timeUs, bytes }, offset, data) => {
      this.nextId = Math.max(this.nextId, id + 1);
      const piece: Piece = { kind: 'disk', segment, offset, bytes };
      if (kind === 'entry') {
        // The same entry twice: it was being written anew when the process ended.
        if (known.has(id)) return;
        known.add(id);
        entries.push({ slot: { id, timeUs: Math.min(timeUs, nowUs), entry: piece, note: undefined }, data });
      } else notes.set(id, { piece, data });
    });
    entries.sort((a, b) => a.slot.id - b.slot.id);
    for (const { slot, data } of entries) {
      this.slots.set(slot.id, slot);
      this.keep(slot.entry);
      this.listener.stored(slot.id, slot.timeUs, data);
      const note = notes.get(slot.id);
      if (note === undefined) continue;
      slot.note = note.piece;
      this.keep(note.piece);
      this.listener.noted(slot.id, note.data);
    }
    this.files.removeEmpty();
    this.makeRoom();
  }

  private keep(piece: Piece): void {
    if (piece.kind === 'disk') piece.segment.live++;
  }
}

function checkBounds({ entries, bytes, ageMs, memoryBytes }: RingBounds): void {
  const check = (name: string, value: number, least: number, most: number): void => {
    if (!(value >= least && value <= most)) {
      throw new BufferError(`buffer.${name} takes a number from ${least} to ${most}, not ${value}`);
    }
  };
  check('entries', entries, 1, 10_000_000);
  check('bytes', bytes, 1 << 16, 2 ** 40);
  check('ageMs', ageMs, 1, 10 * 366 * 86_400_000);
  check('memoryBytes', memoryBytes, 0, 2 ** 34);
}
