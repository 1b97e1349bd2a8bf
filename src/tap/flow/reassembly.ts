import { laterWins, type OverlapPolicy } from './overlap.ts';

/** Bounds and policy of reassembly. */
export interface ReassemblyOptions {
  readonly policy: OverlapPolicy;
  /** Bytes that one direction may hold out of order. */
  readonly streamBytes: number;
  /** Bytes that all streams together may hold. */
  readonly totalBytes: number;
  /** Bytes of each direction that are passed on; absent: all. */
  readonly depthBytes?: number | undefined;
}

/** What all streams of an engine share: the bound on memory and the counters. */
export class ReassemblyPool {
  readonly options: ReassemblyOptions;
  /** Bytes held out of order now, and the most that were. */
  held = 0;
  peak = 0;
  /** Holes given up because a bound was reached. */
  overruns = 0;
  /** Overlaps whose bytes differed from what was held. */
  conflicts = 0;

  constructor(options: ReassemblyOptions) {
    this.options = options;
  }
}

/** Takes one direction's bytes in order. */
export interface StreamConsumer {
  /** Bytes `[start, end)`, valid during the call; `origin` is where `bytes[start]` lies in the captures, or -1. */
  inOrder(bytes: Uint8Array, start: number, end: number, direction: 0 | 1, origin: number): void;
  /** Bytes that never came. */
  missing(length: number, direction: 0 | 1): void;
  /** Two segments claimed the same bytes with different content. */
  conflict(direction: 0 | 1): void;
  /** As many bytes as are wanted have been passed on; what follows is not. */
  exhausted(direction: 0 | 1): void;
}

/** A piece held until what is in front of it comes; positions are relative to the stream's next byte. */
interface Held {
  /** Sequence number of the first byte. */
  seq: number;
  bytes: Uint8Array;
  /** Where its first byte lies in the captures; -1 where it does not lie there in one piece. */
  origin: number;
}

/** Distance in front of the next byte beyond which a segment is not believed to belong to the stream. */
const WINDOW = 1 << 26;

/** What streams hold that have always been in order: never changed. */
const NOTHING_HELD: Held[] = [];

/** One direction of a TCP connection: puts segments in order. In order and alone, a segment is passed on uncopied. */
export class StreamReassembler {
  private readonly pool: ReassemblyPool;
  private readonly consumer: StreamConsumer;
  private readonly direction: 0 | 1;
  /** Sequence number of the next byte to pass on. */
  private next = 0;
  private started = false;
  /** Nothing is wanted of the stream any more: what still comes is not held. */
  private dropped = false;
  /** Bytes that may still be passed on. */
  private left: number;
  /** Out of order, sorted, without overlap. */
  private held: Held[] = NOTHING_HELD;
  private heldBytes = 0;

  constructor(pool: ReassemblyPool, consumer: StreamConsumer, direction: 0 | 1) {
    this.pool = pool;
    this.consumer = consumer;
    this.direction = direction;
    this.left = pool.options.depthBytes ?? Number.MAX_SAFE_INTEGER;
  }

  /** Sets the sequence number of the first payload byte; ignored once bytes have been passed on. */
  begin(seq: number): void {
    if (this.started) return;
    this.started = true;
    this.next = seq | 0;
  }

  /** True once the first byte's number is known. */
  get begun(): boolean {
    return this.started;
  }

  /** Sequence number behind the last byte that was passed on. */
  get position(): number {
    return this.next;
  }

  /** True when bytes wait for a hole to be filled. */
  get waiting(): boolean {
    return this.held.length > 0;
  }

  /**
   * Bytes `[start, end)` that begin at sequence number `seq`; `origin` is where they lie in the captures (see
   * payload-map.ts), -1 where that is unknown. The stream is begun here when it was not.
   */
  segment(seq: number, bytes: Uint8Array, start: number, end: number, origin = -1): void {
    if (this.dropped) return;
    this.begin(seq);
    let from = start;
    const ahead = (seq - this.next) | 0;
    if (ahead > WINDOW || ahead < -WINDOW) return;
    if (ahead < 0) from -= ahead;
    if (from >= end) return;
    if (ahead <= 0 && this.held.length === 0) {
      this.next = (this.next + (end - from)) | 0;
      this.pass(bytes, from, end, origin < 0 ? -1 : origin + (from - start));
      return;
    }
    this.hold((seq + (from - start)) | 0, bytes.slice(from, end), origin < 0 ? -1 : origin + (from - start));
    this.drain();
    while (this.held.length > 0 && this.overBound()) {
      this.pool.overruns++;
      this.jump();
    }
  }

  /** The other side has acknowledged everything up to `ack`: what is missing below it will not come. */
  acknowledged(ack: number): void {
    if (!this.started || this.dropped) return;
    const behind = (ack - this.next) | 0;
    if (behind <= 0 || behind > WINDOW) return;
    for (;;) {
      const missing = (ack - this.next) | 0;
      if (missing <= 0) return;
      const first = this.held[0];
      const toFirst = first === undefined ? missing : (first.seq - this.next) | 0;
      this.skipAhead(Math.min(missing, toFirst));
      this.drain();
    }
  }

