import { SpopError, STATUS } from './protocol.ts';

const FIRST_BYTES = 64 << 10;

/**
 * Joins the fragments of one payload (3.2). They follow each other on a connection: frames of another payload between
 * them break the protocol.
 */
export class PayloadJoiner {
  private readonly most: number;
  private streamId = -1;
  private frameId = -1;
  private bytes: Buffer | undefined;
  private length = 0;

  /** @param most bytes of a payload. */
  constructor(most: number) {
    this.most = most;
  }

  /** Whether a payload has begun and not ended. */
  get isOpen(): boolean {
    return this.bytes !== undefined;
  }

  /** The first fragment. Throws a {@link SpopError} where another payload is open. */
  open(streamId: number, frameId: number): void {
    if (this.bytes !== undefined) {
      throw new SpopError(STATUS.interlacedFrames, 'a NOTIFY between the fragments of another');
    }
    this.streamId = streamId;
    this.frameId = frameId;
    this.bytes = Buffer.allocUnsafe(Math.min(FIRST_BYTES, this.most));
    this.length = 0;
  }

  /** A fragment that is not the first. Throws a {@link SpopError} where it is not of the payload that is open. */
  continue(streamId: number, frameId: number): void {
    if (this.bytes === undefined) {
      throw new SpopError(STATUS.frameIdNotFound, 'a fragment of a payload that never began');
    }
    if (streamId !== this.streamId || frameId !== this.frameId) {
      throw new SpopError(STATUS.interlacedFrames, 'a fragment between those of another payload');
    }
  }

  /** Adds `[start, end)`. Throws a {@link SpopError} where the payload grows beyond its bound. */
  add(bytes: Uint8Array, start: number, end: number): void {
    const { bytes: held } = this;
    if (held === undefined) throw new Error('no payload is open');
    const needed = this.length + end - start;
    if (needed > this.most) {
      throw new SpopError(STATUS.tooBig, `a payload of more than ${this.most} bytes`);
    }
    let target = held;
    if (needed > held.length) {
      target = Buffer.allocUnsafe(Math.min(this.most, Math.max(needed, 2 * held.length)));
      target.set(held.subarray(0, this.length));
      this.bytes = target;
    }
    target.set(bytes.subarray(start, end), this.length);
    this.length = needed;
  }

  /** Ends the payload, whole or not, and returns what there is of it. */
  close(): Buffer {
    const payload = this.bytes?.subarray(0, this.length) ?? Buffer.alloc(0);
    this.bytes = undefined;
    return payload;
  }
}
