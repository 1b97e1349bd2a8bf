/**
 * The pcapng format (draft-ietf-opsawg-pcapng): blocks, each with its length before and behind it. A section
 * header sets the byte order of the blocks that follow; interfaces are numbered within their section, and
 * across the sections here.
 */

import type { Batch } from './batch.ts';
import { DAMAGE, type Decoder, FULL, largestPacket, MORE, SKIP } from './decoder.ts';
import type { CaptureMetadata } from './metadata.ts';
import {
  readComments,
  readInterfaceOptions,
  readNames,
  readSectionOptions,
  visitOptions,
} from './pcapng-options.ts';
import { Resolution } from './timestamp.ts';

// Block types
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const PACKET = 2;
const SIMPLE_PACKET = 3;
const NAME_RESOLUTION = 4;
const INTERFACE_STATISTICS = 5;
const ENHANCED_PACKET = 6;
const DECRYPTION_SECRETS = 10;

const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
/** Type and length before the body, length behind it. */
const BLOCK_HEADER = 8;
const BLOCK_OVERHEAD = 12;
/** A section header has at least: type, length, byte-order magic, version, section length, length. */
const SECTION_MINIMUM = 28;
const ENHANCED_HEADER = 28;
const SIMPLE_HEADER = 12;

/** Blocks without packets that are larger than this are passed over, not read. */
const LARGEST_READ = 256 * 1024;
/** An unknown block that claims more than this is damage: it would hide the rest of a stream. */
const LARGEST_PASSED_OVER = 64 * 1024 * 1024;
/** Interfaces of all sections of a file. */
const MOST_INTERFACES = 4096;

interface SectionInterface {
  readonly resolution: Resolution;
  readonly linkType: number;
  readonly snapLength: number;
  /** Its number across the sections of the file. */
  readonly id: number;
}

/** Decodes one pcapng file. */
export class PcapngDecoder implements Decoder {
  stop = MORE;
  wanted = SECTION_MINIMUM;
  problem = '';
  note = '';

  readonly #metadata: CaptureMetadata;
  #little = true;
  /** The interfaces of the current section. */
  #interfaces: SectionInterface[] = [];
  /** Interfaces of all sections by what describes them: sections that repeat them add nothing. */
  readonly #known = new Map<string, number>();
  #largest = largestPacket(0);
  #packets = 0;
  #lastTimeUs = 0;
  #sections = 0;

  constructor(metadata: CaptureMetadata) {
    this.#metadata = metadata;
    metadata.format = 'pcapng';
  }

  prepare(_batch: Batch): void {
    // Every packet names its interface.
  }

