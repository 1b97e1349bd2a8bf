/**
 * The classic pcap format (draft-ietf-opsawg-pcap): a 24-byte file header, then records of a 16-byte header and
 * the packet. Both byte orders, micro- and nanoseconds, the length of a frame check sequence in the link type,
 * and Kuznetzov's variant with 24-byte record headers.
 */

import type { Batch } from './batch.ts';
import { DAMAGE, type Decoder, FULL, largestPacket, MORE, TURN } from './decoder.ts';
import type { CaptureMetadata } from './metadata.ts';

// File header
const VERSION_MAJOR = 4;
const VERSION_MINOR = 6;
const SNAP_LENGTH = 16;
const LINK_TYPE = 20;
const FILE_HEADER = 24;

// Record header
const SECONDS = 0;
const FRACTION = 4;
const CAPTURED = 8;
const ORIGINAL = 12;
const RECORD_HEADER = 16;
const MODIFIED_RECORD_HEADER = 24;

// Magic numbers as the writer's byte order has them
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const MODIFIED = 0xa1b2cd34;

// The link type field: the type itself, a flag that the length of the check sequence is known, and that length
// in units of 16 bits.
const FCS_KNOWN = 0x04000000;

/** So many link types are told apart in one file. */
const MOST_INTERFACES = 256;

/** A record behind damage is believed when its time lies within this of the last good one. */
const NEAR_SECONDS = 86_400;

/** The byte order of a pcap header at `offset`: little (true), big (false), or none (undefined). */
export function pcapByteOrder(view: DataView, offset: number): boolean | undefined {
  const magic = view.getUint32(offset, true);
  if (magic === MICROSECONDS || magic === NANOSECONDS || magic === MODIFIED) return true;
  const swapped = view.getUint32(offset, false);
  if (swapped === MICROSECONDS || swapped === NANOSECONDS || swapped === MODIFIED) return false;
  return undefined;
}

/** 12 and 14 are what several systems write for raw IP, whose registered number is 101. */
function registeredLinkType(value: number): number {
  const type = value & 0xffff;
  return type === 12 || type === 14 ? 101 : type;
}

/** Decodes one pcap file. */
export class PcapDecoder implements Decoder {
  stop = MORE;
  wanted = FILE_HEADER;
  problem = '';
  note = '';

  readonly #metadata: CaptureMetadata;
  #headerRead = false;
  #little = true;
  #unitsPerSecond = 1_000_000;
  #recordHeader = RECORD_HEADER;
  #capturedAt = CAPTURED;
  #originalAt = ORIGINAL;
  #largest = 0;
  #linkType = 0;
  #interfaceId = 0;
  /** Interfaces by link type and length of the check sequence: files put together may have several. */
  readonly #interfaces = new Map<number, number>();
  #lastSeconds = -1;

  constructor(metadata: CaptureMetadata) {
    this.#metadata = metadata;
    metadata.format = 'pcap';
  }

  prepare(batch: Batch): void {
    batch.linkType.fill(this.#linkType);
    batch.interfaceId.fill(this.#interfaceId);
    batch.nanos.fill(0);
  }

  decode(bytes: Uint8Array, view: DataView, start: number, end: number, batch: Batch): number {
    let position = start;
    if (!this.#headerRead) {
      if (end - position < FILE_HEADER) return this.#needs(FILE_HEADER, position);
      this.#readHeader(view, position);
      this.prepare(batch);
      position += FILE_HEADER;
    }
    position = this.#records(view, position, end, batch);
    if (batch.end === batch.capacity) {
      this.stop = FULL;
      return position;
    }
    return this.#explain(bytes, view, position, end, batch);
  }

  /** The loop that everything depends on: as little as possible per record. */
  #records(view: DataView, start: number, end: number, batch: Batch): number {
    const { offset, captured, original, timeUs, nanos, capacity } = batch;
    const little = this.#little;
    const header = this.#recordHeader;
    const capturedAt = this.#capturedAt;
    const originalAt = this.#originalAt;
    const largest = this.#largest;
    const fine = this.#unitsPerSecond !== 1_000_000;
    let position = start;
    let index = batch.end;
    while (position + header <= end && index < capacity) {
      const length = view.getUint32(position + capturedAt, little);
      const next = position + header + length;
      if (next > end || length > largest) break;
      // Zero-length records are rare enough to look whether they are zeros or a second file header.
      if (length === 0 && this.#suspicious(view, position, end)) break;
      const fraction = view.getUint32(position + FRACTION, little);
      let time = view.getUint32(position, little) * 1e6;
      if (fine) {
        const micros = (fraction / 1000) | 0;
        time += micros;
        nanos[index] = fraction - micros * 1000;
      } else {
        time += fraction;
      }
      timeUs[index] = time;
      offset[index] = position + header;
      captured[index] = length;
      original[index] = view.getUint32(position + originalAt, little);
      index++;
      position = next;
    }
    if (index > batch.end) this.#lastSeconds = Math.floor((timeUs[index - 1] as number) / 1e6);
    batch.end = index;
    return position;
  }

  #suspicious(view: DataView, position: number, end: number): boolean {
    if (pcapByteOrder(view, position) !== undefined) {
      return end - position < FILE_HEADER || this.#headerAt(view, position, end);
    }
    return (
      view.getUint32(position + SECONDS, true) === 0 &&
      view.getUint32(position + FRACTION, true) === 0 &&
      view.getUint32(position + ORIGINAL, true) === 0
    );
  }

  /** True when a file header lies where a record is expected: captures that were put together with `cat`. */
  #headerAt(view: DataView, position: number, end: number): boolean {
    if (end - position < FILE_HEADER) return false;
    const little = pcapByteOrder(view, position);
    return little !== undefined && view.getUint16(position + VERSION_MAJOR, little) === 2;
  }

