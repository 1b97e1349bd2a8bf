/**
 * Merges files by time. Files that do not overlap pass batch by batch; where they do, a batch is handed out in
 * runs, each up to the packet that another file continues with.
 */

import type { Batch } from './batch.ts';
import type { SequenceFile } from './capture-file.ts';
import type { Report } from './finding.ts';
import type { CaptureReader, ReadingSpace } from './reader.ts';
import { formatSpan, formatTime } from './timestamp.ts';

/** A step back in time by less than this is the ordinary disorder of network cards with several queues. */
export const DISORDER_US = 1_000_000;
/** How long packets are handed out before the event loop gets its turn. */
const TURN_MS = 20;
/** Reading spaces that are kept for the next file. */
const SPARE_SPACES = 4;

/** What the merger needs from the sequence. */
export interface MergeOptions {
  /** Only packets of this time are handed out: microseconds since 1970, both ends included. */
  readonly sinceUs: number;
  readonly untilUs: number;
  /** So many files are open at the same time at most. */
  readonly mostOpen: number;
  /** A silence between two files that is worth a finding. */
  readonly gapUs: number;
  readonly createSpace: () => ReadingSpace;
  /** Opens a file; undefined (and a finding) where that fails. */
  readonly open: (file: SequenceFile, space: ReadingSpace) => Promise<CaptureReader | undefined>;
  readonly report: Report;
}

/** One file that is being read: what is left of its current batch is `[position, end)`. */
class Cursor {
  readonly file: SequenceFile;
  readonly reader: CaptureReader;
  readonly space: ReadingSpace;
  position = 0;
  end = 0;
  headUs = 0;
  headNanos = 0;
  /** Latest time in the batch, and whether the batch holds packets outside the wanted time. */
  highestUs = 0;
  filtered = false;
  previousUs = Number.NEGATIVE_INFINITY;

  constructor(file: SequenceFile, reader: CaptureReader, space: ReadingSpace) {
    this.file = file;
    this.reader = reader;
    this.space = space;
  }
}

/** Hands out the packets of many files in the order of time. */
export class Merger {
  readonly #options: MergeOptions;
  /** Files that were not opened yet, the earliest last. */
  readonly #waiting: SequenceFile[] = [];
  readonly #active: Cursor[] = [];
  readonly #spare: ReadingSpace[] = [];
  /** The cursor whose run was handed out last, and where that run ends. */
  #current: Cursor | undefined;
  #runEnd = 0;
  #closed = false;
  #deadline = 0;
  #calls = 0;
  #emittedUs = Number.NEGATIVE_INFINITY;
  #latestUs = Number.NEGATIVE_INFINITY;
  #latestPath = '';
  #crowded = false;
  /** Bytes of the files that are done. */
  #doneBytes = 0;

  constructor(options: MergeOptions) {
    this.#options = options;
  }

