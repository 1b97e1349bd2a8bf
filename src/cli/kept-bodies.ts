import { type FileOwner, FileTracker } from '../tap/file/index.ts';
import type { FileSink, FileStart } from '../tap/protocol/parser.ts';

/** Bytes that are kept of all bodies together. */
const MOST_BYTES = 4 << 20;
/** Bodies that are kept at the same time. */
const MOST_BODIES = 2000;

/** The content of a body, decoded. */
export interface KeptBody {
  readonly fromClient: boolean;
  readonly name: string;
  /** By its first bytes; empty where they tell nothing. */
  readonly type: string;
  /** Bytes that it has, and the first of them. */
  readonly length: number;
  readonly bytes: Buffer;
}

/** Follows files as the engine wants it, and keeps the beginning of each until it is asked for. */
export class BodyKeeper extends FileTracker {
  private readonly bodies = new Map<string, KeptFile>();
  private readonly mostOfOne: number;
  private held = 0;

  /** `mostOfOne`: bytes that are kept of a body. */
  constructor(mostOfOne: number) {
    super({ hashes: [] });
    this.mostOfOne = mostOfOne;
  }

  override open(owner: FileOwner, start: FileStart): FileSink {
    const kept = new KeptFile(super.open(owner, start), start, (wanted, already) =>
      this.room(wanted, already),
    );
    if (this.bodies.size < MOST_BODIES) this.bodies.set(kept.id, kept);
    return kept;
  }

  /** Hands over what was kept of these files: it is not held any longer. */
  take(identifiers: readonly string[]): readonly KeptBody[] {
    return identifiers.flatMap((id) => {
      const body = this.bodies.get(id);
      if (body === undefined) return [];
      this.bodies.delete(id);
      this.held -= body.bytes.length;
      return [body];
    });
  }

  private room(wanted: number, already: number): number {
    const room = Math.max(0, Math.min(wanted, this.mostOfOne - already, MOST_BYTES - this.held));
    this.held += room;
    return room;
  }
}

/** How many bytes more of a body may be kept of which `already` are. */
type Room = (wanted: number, already: number) => number;

/** A file whose beginning is kept. */
class KeptFile implements FileSink, KeptBody {
  readonly fromClient: boolean;
  private readonly inner: FileSink;
  private readonly room: Room;
  private readonly pieces: Buffer[] = [];
  private kept = 0;

  constructor(inner: FileSink, { direction }: FileStart, room: Room) {
    this.inner = inner;
    this.fromClient = direction === 0;
    this.room = room;
  }

  get id(): string {
    return this.inner.id;
  }

  get mime(): string | undefined {
    return this.inner.mime;
  }

  get filename(): string | undefined {
    return this.inner.filename;
  }

  set filename(name: string | undefined) {
    this.inner.filename = name;
  }

  get size(): number {
    return this.inner.size;
  }

  get name(): string {
    return this.filename ?? '';
  }

  get type(): string {
    return this.mime ?? '';
  }

  get length(): number {
    return this.size;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    const room = this.room(end - start, this.kept);
    if (room > 0) this.pieces.push(Buffer.from(bytes.subarray(start, start + room)));
    this.kept += room;
    this.inner.data(bytes, start, end);
  }

  gap(length: number): void {
    this.inner.gap(length);
  }

  skipped(length: number): void {
    this.inner.skipped(length);
  }

  close(complete: boolean): void {
    this.inner.close(complete);
  }
}
