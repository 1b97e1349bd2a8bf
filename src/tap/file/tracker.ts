import type { Transaction } from '../../event/index.ts';
import type { Direction, FileSink, FileStart } from '../protocol/parser.ts';
import { Digest, type Digests, HASHES, type HashName } from './digest.ts';
import { fileIdentifier } from './identifier.ts';
import { SNIFF_BYTES, sniffMime } from './mime.ts';
import { RangeAssembler } from './ranges.ts';
import { type FileState, type FileSummary, FileTransaction } from './transaction.ts';
import { type ObjectPart, WholeFile } from './whole.ts';

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
  /** Files that were opened, and of these the ones that came when there were too many to look at. */
  readonly counters = { opened: 0, uninspected: 0 };
  private readonly hashes: readonly HashName[];
  private readonly openFiles: number;
  private readonly seed: number;
  private readonly ranges = new RangeAssembler<ObjectPart>();
  private inspecting = 0;

  constructor(options: FileTrackerOptions = {}) {
    this.hashes = options.hashes ?? HASHES;
    this.openFiles = options.openFiles ?? OPEN_FILES;
    this.seed = options.seed ?? 0;
  }

  /** Starts a file. Its record is emitted to `owner` when the sink is closed. */
  open(owner: FileOwner, start: FileStart): FileSink {
    const inspected = this.inspecting < this.openFiles;
    if (inspected) this.inspecting++;
    else this.counters.uninspected++;
    const number = this.counters.opened++;
    return new TrackedFile(this, owner, start, number, inspected ? this.hashes : undefined);
  }

  /** Content of a part of an object, `done` bytes behind the part's beginning. */
  part(part: ObjectPart, done: number, bytes: Uint8Array, start: number, end: number): void {
    const { object, range, expectedBytes: size } = part.start;
    if (object === undefined || range === undefined || size === undefined) return;
    // A part that is everything needs nothing to be put together.
    if (range.start === 0 && range.end >= size - 1) return;
    const { timeUs } = part.owner;
    this.ranges.data(object, size, range.start + done, bytes, start, end, timeUs, part, () => {
      return new WholeFile(this.identifier(this.counters.opened++), this.hashes);
    });
  }

  /** The n-th identifier of this run. */
  identifier(number: number): string {
    return fileIdentifier(number, this.seed);
  }

  /** One inspected file less. */
  release(): void {
    this.inspecting--;
  }
}

/** A file under way, and what its record reads once it is closed. */
class TrackedFile implements FileSink, FileSummary, ObjectPart {
  filename: string | undefined;
  readonly start: FileStart;
  seen = 0;
  missing = 0;
  passed = 0;
  firstUs = -1;
  lastUs = -1;
  state: FileState = 'UNKNOWN';
  private readonly tracker: FileTracker;
  readonly owner: FileOwner;
  private readonly number: number;
  /** Undefined where the content is not looked at. */
  private readonly digest: Digest | undefined;
  private readonly hashes: readonly HashName[];
  private type: string | undefined;
  private typed = false;
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
    this.hashes = hashes ?? [];
    this.digest = hashes === undefined ? undefined : new Digest(hashes);
  }

  get id(): string {
    return this.tracker.identifier(this.number);
  }

  get size(): number {
    return this.seen + this.missing + this.passed;
  }

  get unread(): number {
    return this.passed;
  }

  get mime(): string | undefined {
    const beginning = this.digest?.beginning;
    if (this.typed || beginning === undefined) return this.type;
    const type = sniffMime(beginning, 0, Math.min(SNIFF_BYTES, this.digest?.gathered ?? 0));
    if (this.closed) {
      this.typed = true;
      this.type = type;
    }
    return type;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    if (this.closed || end <= start) return;
    this.touch();
    const { digest } = this;
    if (digest !== undefined && this.passed === 0) {
      if (!this.typed) {
        if (this.seen === 0 && end - start >= SNIFF_BYTES) {
          this.type = sniffMime(bytes, start, Math.min(end, start + SNIFF_BYTES));
          this.typed = true;
        } else if (digest.gathered >= SNIFF_BYTES || digest.overflows(end - start)) this.settleType();
      }
      if (this.hashes.length > 0 || !this.typed) digest.update(bytes, start, end);
    }
    if (this.start.object !== undefined && digest !== undefined && this.missing + this.passed === 0)
      this.tracker.part(this, this.seen, bytes, start, end);
    this.seen += end - start;
  }

  gap(length: number): void {
    if (this.closed || length <= 0) return;
    this.touch();
    this.settleType();
    this.missing += length;
  }

  skipped(length: number): void {
    if (this.closed || length <= 0) return;
    this.touch();
    this.settleType();
    this.passed += length;
  }

  close(complete: boolean): void {
    if (this.closed) return;
    this.closed = true;
    if (this.firstUs < 0) this.touch();
    if (this.digest !== undefined) this.tracker.release();
    const whole = this.missing === 0 && this.passed === 0;
    this.state = complete && whole ? 'CLOSED' : 'TRUNCATED';
    this.owner.emit(new FileTransaction(this), this.start.direction);
  }

  /** As Suricata: of a truncated file only SHA-256, of the bytes that were seen. */
  digests(): Digests | undefined {
    if (this.digest === undefined || this.passed > 0 || this.seen === 0) return undefined;
    // The type is told from what the digests use up.
    this.settleType();
    if (this.state === 'CLOSED') return this.digest.digests();
    return this.digest.digests(this.hashes.filter((name) => name === 'sha256'));
  }

  private touch(): void {
    const now = this.owner.timeUs;
    if (this.firstUs < 0) this.firstUs = now;
    this.lastUs = now;
  }

  private settleType(): void {
    if (this.typed) return;
    this.type = this.mime;
    this.typed = true;
  }
}