  /** Bytes read so far, before decompression. */
  get bytesRead(): number {
    let sum = this.#doneBytes;
    for (const cursor of this.#active) sum += cursor.reader.consumed;
    return sum;
  }

  /** Adds files; those whose first packet's time is not known are opened first. */
  add(files: readonly SequenceFile[]): void {
    this.#waiting.push(...files);
    this.#waiting.sort((a, b) => firstOf(b) - firstOf(a) || b.number - a.number);
  }

  /** The next run of packets; undefined at the end. It is valid until the next call. */
  next(): Batch | undefined | Promise<Batch | undefined> {
    const last = this.#current;
    if (last !== undefined) {
      this.#current = undefined;
      last.position = this.#runEnd;
      // The clock is asked once per batch, and once for several short runs.
      this.#calls++;
      if (!this.#settle(last)) {
        this.#calls = 0;
        const more = this.#advance(last);
        if (typeof more !== 'boolean') return more.then(() => this.next());
      }
    }
    if (this.#closed) return undefined;
    if ((this.#calls & 15) === 0 && performance.now() > this.#deadline) {
      return this.#pause().then(() => this.next());
    }
    let earliest: Cursor | undefined;
    let second: Cursor | undefined;
    for (const cursor of this.#active) {
      if (earliest === undefined || before(cursor, earliest)) {
        second = earliest;
        earliest = cursor;
      } else if (second === undefined || before(cursor, second)) {
        second = cursor;
      }
    }
    const file = this.#waiting.at(-1);
    let bound = Number.POSITIVE_INFINITY;
    if (file !== undefined) {
      const due = earliest === undefined || firstOf(file) <= earliest.headUs;
      if (due && this.#mayOpen(file)) {
        this.#waiting.pop();
        return this.#open(file).then(() => this.next());
      }
      if (!due) bound = firstOf(file);
    }
    if (earliest === undefined) return undefined;
    return this.#run(earliest, second, bound);
  }

  /** Stops: what waits ends, files are closed. */
  close(): void {
    this.#closed = true;
    for (const cursor of this.#active) {
      this.#doneBytes += cursor.reader.consumed;
      cursor.reader.close();
    }
    this.#active.length = 0;
    this.#waiting.length = 0;
    this.#current = undefined;
  }

  #mayOpen(file: SequenceFile): boolean {
    const most = this.#options.mostOpen;
    if (this.#active.length < most) return true;
    if (!this.#crowded) {
      this.#crowded = true;
      this.#options.report({
        kind: 'late',
        severity: 'warning',
        path: file.path,
        message: `${file.path}: more than ${most} files overlap here; it is read when another one has ended, so its packets come late`,
      });
    }
    return false;
  }

  /** The packets of `cursor` up to where another file goes on. */
  #run(cursor: Cursor, other: Cursor | undefined, openingUs: number): Batch {
    const { batch } = cursor.space;
    const { end } = cursor;
    let position = cursor.position;
    const otherUs = other?.headUs ?? Number.POSITIVE_INFINITY;
    if (!cursor.filtered && cursor.highestUs < otherUs && cursor.highestUs < openingUs) {
      position = end;
    } else {
      const { sinceUs, untilUs } = this.#options;
      const otherNanos = other?.headNanos ?? 0;
      // Of equal times the file with the lower number comes first.
      const first = other === undefined || cursor.file.number < other.file.number;
      for (position++; position < end; position++) {
        const time = batch.timeUs[position] as number;
        if (time >= openingUs || time > otherUs || time < sinceUs || time > untilUs) break;
        if (time === otherUs) {
          const nanos = batch.nanos[position] as number;
          if (nanos > otherNanos || (nanos === otherNanos && !first)) break;
        }
      }
    }
    batch.first = cursor.position;
    batch.end = position;
    this.#emittedUs = batch.timeUs[position - 1] as number;
    this.#current = cursor;
    this.#runEnd = position;
    return batch;
  }

