/** Writes captures: pcapng for users, classic pcap for tests and benchmarks. */

import type { Batch } from './batch.ts';
import { type ByteSink, OutputFile } from './output-file.ts';
import { Stage } from './stage.ts';

/** One packet to be written. */
export interface PacketRecord {
  /** The memory that holds it, and where it lies there. */
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly captured: number;
  /** Its length on the wire. */
  readonly original: number;
  /** Microseconds since 1970, and nanoseconds (0-999) beyond them. */
  readonly timeUs: number;
  readonly nanos: number;
  readonly linkType: number;
  /** Name of the interface; the same name and link type share one description. */
  readonly interfaceName?: string;
  readonly comment?: string;
}

/** Options of a pcapng file. */
export interface PcapngWriterOptions {
  /** The program that writes; the default is `weir`. */
  readonly application?: string;
  /** A comment on the whole file. */
  readonly comment?: string;
  /** The file has its name from the beginning, for whoever follows it: {@link PcapngWriter.flush} lets it grow. */
  readonly growing?: boolean;
  /** Names the interface of a packet that comes from a batch, by file number and interface. */
  readonly interfaceName?: (file: number, interfaceId: number) => string | undefined;
}

const COMMENT = 1;
const INTERFACE_NAME = 2;
const APPLICATION = 4;
const TIME_RESOLUTION = 9;
const ENHANCED_HEADER = 28;
const RECORD_HEADER = 16;
/** 16-bit interface numbers suffice for what we read; more would be damage. */
const MOST_INTERFACES = 65_535;

/** Writes pcapng with times in nanoseconds, little-endian. */
export class PcapngWriter {
  /** Packets written so far. */
  packets = 0;
  readonly #sink: ByteSink;
  readonly #nameOf: PcapngWriterOptions['interfaceName'];
  readonly #interfaces = new Map<string, number>();
  readonly #fromBatch = new Map<number, number>();
  readonly #stage: Stage;

  /** `to` is a path, `-` for standard output, or a sink. Throws {@link OutputError}. */
  constructor(to: string | ByteSink, options: PcapngWriterOptions = {}) {
    this.#sink = typeof to === 'string' ? new OutputFile(to, { growing: options.growing === true }) : to;
    this.#stage = new Stage(this.#sink);
    this.#nameOf = options.interfaceName;
    const section = new Uint8Array(16);
    const view = new DataView(section.buffer);
    view.setUint32(0, 0x1a2b3c4d, true);
    view.setUint16(4, 1, true);
    view.setInt32(8, -1, true);
    view.setInt32(12, -1, true);
    const about = [textOption(APPLICATION, options.application ?? 'weir')];
    if (options.comment !== undefined) about.push(textOption(COMMENT, options.comment));
    this.#append(block(0x0a0d0d0a, [section, ...about, END_OF_OPTIONS]));
  }

  /** Writes one packet. Throws {@link OutputError}. */
  write(packet: PacketRecord): void {
    const id = this.#interfaceId(packet.linkType, packet.interfaceName ?? '');
    this.#packet(
      id,
      packet.bytes,
      packet.offset,
      packet.captured,
      packet.original,
      packet.timeUs,
      packet.nanos,
      packet.comment,
    );
  }

  /** Writes packet `index` of a batch. Throws {@link OutputError}. */
  writeFrom(batch: Batch, index: number): void {
    const from = batch.interfaceId[index] as number;
    const linkType = batch.linkType[index] as number;
    const key = (batch.file * 65_536 + from) * 65_536 + linkType;
    let id = this.#fromBatch.get(key);
    if (id === undefined) {
      id = this.#interfaceId(linkType, this.#nameOf?.(batch.file, from) ?? '');
      // With thousands of files the pairs may not pile up.
      if (this.#fromBatch.size >= 4096) this.#fromBatch.clear();
      this.#fromBatch.set(key, id);
    }
    this.#packet(
      id,
      batch.bytes,
      batch.offset[index] as number,
      batch.captured[index] as number,
      batch.original[index] as number,
      batch.timeUs[index] as number,
      batch.nanos[index] as number,
      undefined,
    );
  }

  #packet(
    id: number,
    bytes: Uint8Array,
    offset: number,
    captured: number,
    original: number,
    timeUs: number,
    nanos: number,
    comment: string | undefined,
  ): void {
    const padding = -captured & 3;
    const options = comment === undefined ? [] : [textOption(COMMENT, comment), END_OF_OPTIONS];
    const optionBytes = options.reduce((sum, part) => sum + part.length, 0);
    const total = ENHANCED_HEADER + captured + padding + optionBytes + 4;
    const stage = this.#stage;
    const { view } = stage;
    const at = stage.take(ENHANCED_HEADER);
    view.setUint32(at, 6, true);
    view.setUint32(at + 4, total, true);
    view.setUint32(at + 8, id, true);
    // 64 bits of nanoseconds from microseconds: the low word of the product is exact in two steps.
    const high = Math.floor(timeUs / 4294967296);
    const low = (timeUs - high * 4294967296) * 1000 + nanos;
    view.setUint32(at + 12, high * 1000 + Math.floor(low / 4294967296), true);
    view.setUint32(at + 16, low % 4294967296, true);
    view.setUint32(at + 20, captured, true);
    view.setUint32(at + 24, original, true);
    stage.append(bytes, offset, captured);
    for (let padded = stage.take(padding), i = 0; i < padding; i++) stage.bytes[padded + i] = 0;
    for (const part of options) this.#append(part);
    view.setUint32(stage.take(4), total, true);
    this.packets++;
  }

  #append(bytes: Uint8Array): void {
    this.#stage.append(bytes, 0, bytes.length);
  }

  #interfaceId(linkType: number, name: string): number {
    const key = `${linkType} ${name}`;
    const known = this.#interfaces.get(key);
    if (known !== undefined) return known;
    if (this.#interfaces.size >= MOST_INTERFACES) return 0;
    const id = this.#interfaces.size;
    this.#interfaces.set(key, id);
    const description = new Uint8Array(8);
    new DataView(description.buffer).setUint16(0, linkType, true);
    const options = [option(TIME_RESOLUTION, Uint8Array.of(9))];
    if (name !== '') options.unshift(textOption(INTERFACE_NAME, name));
    this.#append(block(1, [description, ...options, END_OF_OPTIONS]));
    return id;
  }

  /** Hands all packets so far to the system, whole. Throws {@link OutputError}. */
  flush(): void {
    this.#stage.flush();
    this.#sink.flush?.();
  }

  /** Completes the file and gives it its name. Throws {@link OutputError}. */
  close(): void {
    this.#stage.flush();
    this.#sink.close();
  }

  /** Gives the file up. */
  abort(): void {
    this.#sink.abort();
  }
}