  /** Says why the loop ended at `position` with room in the batch. */
  #explain(bytes: Uint8Array, view: DataView, position: number, end: number, batch: Batch): number {
    const left = end - position;
    if (this.#headerAt(view, position, end)) {
      this.stop = TURN;
      if (batch.end > batch.first) return position;
      this.#readHeader(view, position);
      this.note = 'a second file header lies between the packets (files put together with cat?)';
      return position + FILE_HEADER;
    }
    if (left < this.#recordHeader) return this.#needs(this.#recordHeader, position);
    const length = view.getUint32(position + this.#capturedAt, this.#little);
    if (length > this.#largest) {
      this.stop = DAMAGE;
      this.problem = `the record claims ${length} captured bytes, more than the ${this.#largest} that can be`;
      return position;
    }
    if (length === 0 && left < FILE_HEADER && pcapByteOrder(view, position) !== undefined) {
      return this.#needs(FILE_HEADER, position);
    }
    if (this.#recordHeader + length > left) return this.#needs(this.#recordHeader + length, position);
    this.stop = DAMAGE;
    this.problem =
      bytes[position] === 0 ? 'zeros lie where a packet is expected' : 'the record makes no sense';
    return position;
  }

  #needs(wanted: number, position: number): number {
    this.stop = MORE;
    this.wanted = wanted;
    return position;
  }

  #readHeader(view: DataView, position: number): void {
    const little = pcapByteOrder(view, position) ?? true;
    const magic = view.getUint32(position, little);
    const minor = view.getUint16(position + VERSION_MINOR, little);
    const snapLength = view.getUint32(position + SNAP_LENGTH, little);
    const link = view.getUint32(position + LINK_TYPE, little);
    this.#headerRead = true;
    this.#little = little;
    this.#unitsPerSecond = magic === NANOSECONDS ? 1_000_000_000 : 1_000_000;
    this.#recordHeader = magic === MODIFIED ? MODIFIED_RECORD_HEADER : RECORD_HEADER;
    // Before version 2.3, and in the files of one old AIX tcpdump, the two lengths lie the other way round.
    const reversed = minor < 3 || minor === 543;
    this.#capturedAt = reversed ? ORIGINAL : CAPTURED;
    this.#originalAt = reversed ? CAPTURED : ORIGINAL;
    this.#largest = largestPacket(snapLength);
    this.#linkType = registeredLinkType(link);
    const fcsLength = (link & FCS_KNOWN) !== 0 ? (link >>> 28) * 2 : 0;
    const key = (fcsLength << 16) | this.#linkType;
    const known = this.#interfaces.get(key);
    const { interfaces } = this.#metadata;
    this.#interfaceId = known ?? Math.min(interfaces.length, MOST_INTERFACES - 1);
    if (known !== undefined || interfaces.length >= MOST_INTERFACES) return;
    this.#interfaces.set(key, this.#interfaceId);
    interfaces.push({
      linkType: this.#linkType,
      name: '',
      description: '',
      snapLength,
      resolution: magic === NANOSECONDS ? 9 : 6,
      fcsLength,
    });
  }

  resynchronise(_bytes: Uint8Array, view: DataView, start: number, end: number, last: boolean): number {
    if (!this.#headerRead) return end;
    const header = this.#recordHeader;
    let position = start + 1;
    for (; position + header <= end; position++) {
      if (this.#headerAt(view, position, end)) break;
      if (!this.#plausible(view, position, this.#lastSeconds)) continue;
      const next = position + header + view.getUint32(position + this.#capturedAt, this.#little);
      if (next + header <= end) {
        const seconds = view.getUint32(position + SECONDS, this.#little);
        if (this.#plausible(view, next, seconds) || this.#headerAt(view, next, end)) break;
      } else if (last) {
        if (next === end) break;
      } else {
        return this.#needs(next + header - position, position);
      }
    }
    if (position + header > end) return last ? end : this.#needs(header, Math.min(position, end));
    this.stop = FULL;
    return position;
  }

  #plausible(view: DataView, position: number, near: number): boolean {
    const captured = view.getUint32(position + this.#capturedAt, this.#little);
    if (captured === 0 || captured > this.#largest) return false;
    const original = view.getUint32(position + this.#originalAt, this.#little);
    if (original < captured || original > this.#largest) return false;
    if (view.getUint32(position + FRACTION, this.#little) >= this.#unitsPerSecond) return false;
    const seconds = view.getUint32(position + SECONDS, this.#little);
    return near < 0 ? seconds > 0 : Math.abs(seconds - near) <= NEAR_SECONDS;
  }
}
