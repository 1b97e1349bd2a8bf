/**
 * Netlink messages as bytes (RFC 3549, linux/netlink.h): a header of 16 bytes in this machine's byte order, then
 * attributes of length, type and value, each aligned to 4 bytes. What nfnetlink carries inside is big-endian.
 */
import { endianness } from 'node:os';

const LITTLE = endianness() === 'LE';
const HEADER = 16;
/** The header of nfnetlink behind it: family, version, resource. */
const NFNETLINK = 4;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;

/** Flags of a request (NLM_F_). */
export const FLAG = { request: 1, ack: 4, dump: 0x300, exclusive: 0x200, create: 0x400 } as const;
/** Subsystems of nfnetlink; a message's type has them in its upper byte. */
export const SUBSYSTEM = { conntrack: 1, nftables: 10 } as const;
/** The family of tables for IPv4 and IPv6 (NFPROTO_INET). */
export const INET = 1;
/** Bytes that one nested attribute can hold, for its length is of 16 bits. */
export const MOST_NESTED = 0xffff - 4;

/** Writes messages one behind the other into a buffer that grows. */
export class MessageWriter {
  private bytes = new Uint8Array(4096);
  private view = new DataView(this.bytes.buffer);
  private used = 0;
  private start = 0;
  private messages = 0;

  /** Messages written so far. */
  get count(): number {
    return this.messages;
  }

  /** Where the next byte goes. */
  get length(): number {
    return this.used;
  }

  /** Begins a message of nfnetlink; `type` with its subsystem. Call {@link end} behind its attributes. */
  begin(type: number, flags: number, family: number, resource = 0): void {
    this.reserve(HEADER + NFNETLINK);
    this.start = this.used;
    this.messages++;
    const { view, used } = this;
    view.setUint32(used, 0, LITTLE);
    view.setUint16(used + 4, type, LITTLE);
    view.setUint16(used + 6, flags | FLAG.request, LITTLE);
    view.setUint32(used + 8, 0, LITTLE);
    view.setUint32(used + 12, 0, LITTLE);
    view.setUint8(used + 16, family);
    view.setUint8(used + 17, 0);
    view.setUint16(used + 18, resource);
    this.used += HEADER + NFNETLINK;
  }

  /** Ends the message that was begun last. */
  end(): void {
    this.view.setUint32(this.start, this.used - this.start, LITTLE);
  }

  /** Opens an attribute that holds others; returns what {@link close} takes. */
  open(type: number): number {
    this.reserve(4);
    const at = this.used;
    this.view.setUint16(at + 2, type | NESTED, LITTLE);
    this.used += 4;
    return at;
  }

  /** Closes an attribute. Throws a `RangeError` when it has become longer than its length can tell. */
  close(at: number): void {
    const length = this.used - at;
    if (length > 0xffff) throw new RangeError(`an attribute of ${length} bytes does not fit in 65535`);
    this.view.setUint16(at, length, LITTLE);
  }

  /** Text, ended by a zero byte. */
  text(type: number, value: string): void {
    this.raw(type, Buffer.from(`${value}\0`, 'latin1'));
  }

  /** A whole number of 32 bits. */
  u32(type: number, value: number): void {
    const at = this.attribute(type, 4);
    this.view.setUint32(at, value);
  }

  /** The same in this machine's byte order. */
  hostU32(type: number, value: number): void {
    const at = this.attribute(type, 4);
    this.view.setUint32(at, value, LITTLE);
  }

  /** A whole number of 64 bits, below 2^53. */
  u64(type: number, value: number): void {
    const at = this.attribute(type, 8);
    this.view.setUint32(at, Math.floor(value / 0x1_0000_0000));
    this.view.setUint32(at + 4, value >>> 0);
  }

  /** An address: one word (IPv4) or four (IPv6). */
  address(type: number, version: 4 | 6, words: readonly number[]): void {
    const count = version === 4 ? 1 : 4;
    const at = this.attribute(type, count * 4);
    for (let i = 0; i < count; i++) this.view.setInt32(at + i * 4, words[i] as number);
  }

  /** Bytes as they are. */
  raw(type: number, value: Uint8Array): void {
    const at = this.attribute(type, value.length);
    this.bytes.set(value, at);
  }

  /** All messages. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.used);
  }

  /** Header of an attribute and room for its value, padded with zeros; returns where the value goes. */
  private attribute(type: number, length: number): number {
    const whole = (4 + length + 3) & ~3;
    this.reserve(whole);
    const at = this.used;
    this.view.setUint16(at, 4 + length, LITTLE);
    this.view.setUint16(at + 2, type, LITTLE);
    this.bytes.fill(0, at + 4 + length, at + whole);
    this.used += whole;
    return at + 4;
  }

  private reserve(length: number): void {
    if (this.used + length <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.used + length));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Attributes or messages, one after the other, without objects for each. */
export class MessageReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** Of the attribute or message that {@link next} came to; a message's with its subsystem. */
  type = 0;
  /** Where its value lies; of a message, behind the header of nfnetlink. */
  from = 0;
  to = 0;
  private at = 0;
  private limit = 0;
  private messages = false;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Goes over all messages from now on. */
  overMessages(): this {
    return this.over(0, this.bytes.length, true);
  }

  /** Goes over the attributes that lie from `from` to `to` from now on. */
  overAttributes(from: number, to: number): this {
    return this.over(from, to, false);
  }

  /** The next one; false at the end, or where what follows is not whole. */
  next(): boolean {
    const head = this.messages ? HEADER + NFNETLINK : 4;
    if (this.limit - this.at < head) return false;
    const length = this.messages
      ? this.view.getUint32(this.at, LITTLE)
      : this.view.getUint16(this.at, LITTLE);
    if (length < head || length > this.limit - this.at) return false;
    const type = this.view.getUint16(this.at + (this.messages ? 4 : 2), LITTLE);
    this.type = this.messages ? type : type & TYPE_MASK;
    this.from = this.at + head;
    this.to = this.at + length;
    this.at = Math.min(this.limit, this.at + ((length + 3) & ~3));
    return true;
  }

  /** Big-endian number of the value's first 4 bytes; 0 where it is shorter. */
  u32(): number {
    return this.to - this.from < 4 ? 0 : this.view.getUint32(this.from);
  }

  /** Big-endian number of the value's first 8 bytes; 0 where it is shorter. */
  u64(): number {
    if (this.to - this.from < 8) return 0;
    return this.view.getUint32(this.from) * 0x1_0000_0000 + this.view.getUint32(this.from + 4);
  }

  private over(from: number, to: number, messages: boolean): this {
    this.at = from;
    this.limit = to;
    this.messages = messages;
    return this;
  }
}
