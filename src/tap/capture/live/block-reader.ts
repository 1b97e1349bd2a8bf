import type { Batch } from '../batch.ts';
import type { Filter, FilterPacket } from '../filter/index.ts';
import { BLOCK_BYTES } from './options.ts';
import type { LiveCounter } from './statistics.ts';

/** Offsets in struct tpacket_block_desc (linux/if_packet.h), in words. */
const PACKETS_WORD = 3;
const FIRST_PACKET_WORD = 4;
/** Offsets in struct tpacket3_hdr: in words, but for those in half words. */
const NEXT_WORD = 0;
const SECONDS_WORD = 1;
const NANOSECONDS_WORD = 2;
const CAPTURED_WORD = 3;
const LENGTH_WORD = 4;
const STATUS_WORD = 5;
const FRAME_HALF = 12;
const TAG_WORD = 8;
const TAG_PROTOCOL_HALF = 18;
const HEADER_BYTES = 48;

const LOSING = 0x4;
const CHECKSUM_NOT_READY = 0x8;
const TAGGED = 0x10;
const TAG_PROTOCOL_KNOWN = 0x40;

/** Bytes of the two hardware addresses, of a tag, and of the shortest frame that can have had one. */
const ADDRESSES = 12;
const TAG = 4;
const ETHERNET_HEADER = 14;
const DOT1Q = 0x8100;

/** A frame to ask the filter about. */
class TaggedFrame implements FilterPacket {
  bytes: Uint8Array = new Uint8Array(0);
  frameStart = 0;
  frameEnd = 0;
  original = 0;
  linkType = 0;
  readonly mac = -1;
  readonly etherType = 0;
  readonly ipVersion = 0;
  readonly ipStart = 0;
}

/** How a reader of blocks is made. */
export interface BlockReaderOptions {
  readonly bytes: Uint8Array;
  readonly linkType: number;
  /** Asked about the frames that the kernel could not decide on. */
  readonly filter: Filter | undefined;
  /** True: the kernel has decided on none. */
  readonly filterAll: boolean;
  readonly counter: LiveCounter;
}

/** Tells a batch where the packets of a block lie. */
export class BlockReader {
  /** Packets of the block that are still to come. */
  left = 0;
  private at = 0;
  private end = 0;
  private readonly words: Uint32Array;
  private readonly halves: Uint16Array;
  private readonly bytes: Uint8Array;
  private readonly linkType: number;
  private readonly filter: Filter | undefined;
  private readonly filterAll: boolean;
  private readonly counter: LiveCounter;
  private readonly frame = new TaggedFrame();

  constructor(options: BlockReaderOptions) {
    const { bytes } = options;
    this.bytes = bytes;
    this.words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    this.halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
    this.linkType = options.linkType;
    this.filter = options.filter;
    this.filterAll = options.filterAll;
    this.counter = options.counter;
    this.frame.bytes = bytes;
    this.frame.linkType = options.linkType;
  }

  /** Begins a block whose bytes begin at `start`. */
  begin(start: number): void {
    this.left = this.words[(start >> 2) + PACKETS_WORD]!;
    this.at = start + this.words[(start >> 2) + FIRST_PACKET_WORD]!;
    this.end = start + BLOCK_BYTES;
    this.counter.blocks++;
  }

  /** Fills the batch with what is left of the block, as far as it has room. */
  fill(batch: Batch): void {
    const { words, halves, linkType, counter, end } = this;
    const { offset, captured, original, timeUs, nanos, linkType: linkTypes, unfinished, capacity } = batch;
    let { at, left } = this;
    let count = 0;
    let bytes = 0;
    while (left > 0 && count < capacity) {
      // The kernel lays the packets out; a header beyond the block could only be damage.
      if (at + HEADER_BYTES > end) {
        left = 0;
        break;
      }
      const word = at >> 2;
      let frame = at + halves[(at >> 1) + FRAME_HALF]!;
      let length = words[word + CAPTURED_WORD]!;
      let whole = words[word + LENGTH_WORD]!;
      const status = words[word + STATUS_WORD]!;
      const seconds = words[word + SECONDS_WORD]!;
      const nanoseconds = words[word + NANOSECONDS_WORD]!;
      const next = words[word + NEXT_WORD]!;
      if (frame + length > end) length = Math.max(0, end - frame);
      const tagged = (status & TAGGED) !== 0 && length >= ETHERNET_HEADER;
      if (tagged) {
        frame = this.putTagBack(at, frame, status);
        length += TAG;
        whole += TAG;
      }
      left--;
      at += next;
      if (next === 0) left = 0;
      if ((status & LOSING) !== 0) counter.losing++;
      if ((tagged || this.filterAll) && !this.passes(frame, length, whole)) continue;
      offset[count] = frame;
      captured[count] = length;
      original[count] = whole;
      const micros = Math.floor(nanoseconds / 1000);
      timeUs[count] = seconds * 1e6 + micros;
      nanos[count] = nanoseconds - micros * 1000;
      linkTypes[count] = linkType;
      unfinished[count] = (status & CHECKSUM_NOT_READY) === 0 ? 0 : 1;
      if (length < whole) counter.truncated++;
      bytes += length;
      count++;
    }
    this.at = at;
    this.left = left;
    counter.handed += count;
    counter.bytes += bytes;
    batch.bytes = this.bytes;
    batch.first = 0;
    batch.end = count;
  }

  /**
   * The kernel keeps the outer tag beside the frame: moves the addresses into the room in front of it and writes the tag
   * behind them. Returns where the frame now begins.
   */
  private putTagBack(header: number, frame: number, status: number): number {
    const { bytes } = this;
    const start = frame - TAG;
    bytes.copyWithin(start, frame, frame + ADDRESSES);
    const known = (status & TAG_PROTOCOL_KNOWN) !== 0;
    const protocol = known ? this.halves[(header >> 1) + TAG_PROTOCOL_HALF]! : DOT1Q;
    const control = this.words[(header >> 2) + TAG_WORD]!;
    bytes[start + ADDRESSES] = protocol >> 8;
    bytes[start + ADDRESSES + 1] = protocol;
    bytes[start + ADDRESSES + 2] = control >> 8;
    bytes[start + ADDRESSES + 3] = control;
    return start;
  }

  private passes(start: number, length: number, whole: number): boolean {
    if (this.filter === undefined) return true;
    const { frame } = this;
    frame.frameStart = start;
    frame.frameEnd = start + length;
    frame.original = whole;
    return this.filter.matches(frame);
  }
}
