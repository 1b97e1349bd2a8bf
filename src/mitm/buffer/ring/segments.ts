import { closeSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { BufferError } from '../buffer-error.ts';
import type { PrivateFolder } from '../private-folder.ts';
import type { RingKey } from './key.ts';
import { type RecordHead, type RecordKind, recordAt, SEGMENT_HEADER_BYTES, SegmentSeal } from './seal.ts';

/** A file with records. */
export interface Segment {
  readonly sequence: number;
  readonly name: string;
  readonly seal: SegmentSeal;
  readonly createdMs: number;
  /** Bytes with its header. */
  bytes: number;
  records: number;
  /** Records of it that are still wanted. */
  live: number;
}

/** When a segment is full. */
export interface SegmentBounds {
  readonly bytes: number;
  readonly records: number;
  readonly ageMs: number;
}

/** Where a record was written. */
export interface Written {
  readonly segment: Segment;
  readonly offset: number;
  readonly bytes: number;
}

const NAME = /^segment-(\d{15})\.weir$/;
/** What is left of a file that was being put in place when a process ended. */
const TEMPORARY = /^\.(?:lock|buffer\.key)\.[0-9a-f]{16}$/;
/** No segment of ours is longer. */
const LONGEST_SEGMENT = 2 ** 31;

/** The segments of a ring in their folder. */
export class SegmentFiles {
  /** Bytes of all segments, also of those that cannot be read. */
  bytes = 0;
  damaged = 0;
  foreignSegments = 0;
  damagedSegments = 0;
  /** Files that could not be removed; they are gone at the next start, or tried again then. */
  removeFailures = 0;
  private readonly folder: PrivateFolder;
  private readonly bounds: SegmentBounds;
  private key: RingKey;
  private readonly segments = new Set<Segment>();
  /** Segments that are none of ours, or whose head was damaged: nobody knows what is in them. */
  private readonly unreadable = new Map<string, { readonly bytes: number; readonly timeMs: number }>();
  private current: { readonly segment: Segment; readonly descriptor: number } | undefined;
  private nextSequence = 1;

  constructor(folder: PrivateFolder, key: RingKey, bounds: SegmentBounds) {
    this.folder = folder;
    this.key = key;
    this.bounds = bounds;
  }

  get count(): number {
    return this.segments.size + this.unreadable.size;
  }

  all(): Iterable<Segment> {
    return this.segments;
  }

  /** Reads all segments in their order; what is damaged is counted and left out. */
  load(visit: (segment: Segment, head: RecordHead, offset: number, data: Buffer) => void): void {
    for (const name of this.folder.names().toSorted()) {
      if (TEMPORARY.test(name)) this.unlink(name);
      const digits = NAME.exec(name)?.[1];
      if (digits === undefined) continue;
      const sequence = Number(digits);
      this.nextSequence = Math.max(this.nextSequence, sequence + 1);
      this.loadSegment(name, sequence, visit);
    }
  }

  /** Adds a record. Throws the error of the system where the disk does not take it; then nothing of it is there. */
  add(kind: RecordKind, id: number, timeUs: number, data: Buffer, nowMs: number): Written {
    if (this.current !== undefined && this.isFull(this.current.segment, nowMs)) this.closeCurrent();
    const current = this.current ?? this.begin(nowMs);
    this.current = current;
    const { segment, descriptor } = current;
    const offset = segment.bytes;
    const record = segment.seal.seal(kind, id, timeUs, data);
    try {
      writeWhole(descriptor, record, offset);
    } catch (error) {
      this.cutBack(segment, descriptor);
      throw error;
    }
    segment.bytes += record.length;
    this.bytes += record.length;
    segment.records++;
    segment.live++;
    return { segment, offset, bytes: record.length };
  }

  /** The data of a record; undefined where it was altered or is gone, which is counted. */
  read(segment: Segment, offset: number, length: number): Buffer | undefined {
    const record = Buffer.alloc(length);
    try {
      const descriptor = this.folder.open(segment.name);
      try {
        readSync(descriptor, record, 0, length, offset);
      } finally {
        closeSync(descriptor);
      }
    } catch {
      this.damaged++;
      return undefined;
    }
    const data = segment.seal.open(record, 0, length);
    if (data === undefined) this.damaged++;
    return data;
  }

  /** A record is not wanted any more; the last one takes its segment with it. */
  release(segment: Segment): void {
    segment.live--;
    if (segment.live === 0 && segment !== this.current?.segment) this.remove(segment);
  }

  /** Takes away what is too old and cannot be read, and the segment that is added to if nothing of it is wanted. */
  expire(nowMs: number, ageMs: number): void {
    const { current } = this;
    if (current !== undefined && current.segment.live === 0 && current.segment.records > 0)
      this.closeCurrent();
    for (const [name, { bytes, timeMs }] of this.unreadable) {
      if (timeMs >= nowMs - ageMs) continue;
      this.unreadable.delete(name);
      this.bytes -= bytes;
      this.unlink(name);
    }
  }

  /** Makes room by removing a segment that cannot be read; false where there is none. */
  removeUnreadable(): boolean {
    for (const [name, { bytes }] of this.unreadable) {
      this.unreadable.delete(name);
      this.bytes -= bytes;
      this.unlink(name);
      return true;
    }
    return false;
  }

  removeEmpty(): void {
    for (const segment of this.segments) if (segment.live === 0) this.remove(segment);
  }

  /** Removes all segments; the next ones are sealed with another key. */
  wipe(key: RingKey): void {
    this.closeCurrent();
    for (const segment of this.segments) this.remove(segment);
    while (this.removeUnreadable());
    this.key = key;
  }

  closeCurrent(): void {
    if (this.current === undefined) return;
    const { segment, descriptor } = this.current;
    this.current = undefined;
    closeSync(descriptor);
    if (segment.live === 0) this.remove(segment);
  }

  private isFull({ bytes, records, createdMs }: Segment, nowMs: number): boolean {
    const { bounds } = this;
    return bytes >= bounds.bytes || records >= bounds.records || nowMs - createdMs >= bounds.ageMs;
  }

  private begin(nowMs: number): { readonly segment: Segment; readonly descriptor: number } {
    const sequence = this.nextSequence++;
    const name = `segment-${String(sequence).padStart(15, '0')}.weir`;
    const seal = SegmentSeal.fresh(this.key, sequence);
    const descriptor = this.folder.create(name);
    try {
      writeWhole(descriptor, seal.header, 0);
    } catch (error) {
      closeSync(descriptor);
      this.unlink(name);
      throw error;
    }
    const segment = {
      sequence,
      name,
      seal,
      createdMs: nowMs,
      bytes: SEGMENT_HEADER_BYTES,
      records: 0,
      live: 0,
    };
    this.segments.add(segment);
    this.bytes += segment.bytes;
    return { segment, descriptor };
  }

  /** What was written of a record goes; where that fails too, nothing is added behind it. */
  private cutBack(segment: Segment, descriptor: number): void {
    try {
      ftruncateSync(descriptor, segment.bytes);
    } catch {
      this.closeCurrent();
    }
  }

  private remove(segment: Segment): void {
    this.segments.delete(segment);
    this.bytes -= segment.bytes;
    this.unlink(segment.name);
  }

  private unlink(name: string): void {
    try {
      this.folder.remove(name);
    } catch {
      this.removeFailures++;
    }
  }

  private loadSegment(
    name: string,
    sequence: number,
    visit: (segment: Segment, head: RecordHead, offset: number, data: Buffer) => void,
  ): void {
    const file = this.contentOf(name);
    const seal = file === undefined ? 'damaged' : SegmentSeal.of(this.key, file.bytes, sequence);
    if (file === undefined || seal === 'damaged' || seal === 'foreign') {
      if (seal === 'foreign') this.foreignSegments++;
      else this.damagedSegments++;
      const stats = this.folder.stat(name);
      const bytes = stats?.size ?? 0;
      this.unreadable.set(name, { bytes, timeMs: stats?.mtimeMs ?? 0 });
      this.bytes += bytes;
      return;
    }
    const { bytes } = file;
    const segment: Segment = {
      sequence,
      name,
      seal,
      createdMs: file.timeMs,
      bytes: bytes.length,
      records: 0,
      live: 0,
    };
    this.segments.add(segment);
    this.bytes += bytes.length;
    for (let offset = SEGMENT_HEADER_BYTES; offset < bytes.length; ) {
      const head = recordAt(bytes, offset);
      const data = head && seal.open(bytes, offset, head.bytes);
      if (head === undefined || data === undefined) this.damaged++;
      // Without its length nobody knows where the next one begins.
      if (head === undefined) return;
      if (data !== undefined) visit(segment, head, offset, data);
      segment.records++;
      offset += head.bytes;
    }
  }

  private contentOf(name: string): { readonly bytes: Buffer; readonly timeMs: number } | undefined {
    let descriptor: number;
    try {
      descriptor = this.folder.open(name);
    } catch (error) {
      // A link, a folder, another user's: what the system says of it is no more than that.
      if (error instanceof BufferError || (error as NodeJS.ErrnoException).code !== undefined)
        return undefined;
      throw error;
    }
    try {
      const { size, mtimeMs } = fstatSync(descriptor);
      if (size > LONGEST_SEGMENT) return undefined;
      const bytes = Buffer.alloc(size);
      const length = readSync(descriptor, bytes, 0, size, 0);
      return { bytes: bytes.subarray(0, length), timeMs: mtimeMs };
    } finally {
      closeSync(descriptor);
    }
  }
}

function writeWhole(descriptor: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(descriptor, bytes, done, bytes.length - done, at + done);
  }
}