  decode(bytes: Uint8Array, view: DataView, start: number, end: number, batch: Batch): number {
    let position = start;
    while (batch.end < batch.capacity) {
      if (end - position < BLOCK_OVERHEAD) return this.#needs(BLOCK_OVERHEAD, position);
      let type = view.getUint32(position, this.#little);
      if (type === SECTION_HEADER) {
        // The type reads the same either way; the magic tells the order of the new section.
        const little = view.getUint32(position + BLOCK_HEADER, true) === BYTE_ORDER_MAGIC;
        if (!little && view.getUint32(position + BLOCK_HEADER, false) !== BYTE_ORDER_MAGIC) {
          return this.#damaged('a section header has no byte-order magic', position);
        }
        this.#little = little;
      } else if (this.#sections === 0) {
        return this.#damaged('the file does not begin with a section header', position);
      }
      const little = this.#little;
      const length = view.getUint32(position + 4, little);
      if (length < BLOCK_OVERHEAD) return this.#damaged(`a block claims ${length} bytes`, position);
      // Some writers count the length without its padding; the next block is aligned all the same.
      const padded = length + (-length & 3);
      const holdsPacket = type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === PACKET;
      if (holdsPacket) {
        if (length > this.#largest) {
          return this.#damaged(
            `a packet block claims ${length} bytes, more than the ${this.#largest} that can be`,
            position,
          );
        }
      } else if (!isRead(type) || length > LARGEST_READ) {
        if (type === SECTION_HEADER || length > LARGEST_PASSED_OVER) {
          return this.#damaged(`a block of type ${type} claims ${length} bytes`, position);
        }
        if (type === DECRYPTION_SECRETS) this.#metadata.turnedAway++;
        if (padded > end - position) {
          // What is of no use must not grow the buffer.
          this.stop = SKIP;
          this.wanted = padded;
          return position;
        }
        type = -1;
      }
      if (padded > end - position) return this.#needs(padded, position);
      if (view.getUint32(position + padded - 4, little) !== length) {
        return this.#damaged('the lengths before and behind a block differ', position);
      }
      const bodyEnd = position + padded - 4;
      if (type === ENHANCED_PACKET) {
        if (!this.#enhanced(bytes, view, position, bodyEnd, batch)) return this.#stopAtDamage(position);
      } else if (holdsPacket) {
        if (!this.#otherPacket(bytes, view, position, bodyEnd, type, batch)) {
          return this.#stopAtDamage(position);
        }
      } else if (type !== -1 && !this.#informs(bytes, view, position, bodyEnd, type)) {
        return this.#stopAtDamage(position);
      }
      position += padded;
    }
    this.stop = FULL;
    return position;
  }

  /** An enhanced packet block: the only one that matters for speed. */
  #enhanced(bytes: Uint8Array, view: DataView, position: number, bodyEnd: number, batch: Batch): boolean {
    if (bodyEnd - position < ENHANCED_HEADER) return this.#wrong('an enhanced packet block is too short');
    const little = this.#little;
    const from = this.#interfaces[view.getUint32(position + 8, little)];
    if (from === undefined) {
      const id = view.getUint32(position + 8, little);
      return this.#wrong(`a packet names interface ${id}, which was not described`);
    }
    const length = view.getUint32(position + 20, little);
    const data = position + ENHANCED_HEADER;
    if (length > bodyEnd - data) {
      return this.#wrong(`a packet claims ${length} bytes and its block holds ${bodyEnd - data}`);
    }
    const high = view.getUint32(position + 12, little);
    const low = view.getUint32(position + 16, little);
    const time = from.resolution.microseconds(high, low);
    const index = batch.end;
    batch.offset[index] = data;
    batch.captured[index] = length;
    batch.original[index] = view.getUint32(position + 24, little);
    batch.timeUs[index] = time;
    batch.nanos[index] = from.resolution.nanos;
    batch.linkType[index] = from.linkType;
    batch.interfaceId[index] = from.id;
    batch.end = index + 1;
    this.#lastTimeUs = time;
    this.#packets++;
    const options = data + length + (-length & 3);
    if (options < bodyEnd && this.#metadata.wantsComments) {
      readComments(bytes, view, options, bodyEnd, little, this.#metadata, this.#packets);
    }
    return true;
  }

  /** A simple packet block (no time, interface 0) or the obsolete packet block. */
  #otherPacket(
    bytes: Uint8Array,
    view: DataView,
    position: number,
    bodyEnd: number,
    type: number,
    batch: Batch,
  ): boolean {
    const little = this.#little;
    const simple = type === SIMPLE_PACKET;
    if (bodyEnd - position < (simple ? SIMPLE_HEADER : ENHANCED_HEADER)) {
      return this.#wrong('a packet block is too short');
    }
    const id = simple ? 0 : view.getUint16(position + 8, little);
    const from = this.#interfaces[id];
    if (from === undefined) return this.#wrong(`a packet names interface ${id}, which was not described`);
    const data = position + (simple ? SIMPLE_HEADER : ENHANCED_HEADER);
    const original = view.getUint32(simple ? position + 8 : position + 24, little);
    let length = simple ? original : view.getUint32(position + 20, little);
    if (simple) {
      if (from.snapLength > 0) length = Math.min(length, from.snapLength);
      length = Math.min(length, bodyEnd - data);
    }
    if (length > bodyEnd - data) {
      return this.#wrong(`a packet claims ${length} bytes and its block holds ${bodyEnd - data}`);
    }
    if (!simple) {
      const high = view.getUint32(position + 12, little);
      this.#lastTimeUs = from.resolution.microseconds(high, view.getUint32(position + 16, little));
    }
    const index = batch.end;
    batch.offset[index] = data;
    batch.captured[index] = length;
    batch.original[index] = original;
    batch.timeUs[index] = this.#lastTimeUs;
    batch.nanos[index] = simple ? 0 : from.resolution.nanos;
    batch.linkType[index] = from.linkType;
    batch.interfaceId[index] = from.id;
    batch.end = index + 1;
    this.#packets++;
    if (!simple) {
      const options = data + length + (-length & 3);
      readComments(bytes, view, options, bodyEnd, little, this.#metadata, this.#packets);
    }
    return true;
  }

  /** Blocks that hold no packet but are read. */
  #informs(bytes: Uint8Array, view: DataView, position: number, bodyEnd: number, type: number): boolean {
    const little = this.#little;
    const body = position + BLOCK_HEADER;
    switch (type) {
      case SECTION_HEADER:
        if (bodyEnd - position < SECTION_MINIMUM - 4) return this.#wrong('a section header is too short');
        if (view.getUint16(body + 4, little) !== 1) {
          return this.#wrong(`the section has version ${view.getUint16(body + 4, little)}, known is 1`);
        }
        this.#sections++;
        this.#interfaces = [];
        this.#largest = largestPacket(0);
        readSectionOptions(bytes, view, body + 16, bodyEnd, little, this.#metadata);
        return true;
      case INTERFACE_DESCRIPTION:
        if (bodyEnd - body < 8) return this.#wrong('an interface description is too short');
        return this.#addInterface(bytes, view, body, bodyEnd);
      case NAME_RESOLUTION:
        readNames(bytes, view, body, bodyEnd, little, this.#metadata);
        return true;
      case INTERFACE_STATISTICS:
        if (bodyEnd - body < 12) return this.#wrong('an interface statistics block is too short');
        this.#statistics(view, body, bodyEnd);
        return true;
      case DECRYPTION_SECRETS: {
        if (bodyEnd - body < 8) return this.#wrong('a decryption secrets block is too short');
        const length = view.getUint32(body + 4, little);
        if (length > bodyEnd - body - 8) return this.#wrong('the secrets are longer than their block');
        this.#metadata.secret(view.getUint32(body, little), bytes.subarray(body + 8, body + 8 + length));
        return true;
      }
      default:
        return true;
    }
  }

  #addInterface(bytes: Uint8Array, view: DataView, body: number, bodyEnd: number): boolean {
    const little = this.#little;
    const linkType = view.getUint16(body, little);
    const snapLength = view.getUint32(body + 4, little);
    const options = readInterfaceOptions(bytes, view, body + 8, bodyEnd, little, this.#metadata);
    const key = [
      this.#interfaces.length,
      linkType,
      snapLength,
      options.resolution,
      options.offsetSeconds,
      options.fcsLength,
      options.name,
      options.description,
    ].join('\0');
    const resolution = new Resolution(options.resolution, options.offsetSeconds);
    let id = this.#known.get(key);
    if (id === undefined) {
      id = this.#metadata.interfaces.length;
      if (id >= MOST_INTERFACES) return this.#wrong(`the file describes more than ${id} interfaces`);
      this.#known.set(key, id);
      this.#metadata.interfaces.push({
        linkType,
        name: options.name,
        description: options.description,
        snapLength,
        resolution: resolution.decimals,
        fcsLength: options.fcsLength,
        offsetSeconds: options.offsetSeconds,
      });
    }
    this.#interfaces.push({ resolution, linkType, snapLength, id });
    this.#largest = Math.max(this.#largest, largestPacket(snapLength));
    return true;
  }

