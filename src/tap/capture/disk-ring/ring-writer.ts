import { mkdirSync } from 'node:fs';
import type { Batch } from '../batch.ts';
import {
  interfaceDescription,
  PACKET_HEADER,
  PACKET_OVERHEAD,
  putPacket,
  putStatistics,
  STATISTICS_BYTES,
} from './blocks.ts';
import { RingFolder, SECTION } from './folder.ts';
import { lockFolder } from './lock.ts';
import { OpenFile } from './open-file.ts';
import {
  codeOf,
  isFull,
  RingError,
  type RingInterval,
  type RingOptions,
  type RingStatistics,
  reasonOf,
} from './options.ts';

/** Twice what a block of a live source holds: a batch needs one write at most. */
const BUFFER = 512 * 1024;
/** Room before the packets for the beginning of a file, so that a new one takes one write as well. */
const HEADER_ROOM = 4096;
/** Kinds of links; with more a new file begins, which describes those of its own. */
const MOST_LINKS = 16;
/** Files of the ring at most by size, and by time. */
const MOST_FILES = 4096;
/** The oldest file goes as a whole, so that there should be some. */
const FEWEST_FILES = 4;
/** A smaller file is not worth its name, even where the disk has little room. */
const SMALLEST_FILE = 1024 * 1024;
/** A file is ended after so long, for those who wait for it; earlier where packets may stay for a short time only. */
const LONGEST_FILE_MS = 300_000;
const FILES_PER_AGE = 16;
/** A file that is open grows at least so often: who follows the folder takes one that does not for complete. */
const LIFE_SIGN_MS = 10_000;

/**
 * Keeps packets in rotating pcapng files, bounded in size and age: the oldest file goes first. It never throws while
 * packets come: where it cannot write, as on a full disk, it pauses, counts, and tries again each second. What `flush`
 * has written survives the end of the process, however it ends.
 */
