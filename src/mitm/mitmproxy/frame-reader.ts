import { BrokenFrame, type Frame, LEAST_LENGTH, PREFIX_BYTES } from './protocol.ts';

/** Finds frames in a stream of bytes. Holds at most one frame that has not come wholly. */
export class FrameReader {
  /** Bytes that a head may have; more is broken. */
  headLimit: number;
  /** Bytes that a body may have. */
  bodyLimit: number;
  private readonly prefix = Buffer.alloc(PREFIX_BYTES);
  /** The frame that is being put together, once its lengths are known. */
  private pending: Buffer | undefined;
  private have = 0;

  constructor(headLimit: number, bodyLimit: number) {
    this.headLimit = headLimit;
    this.bodyLimit = bodyLimit;
  }

  /**
   * Gives `take` each frame that is complete with these bytes, in order; it may throw. Throws {@link BrokenFrame} at
   * lengths that no frame has: the reader is of no use afterwards.
   */
  read(bytes: Buffer, take: (frame: Frame) => void): void {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.have === 0 && bytes.length - offset >= PREFIX_BYTES) {
        // Most frames come in one piece: they are not copied.
        const total = this.check(bytes, offset);
        if (bytes.length - offset >= total) {
          take(frameOf(bytes, offset, total));
          offset += total;
          continue;
        }
      }
      offset += this.put(bytes, offset);
      if (this.pending !== undefined && this.have === this.pending.length) {
        const whole = this.pending;
        this.pending = undefined;
        this.have = 0;
        take(frameOf(whole, 0, whole.length));
      }
    }
  }

  /** Takes what the frame that is under way lacks; how much that was. */
  private put(bytes: Buffer, offset: number): number {
    const into = this.pending ?? this.prefix;
    const count = Math.min(into.length - this.have, bytes.length - offset);
    bytes.copy(into, this.have, offset, offset + count);
    this.have += count;
    if (this.pending === undefined && this.have === PREFIX_BYTES) {
      this.pending = Buffer.allocUnsafe(this.check(this.prefix, 0));
      this.prefix.copy(this.pending);
    }
    return count;
  }

  /** Bytes of the frame that begins there. */
  private check(bytes: Buffer, offset: number): number {
    const length = bytes.readUInt32BE(offset);
    const headBytes = bytes.readUInt32BE(offset + 9);
    const bodyBytes = length - LEAST_LENGTH - headBytes;
    if (bodyBytes < 0) throw new BrokenFrame('length', 'the head is longer than its frame');
    if (headBytes > this.headLimit) throw new BrokenFrame('length', `a head of ${headBytes} bytes`);
    if (bodyBytes > this.bodyLimit) throw new BrokenFrame('length', `a body of ${bodyBytes} bytes`);
    return 4 + length;
  }
}

function frameOf(bytes: Buffer, offset: number, total: number): Frame {
  const head = offset + PREFIX_BYTES;
  const body = head + bytes.readUInt32BE(offset + 9);
  return {
    type: bytes.readUInt8(offset + 4),
    id: bytes.readUInt32BE(offset + 5),
    head: bytes.subarray(head, body),
    body: bytes.subarray(body, offset + total),
  };
}