  /** Passes over unwanted packets; false when the batch is used up. */
  #settle(cursor: Cursor): boolean {
    const { batch } = cursor.space;
    const { end } = cursor;
    let position = cursor.position;
    if (cursor.filtered) {
      const { sinceUs, untilUs } = this.#options;
      for (; position < end; position++) {
        const time = batch.timeUs[position] as number;
        if (time >= sinceUs && time <= untilUs) break;
      }
    }
    cursor.position = position;
    if (position >= end) return false;
    cursor.headUs = batch.timeUs[position] as number;
    cursor.headNanos = batch.nanos[position] as number;
    return true;
  }

  /** Reads on until there is a wanted packet; false when the file has ended. */
  #advance(cursor: Cursor): boolean | Promise<boolean> {
    for (;;) {
      const filled = cursor.reader.fill();
      if (typeof filled !== 'boolean') return filled.then((more) => this.#filled(cursor, more));
      const settled = this.#take(cursor, filled);
      if (settled !== undefined) return settled;
      if (performance.now() > this.#deadline) return this.#pause().then(() => this.#advance(cursor));
    }
  }

  async #filled(cursor: Cursor, more: boolean): Promise<boolean> {
    return this.#take(cursor, more) ?? this.#advance(cursor);
  }

  /** True: packets to hand out; false: the file is done; undefined: read on. */
  #take(cursor: Cursor, filled: boolean): boolean | undefined {
    if (this.#closed) return false;
    if (!filled) {
      this.#finish(cursor);
      return false;
    }
    const lowestUs = this.#examine(cursor);
    if (this.#settle(cursor)) return true;
    if (lowestUs <= this.#options.untilUs + DISORDER_US) return undefined;
    this.#finish(cursor);
    return false;
  }

  /** Looks at the times of a new batch: their span, steps back. Returns the earliest. */
  #examine(cursor: Cursor): number {
    const { batch } = cursor.space;
    const { timeUs } = batch;
    const count = batch.end;
    let lowest = Number.POSITIVE_INFINITY;
    let highest = Number.NEGATIVE_INFINITY;
    let previous = cursor.previousUs;
    for (let i = 0; i < count; i++) {
      const time = timeUs[i] as number;
      if (time < previous - DISORDER_US) this.#wentBack(cursor, i, previous, time);
      if (time < lowest) lowest = time;
      if (time > highest) highest = time;
      previous = time;
    }
    cursor.previousUs = previous;
    cursor.position = 0;
    cursor.end = count;
    cursor.highestUs = highest;
    cursor.filtered = lowest < this.#options.sinceUs || highest > this.#options.untilUs;
    const { file } = cursor;
    file.packets = cursor.reader.packets;
    file.firstTimeUs ??= timeUs[0] as number;
    file.lastTimeUs = Math.max(file.lastTimeUs ?? highest, highest);
    return lowest;
  }

  #wentBack(cursor: Cursor, index: number, previous: number, time: number): void {
    const { batch } = cursor.space;
    const { path } = cursor.file;
    const packet = cursor.reader.packets - batch.end + index + 1;
    const offset = batch.base + (batch.offset[index] as number);
    this.#options.report({
      kind: 'backward',
      severity: 'warning',
      path,
      offset,
      packet,
      message: `${path}: time goes back by ${formatSpan(previous - time)} at packet ${packet} (byte ${offset}), to ${formatTime(time)}`,
    });
  }

  async #open(file: SequenceFile): Promise<void> {
    const space = this.#spare.pop() ?? this.#options.createSpace();
    file.state = 'reading';
    const reader = await this.#options.open(file, space);
    if (reader === undefined || this.#closed) {
      reader?.close();
      file.state = this.#closed ? 'waiting' : 'failed';
      return;
    }
    const first = file.firstTimeUs;
    if (first !== undefined) {
      if (this.#active.length === 0) this.#gap(file, first);
      if (first < this.#emittedUs - DISORDER_US) this.#late(file, first);
    }
    const cursor = new Cursor(file, reader, space);
    this.#active.push(cursor);
    await this.#advance(cursor);
  }

  #gap(file: SequenceFile, first: number): void {
    const silence = first - this.#latestUs;
    if (this.#latestPath === '' || silence < this.#options.gapUs) return;
    this.#options.report({
      kind: 'gap',
      severity: 'note',
      path: file.path,
      message: `${file.path}: nothing was captured for ${formatSpan(silence)} before its first packet at ${formatTime(first)} (${this.#latestPath} ends at ${formatTime(this.#latestUs)})`,
    });
  }

  #late(file: SequenceFile, first: number): void {
    this.#options.report({
      kind: 'late',
      severity: 'warning',
      path: file.path,
      message: `${file.path}: begins at ${formatTime(first)}, ${formatSpan(this.#emittedUs - first)} before what was already handed out; its packets come late`,
    });
  }

  #finish(cursor: Cursor): void {
    const { file, reader } = cursor;
    this.#active.splice(this.#active.indexOf(cursor), 1);
    this.#doneBytes += reader.consumed;
    file.packets = reader.packets;
    file.cut = reader.ending === 'cut' || reader.ending === 'failed';
    file.state = reader.ending === 'failed' && reader.packets === 0 ? 'failed' : 'done';
    reader.close();
    const grown = cursor.space.buffer.length > cursor.space.chunk;
    if (!grown && this.#spare.length < SPARE_SPACES) this.#spare.push(cursor.space);
    const last = file.lastTimeUs;
    if (last === undefined) return;
    if (last > this.#latestUs) {
      this.#latestUs = last;
      this.#latestPath = file.path;
    }
    this.#overlap(file, last);
  }

  /** A file that ends while others, which began before its end, go on. */
  #overlap(file: SequenceFile, last: number): void {
    let count = 0;
    let example = '';
    let from = Number.POSITIVE_INFINITY;
    for (const { file: other } of this.#active) {
      const first = other.firstTimeUs;
      if (first === undefined || first >= last) continue;
      count++;
      if (first < from) {
        from = first;
        example = other.path;
      }
    }
    if (count === 0) return;
    from = Math.max(from, file.firstTimeUs ?? from);
    const others = count === 1 ? example : `${example} and ${count - 1} more files`;
    this.#options.report({
      kind: 'overlap',
      severity: 'note',
      path: file.path,
      message: `${file.path}: overlaps ${others} from ${formatTime(from)} for ${formatSpan(last - from)}; merged by time`,
    });
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#deadline = performance.now() + TURN_MS;
        resolve();
      });
    });
  }
}

function firstOf(file: SequenceFile): number {
  return file.firstTimeUs ?? Number.NEGATIVE_INFINITY;
}

function before(a: Cursor, b: Cursor): boolean {
  if (a.headUs !== b.headUs) return a.headUs < b.headUs;
  if (a.headNanos !== b.headNanos) return a.headNanos < b.headNanos;
  return a.file.number < b.file.number;
}