export class RingWriter {
  private readonly options: RingOptions;
  private readonly now: () => number;
  private readonly folder: RingFolder;
  private readonly unlock: () => void;
  private readonly fileMs: number;
  private file: OpenFile | undefined;
  /** Blocks that wait to be written, from {@link HEADER_ROOM} to `used`. */
  private readonly buffer = Buffer.allocUnsafeSlow(HEADER_ROOM + BUFFER);
  private readonly view = new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.length);
  private used = HEADER_ROOM;
  /** Packets that wait, and the time of the first of them. */
  private waiting = 0;
  private firstUs = 0;
  /** Bytes up to which blocks wait. */
  private limit: number;
  /** Link types of the interfaces that the files describe; the index is the interface's number. */
  private links: number[] = [];
  private lastLink = -1;
  private lastId = 0;
  private packets = 0;
  private unwritten = 0;
  private pauses = 0;
  private problem: string | undefined;
  private pausedMs = 0;
  private resumedAfter: number | undefined;
  private reported = 0;
  private closed = false;

  /** Opens the ring: takes in what is there, and removes what is too much. Throws {@link RingError}. */
  constructor(options: RingOptions) {
    this.options = options;
    this.now = options.now ?? Date.now;
    this.fileMs = Math.max(
      Math.min(options.ageMs / FILES_PER_AGE, LONGEST_FILE_MS),
      options.ageMs / MOST_FILES,
    );
    this.limit = HEADER_ROOM + Math.min(BUFFER, this.fileLimit());
    const { folder } = options;
    let unlock = (): void => undefined;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      unlock = lockFolder(folder);
      this.folder = new RingFolder(folder);
      this.makeRoom(0);
      this.removeOld();
    } catch (error) {
      unlock();
      if (error instanceof RingError) throw error;
      throw new RingError(
        `${folder}: no packet ring can be kept there: ${reasonOf(error)}; choose a folder that weir may write to`,
        error,
      );
    }
    this.unlock = unlock;
  }

  /** Takes packet `index` of a batch. */
  writeFrom(batch: Batch, index: number): void {
    const linkType = batch.linkType[index]!;
    if (linkType !== this.lastLink) this.chooseLink(linkType);
    const captured = batch.captured[index]!;
    const total = PACKET_OVERHEAD + ((captured + 3) & ~3);
    if (this.used + total > this.limit) {
      // While it pauses only `tick` tries again: a call that fails for each packet would cost more than they are worth.
      if (this.waiting > 0 && this.problem === undefined) this.flush();
      if (this.used + total > this.buffer.length || this.waiting > 0) {
        this.unwritten++;
        return;
      }
    }
    const at = this.used;
    const timeUs = batch.timeUs[index]!;
    const start = batch.offset[index]!;
    putPacket(
      this.view,
      at,
      total,
      this.lastId,
      timeUs,
      batch.nanos[index]!,
      captured,
      batch.original[index]!,
    );
    // Unlike `set` it needs no view of the packet: nothing is allocated.
    copy.call(batch.bytes, this.buffer, at + PACKET_HEADER, start, start + captured);
    if (this.waiting === 0) this.firstUs = timeUs;
    this.waiting++;
    this.used = at + total;
  }

  /** Writes what waits; where that is not possible, it goes on waiting. */
  flush(): void {
    if (this.used > HEADER_ROOM && this.attempt(() => this.write())) this.resume();
  }

  /** To be called once a second: writes what waits, removes what is too old, tries again after a pause. */
  tick(): RingInterval {
    const done = this.attempt(() => {
      // What cannot be removed must not be added to.
      this.keep();
      if (this.used > HEADER_ROOM) this.write();
    });
    if (done) this.resume();
    const interval = {
      unwritten: this.unwritten - this.reported,
      problem: this.problem,
      resumedAfter: this.resumedAfter,
    };
    this.reported = this.unwritten;
    this.resumedAfter = undefined;
    return interval;
  }

  statistics(): RingStatistics {
    const { folder, file, packets, unwritten, pauses, problem } = this;
    return {
      folder: folder.path,
      files: folder.files + (file === undefined ? 0 : 1),
      bytes: folder.bytes + (file?.bytes ?? 0),
      packets,
      unwritten,
      removed: folder.removed,
      pauses,
      problem,
    };
  }

  /** Writes what waits and ends the file. What cannot be written is counted. Harmless when repeated. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.flush();
    this.giveUp();
    this.attempt(() => this.endFile());
    this.unlock();
  }

  private write(): void {
    const now = this.now();
    const bytes = this.used - HEADER_ROOM;
    const { file } = this;
    if (file !== undefined && file.bytes > 0 && file.bytes + bytes > file.limit) this.endFile();
    for (;;) {
      try {
        this.makeRoom(bytes + HEADER_ROOM);
        this.file ??= new OpenFile(this.folder, this.firstUs, this.roomForFile(), now);
        const from = this.file.bytes > 0 ? HEADER_ROOM : this.putHeader();
        this.file.append(this.buffer, from, this.used, now);
        break;
      } catch (error) {
        if (!isFull(error) || !this.folder.removeOldest()) throw error;
      }
    }
    this.packets += this.waiting;
    this.empty();
    this.limit = HEADER_ROOM + Math.min(BUFFER, this.file.limit);
  }

  /** What is due without packets. */
  private keep(): void {
    const { file } = this;
    const now = this.now();
    if (file !== undefined) {
      if (file.gone || Math.abs(now - file.openedMs) >= this.fileMs) this.endFile();
      else if (this.waiting === 0 && now - file.grownMs >= LIFE_SIGN_MS) {
        // A file that has no room for it ends with the next packet: it is complete.
        if (file.bytes + STATISTICS_BYTES <= file.limit) this.giveLifeSign(now);
        else this.endFile();
      }
    }
    this.removeOld();
  }

  private giveLifeSign(now: number): void {
    putStatistics(this.view, this.used, 0, now * 1000);
    this.used += STATISTICS_BYTES;
  }

  /** Does what may fail: then writing pauses, until `flush` or `tick` succeeds. */
  private attempt(act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  private resume(): void {
    if (this.problem === undefined) return;
    this.resumedAfter = (this.now() - this.pausedMs) / 1000;
    this.problem = undefined;
  }

  private fail(error: unknown): void {
    if (codeOf(error) === '') throw error;
    if (this.problem === undefined) {
      this.pauses++;
      this.pausedMs = this.now();
    }
    this.problem = reasonOf(error);
    const { file } = this;
    // A life sign is nothing to wait with; a file that cannot be written, or with nothing in it, is not kept open.
    if (this.waiting === 0) this.empty();
    if (file === undefined || (isFull(error) && file.bytes > 0)) return;
    try {
      this.endFile();
    } catch (failure) {
      this.problem = reasonOf(failure);
    }
  }

  private endFile(): void {
    const { file } = this;
    this.file = undefined;
    file?.close();
  }

  private empty(): void {
    this.used = HEADER_ROOM;
    this.waiting = 0;
  }

  private giveUp(): void {
    this.unwritten += this.waiting;
    this.empty();
  }

  /** Puts the beginning of a file right before the packets; returns where it begins. */
  private putHeader(): number {
    const name = this.options.interfaceName ?? '';
    const header = Buffer.concat([SECTION, ...this.links.map((link) => interfaceDescription(link, name))]);
    const from = HEADER_ROOM - header.length;
    this.buffer.set(header, from);
    return from;
  }

  /** A link that the open file does not describe: what waits is written, and a new file begins. */
  private chooseLink(linkType: number): void {
    let id = this.links.indexOf(linkType);
    if (id < 0) {
      this.flush();
      // While it pauses the packets that wait for the old description are given up for the new one.
      this.giveUp();
      this.attempt(() => this.endFile());
      if (this.links.length >= MOST_LINKS) this.links = [];
      id = this.links.push(linkType) - 1;
    }
    this.lastLink = linkType;
    this.lastId = id;
  }

  /** Removes the oldest files until so many bytes more are within the quota. */
  private makeRoom(bytes: number): void {
    const { folder, file, options } = this;
    while (folder.bytes + (file?.bytes ?? 0) + bytes > options.sizeBytes && folder.removeOldest());
  }

  private removeOld(): void {
    this.folder.removeBefore((this.now() - this.options.ageMs) * 1000);
  }

  /** Bytes of a file by the options. */
  private fileLimit(): number {
    const { sizeBytes, fileBytes } = this.options;
    return Math.max(Math.min(fileBytes, Math.floor(sizeBytes / FEWEST_FILES)), sizeBytes / MOST_FILES);
  }

  /** The same on a disk that has less room than the ring may take. */
  private roomForFile(): number {
    const room = Math.floor((this.folder.bytes + this.folder.free()) / FEWEST_FILES);
    return Math.min(this.fileLimit(), Math.max(room, SMALLEST_FILE));
  }
}

const { copy } = Buffer.prototype;
