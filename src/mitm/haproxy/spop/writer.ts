import {
  BOOL_TRUE,
  DATA_BOOL,
  DATA_STRING,
  DATA_UINT32,
  FLAG_FIN,
  FRAME_ACK,
  FRAME_AGENT_DISCONNECT,
  FRAME_AGENT_HELLO,
  LENGTH_BYTES,
} from './protocol.ts';

/** A variable that HAProxy sets, without the prefix that it puts before its name. */
export type Variable = readonly [name: string, value: string | number | boolean];

const ACTION_SET_VAR = 1;
const SET_VAR_ARGUMENTS = 3;
const SCOPE_TRANSACTION = 2;
/** Bytes of type, flags and two identifiers of 64 bits, after the length. */
const HEAD_BYTES = 5 + 10 + 10;

/** Bytes of a number of variable length. */
function varintLength(value: number): number {
  if (value < 240) return 1;
  let bytes = 2;
  for (let rest = Math.floor((value - 240) / 16); rest >= 128; rest = Math.floor((rest - 128) / 128)) bytes++;
  return bytes;
}

/**
 * Writes frames of an agent, one after another, into one buffer: what has gathered is taken with
 * {@link FrameWriter.take} and sent in one piece (HAProxy 3.2 resets connections whose AGENT-HELLO comes in several).
 */
export class FrameWriter {
  private buffer = Buffer.allocUnsafeSlow(8192);
  private start = 0;
  private end = 0;

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.end - this.start;
  }

  /** What was written since it was last taken; it is not written to again. */
  take(): Buffer {
    const bytes = this.buffer.subarray(this.start, this.end);
    this.start = this.end;
    return bytes;
  }

  /** AGENT-HELLO (3.2.5). */
  hello(maxFrameSize: number, capabilities: string): void {
    const from = this.open(FRAME_AGENT_HELLO, 0, 0, 128 + capabilities.length);
    this.string('version');
    this.typedString('2.0');
    this.string('max-frame-size');
    this.typedNumber(maxFrameSize);
    this.string('capabilities');
    this.typedString(capabilities);
    this.close(from);
  }

  /** AGENT-DISCONNECT (3.2.9). */
  disconnect(status: number, message: string): void {
    const text = message.slice(0, 160);
    const from = this.open(FRAME_AGENT_DISCONNECT, 0, 0, 64 + Buffer.byteLength(text));
    this.string('status-code');
    this.typedNumber(status);
    this.string('message');
    this.typedString(text);
    this.close(from);
  }

  /**
   * ACK (3.2.7) that sets variables of the transaction, in their order. Those that would make the frame longer than
   * `maxFrameSize` are left out: the first ones are what matters. Returns how many were left out.
   */
  ack(streamId: number, frameId: number, variables: readonly Variable[], maxFrameSize: number): number {
    const from = this.open(FRAME_ACK, streamId, frameId, maxAckBytes(variables));
    let left = 0;
    for (const [name, value] of variables) {
      const before = this.end;
      this.buffer[this.end++] = ACTION_SET_VAR;
      this.buffer[this.end++] = SET_VAR_ARGUMENTS;
      this.buffer[this.end++] = SCOPE_TRANSACTION;
      this.string(name);
      if (typeof value === 'string') this.typedString(value);
      else if (typeof value === 'number') this.typedNumber(value);
      else this.buffer[this.end++] = value ? DATA_BOOL | BOOL_TRUE : DATA_BOOL;
      if (this.end - from - LENGTH_BYTES <= maxFrameSize) continue;
      this.end = before;
      left++;
    }
    this.close(from);
    return left;
  }

  private open(type: number, streamId: number, frameId: number, payloadBytes: number): number {
    this.reserve(LENGTH_BYTES + HEAD_BYTES + payloadBytes);
    const from = this.end;
    this.buffer[from + 4] = type;
    this.buffer[from + 5] = 0;
    this.buffer[from + 6] = 0;
    this.buffer[from + 7] = 0;
    this.buffer[from + 8] = FLAG_FIN;
    this.end = from + 9;
    this.varint(streamId);
    this.varint(frameId);
    return from;
  }

  private close(from: number): void {
    this.buffer.writeUInt32BE(this.end - from - LENGTH_BYTES, from);
  }

  private reserve(bytes: number): void {
    if (this.buffer.length - this.end >= bytes) return;
    const waiting = this.length;
    const larger = Buffer.allocUnsafeSlow(Math.max(8192, 2 * (waiting + bytes)));
    this.buffer.copy(larger, 0, this.start, this.end);
    this.buffer = larger;
    this.start = 0;
    this.end = waiting;
  }

  private varint(value: number): void {
    if (value < 240) {
      this.buffer[this.end++] = value;
      return;
    }
    this.buffer[this.end++] = 0xf0 | (value % 16);
    let rest = Math.floor((value - 240) / 16);
    while (rest >= 128) {
      this.buffer[this.end++] = 0x80 | (rest % 128);
      rest = Math.floor((rest - 128) / 128);
    }
    this.buffer[this.end++] = rest;
  }

  private string(text: string): void {
    const bytes = Buffer.byteLength(text);
    this.varint(bytes);
    this.end += this.buffer.write(text, this.end, bytes, 'utf8');
  }

  private typedString(text: string): void {
    this.buffer[this.end++] = DATA_STRING;
    this.string(text);
  }

  private typedNumber(value: number): void {
    this.buffer[this.end++] = DATA_UINT32;
    this.varint(value);
  }
}

/** Room that the actions may need: their heads, names and values, each with its length. */
function maxAckBytes(variables: readonly Variable[]): number {
  let bytes = 0;
  for (const [name, value] of variables) {
    bytes +=
      8 + name.length + (typeof value === 'string' ? varintLength(3 * value.length) + 3 * value.length : 10);
  }
  return bytes;
}