const END_OF_OPTIONS = new Uint8Array(4);

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + value.length + (-value.length & 3));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

function textOption(code: number, text: string): Uint8Array {
  return option(code, new TextEncoder().encode(text).subarray(0, 0xffff));
}

function block(type: number, parts: readonly Uint8Array[]): Uint8Array {
  const body = parts.reduce((sum, part) => sum + part.length, 0);
  const total = 12 + body + (-body & 3);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, total, true);
  let position = 8;
  for (const part of parts) {
    bytes.set(part, position);
    position += part.length;
  }
  view.setUint32(total - 4, total, true);
  return bytes;
}

/** Options of a classic pcap file. */
export interface PcapWriterOptions {
  readonly linkType: number;
  readonly snapLength?: number;
  /** Times in nanoseconds. */
  readonly nanoseconds?: boolean;
  readonly bigEndian?: boolean;
}

/** Writes classic pcap; all packets have the one link type of the file. */
export class PcapWriter {
  packets = 0;
  readonly #sink: ByteSink;
  readonly #little: boolean;
  readonly #nanoseconds: boolean;
  readonly #stage: Stage;

  /** `to` is a path, `-` for standard output, or a sink. Throws {@link OutputError}. */
  constructor(to: string | ByteSink, options: PcapWriterOptions) {
    this.#sink = typeof to === 'string' ? new OutputFile(to) : to;
    this.#stage = new Stage(this.#sink);
    this.#little = options.bigEndian !== true;
    this.#nanoseconds = options.nanoseconds === true;
    const header = new Uint8Array(24);
    const view = new DataView(header.buffer);
    view.setUint32(0, this.#nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, this.#little);
    view.setUint16(4, 2, this.#little);
    view.setUint16(6, 4, this.#little);
    view.setUint32(16, options.snapLength ?? 262_144, this.#little);
    view.setUint32(20, options.linkType, this.#little);
    this.#stage.append(header, 0, header.length);
  }

  /** Writes one packet; its link type is not looked at. Throws {@link OutputError}. */
  write(packet: Omit<PacketRecord, 'linkType'>): void {
    const { bytes, offset, captured, original, timeUs, nanos } = packet;
    const seconds = Math.floor(timeUs / 1e6);
    const micros = timeUs - seconds * 1e6;
    const { view } = this.#stage;
    const at = this.#stage.take(RECORD_HEADER);
    view.setUint32(at, seconds, this.#little);
    view.setUint32(at + 4, this.#nanoseconds ? micros * 1000 + nanos : micros, this.#little);
    view.setUint32(at + 8, captured, this.#little);
    view.setUint32(at + 12, original, this.#little);
    this.#stage.append(bytes, offset, captured);
    this.packets++;
  }

  /** Completes the file and gives it its name. Throws {@link OutputError}. */
  close(): void {
    this.#stage.flush();
    this.#sink.close();
  }

  /** Gives the file up. */
  abort(): void {
    this.#sink.abort();
  }
}