  #statistics(view: DataView, body: number, bodyEnd: number): void {
    const little = this.#little;
    const from = this.#interfaces[view.getUint32(body, little)];
    const entry = from === undefined ? undefined : this.#metadata.interfaces[from.id];
    if (entry === undefined) return;
    visitOptions(view, body + 12, bodyEnd, little, (code, start, length) => {
      if (length < 8) return;
      const count = Number(view.getBigUint64(start, little));
      if (code === 4) entry.received = count;
      else if (code === 5) entry.dropped = count;
    });
  }

  #needs(wanted: number, position: number): number {
    this.stop = MORE;
    this.wanted = wanted;
    return position;
  }

  #wrong(problem: string): false {
    this.problem = problem;
    return false;
  }

  #damaged(problem: string, position: number): number {
    this.problem = problem;
    return this.#stopAtDamage(position);
  }

  #stopAtDamage(position: number): number {
    this.stop = DAMAGE;
    return position;
  }

  /** A block is recognised by a known type and by the same length before and behind it. */
  resynchronise(_bytes: Uint8Array, view: DataView, start: number, end: number, last: boolean): number {
    let position = start + 1;
    for (; position + BLOCK_OVERHEAD <= end; position++) {
      const type = view.getUint32(position, this.#little);
      let little = this.#little;
      if (type === SECTION_HEADER) {
        little = view.getUint32(position + BLOCK_HEADER, true) === BYTE_ORDER_MAGIC;
        if (!little && view.getUint32(position + BLOCK_HEADER, false) !== BYTE_ORDER_MAGIC) continue;
      } else if (type === 0 || type > DECRYPTION_SECRETS || this.#sections === 0) {
        continue;
      }
      const length = view.getUint32(position + 4, little);
      if (length < BLOCK_OVERHEAD || (length & 3) !== 0 || length > this.#largest) continue;
      if (position + length > end) {
        if (last) continue;
        return this.#needs(length, position);
      }
      if (view.getUint32(position + length - 4, little) !== length) continue;
      this.stop = FULL;
      return position;
    }
    return last ? end : this.#needs(BLOCK_OVERHEAD, Math.min(position, end));
  }
}

/** Block types whose body is read; all others are passed over. */
function isRead(type: number): boolean {
  switch (type) {
    case SECTION_HEADER:
    case INTERFACE_DESCRIPTION:
    case NAME_RESOLUTION:
    case INTERFACE_STATISTICS:
    case DECRYPTION_SECRETS:
      return true;
    default:
      return false;
  }
}
