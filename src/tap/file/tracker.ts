import type { Transaction } from '../../event/index.ts';
import type { Direction, FileSink, FileStart } from '../protocol/parser.ts';
import { Digest, HASHES, type HashName } from './digest.ts';
import { fileIdentifier } from './identifier.ts';
import { SNIFF_BYTES, sniffMime } from './mime.ts';
import { type FileState, FileTransaction } from './transaction.ts';

export interface FileTrackerOptions {
  /** Digests to make of each file; all three unless said otherwise. */
  readonly hashes?: readonly HashName[] | undefined;
  /** Files whose content is looked at and hashed at the same time; of further ones only the size is counted. */
  readonly openFiles?: number | undefined;
  /** 32 bits that tell the identifiers of different runs apart. */
  readonly seed?: number | undefined;
}

/** The flow a file was found in: where its record goes, and the time. A parser's context is one. */
export interface FileOwner {
  readonly timeUs: number;
  emit(transaction: Transaction, direction?: Direction): void;
}

const OPEN_FILES = 20000;

/** Follows the files of all flows of a run: type, size, digests; emits a record when one ends. */
export class FileTracker {
  /** Files that were open at the same time at most and files that came when there were too many. */
  readonly counters = { opened: 0, uninspected: 0 };
  private readonly hashes: readonly HashName[];
  private readonly openFiles: number;
  private readonly seed: number;
  private open_ = 0;

  constructor(options: FileTrackerOptions = {}) {
    this.hashes = options.hashes ?? HASHES;
    this.openFiles = options.openFiles ?? OPEN_FILES;
    this.seed = options.seed ?? 0;
  }

  /** Starts a file. Its record is emitted to `owner` when the sink is closed. */
  open(owner: FileOwner, start: FileStart): FileSink {
    const inspected = this.open_ < this.openFiles;
    if (inspected) this.open_++;
    else this.counters.uninspected++;
    const number = this.counters.opened++;
    return new TrackedFile(this, owner, start, number, inspected ? this.hashes : undefined);
  }

  /** The n-th identifier of this run. */
  identifier(number: number): string {
    return fileIdentifier(number, this.seed);
  }

  /** One inspected file less. */
  release(): void {
    this.open_--;
  }
}

class TrackedFile implements FileSink {
  filename: string | undefined;
  private readonly tracker: FileTracker;
  private readonly owner: FileOwner;
  private readonly start: FileStart;
  private readonly number: number;
  private readonly inspected: boolean;
  private readonly hashes: readonly HashName[];
  private digest: Digest | undefined;
  private head: Buffer | undefined;
  private headLength = 0;
  private type: string | undefined;
  private typed = false;
  private seen = 0;
  private missing = 0;
  private unread = 0;
  private firstUs = -1;
  private lastUs = -1;
  private closed = false;

  constructor(
    tracker: FileTracker,
    owner: FileOwner,
    start: FileStart,
    number: number,
    hashes: readonly HashName[] | undefined,
  ) {
    this.tracker = tracker;
    this.owner = owner;
    this.start = start;
    this.number = number;
    this.filename = start.filename;
    this.inspected = hashes !== undefined;
    this.hashes = hashes ?? [];
  }

  get id(): string {
    return this.tracker.identifier(this.number);
  }

  get size(): number {
    return this.seen + this.missing + this.unread;
  }

  get mime(): string | undefined {
    if (!this.typed && this.head !== undefined) return sniffMime(this.head, 0, this.headLength);
    return this.type;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    if (this.closed || end <= start) return;
    this.touch();
    if (this.inspected) {
      if (!this.typed) this.look(bytes, start, end);
      // What follows a hole cannot be part of a digest of the file.
      if (this.missing === 0 && this.unread === 0 && this.hashes.length > 0) {
        this.digest ??= new Digest(this.hashes);
        this.digest.update(bytes, start, end);
      }
    }
    this.seen += end - start;
  }

  gap(length: number): void {
    if (this.closed || length <= 0) return;
    this.touch();
    this.missing += length;
    this.settleType();
  }

  skipped(length: number): void {
    if (this.closed || length <= 0) return;
    this.touch();
    this.unread += length;
    this.settleType();
  }

  close(complete: boolean): void {
    if (this.closed) return;
    this.closed = true;
    this.settleType();
    if (this.inspected) this.tracker.release();
    const whole = this.missing === 0 && this.unread === 0;
    const state: FileState = complete && whole ? 'CLOSED' : 'TRUNCATED';
    const { digest } = this;
    const seen = this.seen;
    this.owner.emit(
      new FileTransaction({
        id: this.id,
        start: this.start,
        filename: this.filename,
        mime: this.type,
        state,
        seen,
        missing: this.missing,
        skipped: this.unread,
        firstUs: this.firstUs < 0 ? this.owner.timeUs : this.firstUs,
        lastUs: this.lastUs < 0 ? this.owner.timeUs : this.lastUs,
        digests: whole && digest !== undefined ? () => digest.digests() : undefined,
      }),
      this.start.direction,
    );
  }

  private touch(): void {
    const now = this.owner.timeUs;
    if (this.firstUs < 0) this.firstUs = now;
    this.lastUs = now;
  }

  /** Keeps the first bytes until there are enough to tell the type. */
  private look(bytes: Uint8Array, start: number, end: number): void {
    if (this.seen === 0 && end - start >= SNIFF_BYTES) {
      this.type = sniffMime(bytes, start, end);
      this.typed = true;
      return;
    }
    const length = Math.min(end - start, SNIFF_BYTES - this.headLength);
    const need = this.headLength + length;
    if (this.head === undefined || this.head.length < need) {
      const larger = Buffer.allocUnsafe(this.head === undefined ? need : SNIFF_BYTES);
      this.head?.copy(larger, 0, 0, this.headLength);
      this.head = larger;
    }
    this.head.set(bytes.subarray(start, start + length), this.headLength);
    this.headLength = need;
    if (need === SNIFF_BYTES) this.settleType();
  }

  private settleType(): void {
    if (this.typed) return;
    this.typed = true;
    if (this.head !== undefined) this.type = sniffMime(this.head, 0, this.headLength);
    this.head = undefined;
  }
}
