/** What the tests of this folder share: captures in memory and on disk, and reading them whole. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Batch } from './batch.ts';
import type { Finding } from './finding.ts';
import { CaptureMetadata } from './metadata.ts';
import type { ByteSink } from './output-file.ts';
import { CaptureReader, createReadingSpace, type Ending } from './reader.ts';
import type { CaptureSequence } from './sequence.ts';
import type { ByteSource } from './source.ts';
import { PcapngWriter, PcapWriter, type PcapWriterOptions } from './writer.ts';

/** One packet as tests write and compare it. */
export interface TestPacket {
  readonly data: Uint8Array;
  readonly original: number;
  readonly timeUs: number;
  readonly nanos: number;
  readonly linkType: number;
}

/** 2023-11-14 22:13:20 UTC, a time that looks like one. */
export const EPOCH_US = 1_700_000_000_000_000;

/** A packet with the given time (microseconds after {@link EPOCH_US}). */
export function packetAt(
  afterUs: number,
  data: Uint8Array = Uint8Array.of(1, 2, 3),
  linkType = 1,
): TestPacket {
  return { data, original: data.length, timeUs: EPOCH_US + afterUs, nanos: 0, linkType };
}

/** Keeps what is written. */
export class MemorySink implements ByteSink {
  readonly #parts: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
  }

  close(): void {}

  abort(): void {}

  /** All that was written. */
  get bytes(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.#parts));
  }
}

function record(packet: TestPacket) {
  const { data, original, timeUs, nanos, linkType } = packet;
  return { bytes: data, offset: 0, captured: data.length, original, timeUs, nanos, linkType };
}

/** A classic pcap file with these packets. */
export function pcapOf(packets: readonly TestPacket[], options: Partial<PcapWriterOptions> = {}): Uint8Array {
  const sink = new MemorySink();
  const writer = new PcapWriter(sink, { linkType: packets[0]?.linkType ?? 1, ...options });
  for (const packet of packets) writer.write(record(packet));
  writer.close();
  return sink.bytes;
}

/** A pcapng file with these packets. */
export function pcapngOf(packets: readonly TestPacket[]): Uint8Array {
  const sink = new MemorySink();
  const writer = new PcapngWriter(sink);
  for (const packet of packets) writer.write(record(packet));
  writer.close();
  return sink.bytes;
}

/** Gives bytes in pieces of the given sizes, in turn; a size of 0 means a promise for one byte. */
export class MemorySource implements ByteSource {
  consumed = 0;
  readonly size = undefined;
  readonly #bytes: Uint8Array;
  readonly #pieces: readonly number[];
  #turn = 0;

  constructor(bytes: Uint8Array, pieces: readonly number[] = [Number.MAX_SAFE_INTEGER]) {
    this.#bytes = bytes;
    this.#pieces = pieces;
  }

  read(into: Uint8Array, offset: number): number | Promise<number> {
    const piece = this.#pieces[this.#turn++ % this.#pieces.length] ?? 1;
    const length = Math.min(Math.max(1, piece), into.length - offset, this.#bytes.length - this.consumed);
    into.set(this.#bytes.subarray(this.consumed, this.consumed + length), offset);
    this.consumed += length;
    return piece === 0 ? Promise.resolve(length) : length;
  }

  close(): void {}
}

/** What reading one capture gave. */
export interface ReadResult {
  readonly packets: TestPacket[];
  /** Offset in the file of each packet, and its interface. */
  readonly offsets: number[];
  readonly interfaces: number[];
  readonly findings: Finding[];
  readonly ending: Ending;
  readonly metadata: CaptureMetadata;
}

/** Copies the packets of a batch. */
export function packetsOf(batch: Batch): TestPacket[] {
  const packets: TestPacket[] = [];
  for (let i = batch.first; i < batch.end; i++) {
    const start = batch.offset[i] as number;
    packets.push({
      data: batch.bytes.slice(start, start + (batch.captured[i] as number)),
      original: batch.original[i] as number,
      timeUs: batch.timeUs[i] as number,
      nanos: batch.nanos[i] as number,
      linkType: batch.linkType[i] as number,
    });
  }
  return packets;
}

/** Reads a capture from memory. */
export async function readAll(
  source: Uint8Array | ByteSource,
  options: { chunk?: number; batch?: number; stopAtDamage?: boolean } = {},
): Promise<ReadResult> {
  const findings: Finding[] = [];
  const metadata = new CaptureMetadata();
  const space = createReadingSpace(options.chunk ?? 4096, options.batch ?? 64);
  const reader = new CaptureReader(
    source instanceof Uint8Array ? new MemorySource(source) : source,
    'test.pcap',
    0,
    space,
    metadata,
    (finding) => findings.push(finding),
    options.stopAtDamage,
  );
  const packets: TestPacket[] = [];
  const offsets: number[] = [];
  const interfaces: number[] = [];
  for (;;) {
    const filled = reader.fill();
    if (!(typeof filled === 'boolean' ? filled : await filled)) break;
    packets.push(...packetsOf(space.batch));
    for (let i = 0; i < space.batch.end; i++) {
      offsets.push(space.batch.base + (space.batch.offset[i] as number));
      interfaces.push(space.batch.interfaceId[i] as number);
    }
  }
  reader.close();
  return { packets, offsets, interfaces, findings, ending: reader.ending, metadata };
}

/** All packets of a sequence, with the number of the file that each came from. */
export async function readSequence(
  sequence: CaptureSequence,
  signal?: AbortSignal,
): Promise<{ packets: TestPacket[]; files: number[] }> {
  const packets: TestPacket[] = [];
  const files: number[] = [];
  for await (const batch of sequence.batches(signal)) {
    const copied = packetsOf(batch);
    packets.push(...copied);
    for (let i = 0; i < copied.length; i++) files.push(batch.file);
  }
  return { packets, files };
}

/** A folder that is removed after the test; returns paths within it. */
export function temporaryFolder(context: TestContext): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-capture-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}
