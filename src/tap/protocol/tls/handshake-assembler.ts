import { u8, u24 } from '../../../net/index.ts';

const HEADER = 4;

/** Takes whole handshake messages; `[start, end)` of `bytes` is the body, valid during the call only. */
export type MessageSink = (type: number, bytes: Uint8Array, start: number, end: number) => void;

/**
 * Puts handshake messages of one direction together from records: several in one record, or one over many
 * (RFC 8446 section 5.1). A message longer than the bound is passed over and counted.
 */
export class HandshakeAssembler {
  /** Messages that were longer than the bound. */
  oversized = 0;
  private readonly bound: number;
  private readonly sink: MessageSink;
  private buffer: Uint8Array | undefined;
  private held = 0;
  /** Bytes of a message that are still to be passed over. */
  private passOver = 0;

  constructor(bound: number, sink: MessageSink) {
    this.bound = bound;
    this.sink = sink;
  }

  /** True when a message has begun and is not whole. */
  get partial(): boolean {
    return this.held > 0 || this.passOver > 0;
  }

  /** The content of one record of type handshake. */
  record(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    if (this.passOver > 0) {
      const passed = Math.min(this.passOver, end - at);
      this.passOver -= passed;
      at += passed;
    }
    if (this.held > 0) at = this.complete(bytes, at, end);
    while (at < end) {
      const length = at + HEADER <= end ? u24(bytes, at + 1) : 0;
      const next = at + HEADER + length;
      if (length > this.bound) {
        this.oversized++;
        this.passOver = Math.max(0, next - end);
        at = Math.min(next, end);
        continue;
      }
      if (at + HEADER > end || next > end) {
        this.hold(bytes, at, end);
        return;
      }
      this.sink(u8(bytes, at), bytes, at + HEADER, next);
      at = next;
    }
  }

  /** Forgets what has been held. */
  reset(): void {
    this.buffer = undefined;
    this.held = 0;
    this.passOver = 0;
  }

  private complete(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.held < HEADER) this.hold(bytes, at, ++at);
    if (this.held < HEADER) return at;
    const buffer = this.buffer as Uint8Array;
    const length = u24(buffer, 1);
    if (length > this.bound) {
      this.oversized++;
      const rest = HEADER + length - this.held;
      const passed = Math.min(rest, end - at);
      this.reset();
      this.passOver = rest - passed;
      return at + passed;
    }
    const wanted = Math.min(HEADER + length - this.held, end - at);
    this.hold(bytes, at, at + wanted);
    at += wanted;
    if (this.held === HEADER + length) {
      const whole = this.buffer as Uint8Array;
      this.buffer = undefined;
      this.held = 0;
      this.sink(u8(whole, 0), whole, HEADER, HEADER + length);
    }
    return at;
  }

  private hold(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.held + end - start;
    if (this.buffer === undefined || this.buffer.length < needed) {
      const grown = new Uint8Array(Math.max(needed, 2 * (this.buffer?.length ?? 0), 512));
      if (this.buffer !== undefined) grown.set(this.buffer.subarray(0, this.held));
      this.buffer = grown;
    }
    this.buffer.set(bytes.subarray(start, end), this.held);
    this.held = needed;
  }
}
