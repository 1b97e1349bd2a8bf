import { i32, u32 } from '../../../net/index.ts';
import { LENGTH_BYTES, SpopError, STATUS, TYPE_AND_FLAGS_BYTES } from './protocol.ts';

/** The shortest frame: type, flags, two identifiers of one byte each. */
const SHORTEST = TYPE_AND_FLAGS_BYTES + 2;

/** Takes one frame: `[start, end)` of the bytes without its length. They are valid until it returns. */
export type FrameHandler = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Cuts what comes over a connection into frames. Frames that lie in one piece of it are handed on where they lie; one
 * that comes in several is put together once, in a buffer of its length.
 */
export class FrameSplitter {
  private readonly handler: FrameHandler;
  /** Bytes of the longest frame that is taken. */
  maxFrameSize: number;
  /** The first bytes of a frame: less than its length field. */
  private readonly head = Buffer.alloc(LENGTH_BYTES);
  private headBytes = 0;
  /** The frame that is being put together; undefined between frames. */
  private partial: Buffer | undefined;
  private filled = 0;

  constructor(maxFrameSize: number, handler: FrameHandler) {
    this.maxFrameSize = maxFrameSize;
    this.handler = handler;
  }

  /** Bytes that are held for frames that are not whole. */
  get held(): number {
    return this.partial?.length ?? this.headBytes;
  }

  /** True where the connection would end inside a frame. */
  get isInside(): boolean {
    return this.held > 0;
  }

  /** Takes the next piece; the handler is called for each frame that ends in it. Throws a {@link SpopError}. */
  push(piece: Uint8Array): void {
    let at = 0;
    const { length } = piece;
    while (at < length) {
      if (this.partial !== undefined) {
        at = this.fill(this.partial, piece, at);
        continue;
      }
      if (this.headBytes > 0 || length - at < LENGTH_BYTES) {
        this.head[this.headBytes++] = piece[at++] as number;
        if (this.headBytes < LENGTH_BYTES) continue;
        this.headBytes = 0;
        this.expect(this.checked(u32(this.head, 0)));
        continue;
      }
      const frame = this.checked(u32(piece, at));
      at += LENGTH_BYTES;
      if (length - at < frame) {
        this.expect(frame);
        continue;
      }
      this.handler(piece, at, at + frame);
      at += frame;
    }
  }

  private fill(partial: Buffer, piece: Uint8Array, at: number): number {
    const count = Math.min(partial.length - this.filled, piece.length - at);
    partial.set(piece.subarray(at, at + count), this.filled);
    this.filled += count;
    if (this.filled === partial.length) {
      this.partial = undefined;
      this.handler(partial, 0, partial.length);
    }
    return at + count;
  }

  private expect(length: number): void {
    this.partial = Buffer.allocUnsafe(length);
    this.filled = 0;
  }

  private checked(length: number): number {
    if (length > this.maxFrameSize) {
      throw new SpopError(
        STATUS.tooBig,
        `a frame of ${length} bytes, where ${this.maxFrameSize} are the most`,
      );
    }
    if (length < SHORTEST) throw new SpopError(STATUS.invalid, `a frame of ${length} bytes is none`);
    return length;
  }
}

/** The flags of a frame that begins at `start`. */
export function frameFlags(bytes: Uint8Array, start: number): number {
  return i32(bytes, start + 1);
}