  /** Passes on what is held, each hole as missing; `end` is the number behind the last byte, if it is known. */
  finish(end?: number): void {
    while (this.held.length > 0) this.jump();
    if (end === undefined || !this.started) return;
    const missing = (end - this.next) | 0;
    if (missing > 0 && missing <= WINDOW) this.skipAhead(missing);
  }

  /** Lets go of what is held without passing it on, and takes no more. */
  drop(): void {
    this.dropped = true;
    this.pool.held -= this.heldBytes;
    this.heldBytes = 0;
    this.held = NOTHING_HELD;
  }

  private pass(bytes: Uint8Array, start: number, end: number, origin: number): void {
    if (this.dropped) return;
    const left = this.left;
    if (end - start <= left) {
      this.left = left - (end - start);
      this.consumer.inOrder(bytes, start, end, this.direction, origin);
      return;
    }
    this.left = 0;
    if (left > 0) this.consumer.inOrder(bytes, start, start + left, this.direction, origin);
    this.dropped = true;
    this.consumer.exhausted(this.direction);
  }

  private overBound(): boolean {
    const { options } = this.pool;
    return this.heldBytes > options.streamBytes || this.pool.held > options.totalBytes;
  }

  private jump(): void {
    const first = this.held[0];
    if (first === undefined) return;
    this.skipAhead((first.seq - this.next) | 0);
    this.drain();
  }

  private skipAhead(length: number): void {
    if (length <= 0) return;
    this.next = (this.next + length) | 0;
    this.consumer.missing(length, this.direction);
  }

  private drain(): void {
    let taken = 0;
    while (taken < this.held.length) {
      const piece = this.held[taken]!;
      if (((piece.seq - this.next) | 0) > 0) break;
      taken++;
      const skip = (this.next - piece.seq) | 0;
      this.forget(piece.bytes.length);
      if (skip >= piece.bytes.length) continue;
      this.next = (piece.seq + piece.bytes.length) | 0;
      const origin = piece.origin < 0 ? -1 : piece.origin + skip;
      this.pass(piece.bytes, skip, piece.bytes.length, origin);
    }
    if (taken > 0) this.held.splice(0, taken);
  }

  private forget(length: number): void {
    this.heldBytes -= length;
    this.pool.held -= length;
  }

  private remember(length: number): void {
    this.heldBytes += length;
    this.pool.held += length;
    if (this.pool.held > this.pool.peak) this.pool.peak = this.pool.held;
  }

  /** Puts a piece among those held; where it overlaps them the policy decides byte range by byte range. */
  private hold(seq: number, bytes: Uint8Array, source: number): void {
    const origin = this.next;
    const start = (seq - origin) | 0;
    const end = start + bytes.length;
    if (this.held === NOTHING_HELD) this.held = [];
    let at = this.lowerBound(start);
    let from = start;
    const { policy } = this.pool.options;
    while (from < end) {
      const piece = this.held[at];
      const pieceStart = piece === undefined ? end : (piece.seq - origin) | 0;
      if (from < pieceStart) {
        const to = Math.min(end, pieceStart);
        this.held.splice(at, 0, {
          seq: (origin + from) | 0,
          bytes: bytes.subarray(from - start, to - start),
          origin: source < 0 ? -1 : source + (from - start),
        });
        this.remember(to - from);
        at++;
        from = to;
        continue;
      }
      if (piece === undefined) return;
      const pieceEnd = pieceStart + piece.bytes.length;
      const to = Math.min(end, pieceEnd);
      if (to > from) {
        this.resolve(
          piece,
          pieceStart,
          bytes,
          start,
          from,
          to,
          laterWins(policy, pieceStart, pieceEnd, start, end),
        );
        from = to;
      }
      at++;
    }
  }

  private resolve(
    piece: Held,
    pieceStart: number,
    bytes: Uint8Array,
    start: number,
    from: number,
    to: number,
    replace: boolean,
  ): void {
    let differs = false;
    for (let i = from; i < to; i++) {
      if (piece.bytes[i - pieceStart] !== bytes[i - start]) {
        differs = true;
        break;
      }
    }
    if (!differs) return;
    this.pool.conflicts++;
    this.consumer.conflict(this.direction);
    if (!replace) return;
    piece.bytes.set(bytes.subarray(from - start, to - start), from - pieceStart);
    // A piece of two segments lies in no one place of the captures.
    piece.origin = -1;
  }

  /** Index of the first piece that ends behind `start`. */
  private lowerBound(start: number): number {
    let low = 0;
    let high = this.held.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const piece = this.held[middle]!;
      if (((piece.seq - this.next) | 0) + piece.bytes.length <= start) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
