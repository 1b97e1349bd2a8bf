/**
 * The time of the last packet of a plain file, found from its end without reading the rest: lets `--since`
 * pass over whole files.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { CaptureMetadata } from './metadata.ts';
import { pcapByteOrder } from './pcap.ts';
import { Resolution } from './timestamp.ts';

const WINDOW = 256 * 1024;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** So many records in a row, up to the very end of the file, are no accident. */
const CHAIN = 3;
const BLOCKS = 64;

/** Microseconds since 1970 of the last packet; undefined where the end of the file does not tell. */
export function lastPacketTime(path: string, metadata: CaptureMetadata): number | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const size = fstatSync(descriptor).size;
    const start = Math.max(0, size - WINDOW);
    const bytes = new Uint8Array(size - start);
    const length = readSync(descriptor, bytes, 0, bytes.length, start);
    const view = new DataView(bytes.buffer, 0, length);
    if (metadata.format === 'pcap') {
      const header = new Uint8Array(FILE_HEADER);
      if (readSync(descriptor, header, 0, FILE_HEADER, 0) < FILE_HEADER) return undefined;
      return lastPcapTime(view, start, new DataView(header.buffer));
    }
    return metadata.format === 'pcapng' ? lastPcapngTime(view, metadata) : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * From the end to the front: a record counts when it makes sense and ends where the file ends or where another
 * one that counts begins. One pass, however the bytes are chosen.
 */
function lastPcapTime(view: DataView, start: number, header: DataView): number | undefined {
  const little = pcapByteOrder(header, 0);
  if (little === undefined) return undefined;
  const magic = header.getUint32(0, little);
  const nanoseconds = magic === 0xa1b23c4d;
  if (!nanoseconds && magic !== 0xa1b2c3d4) return undefined;
  const end = view.byteLength;
  const chain = new Uint8Array(end);
  const first = start === 0 ? FILE_HEADER : 0;
  let last: number | undefined;
  for (let position = end - RECORD_HEADER; position >= first; position--) {
    const captured = view.getUint32(position + 8, little);
    const next = position + RECORD_HEADER + captured;
    if (next > end || view.getUint32(position + 12, little) < captured) continue;
    if (view.getUint32(position + 4, little) >= (nanoseconds ? 1e9 : 1e6)) continue;
    const hops = next === end ? 1 : (chain[next] as number) > 0 ? (chain[next] as number) + 1 : 0;
    if (hops === 0) continue;
    chain[position] = Math.min(hops, CHAIN);
    if (hops >= CHAIN || position === FILE_HEADER - start) {
      last = position;
      break;
    }
  }
  if (last === undefined) return undefined;
  let position = last;
  for (;;) {
    const next = position + RECORD_HEADER + view.getUint32(position + 8, little);
    if (next >= end) break;
    position = next;
  }
  const fraction = view.getUint32(position + 4, little);
  return view.getUint32(position, little) * 1e6 + (nanoseconds ? Math.floor(fraction / 1000) : fraction);
}

/** Blocks carry their length at their end, so they can be walked backwards. Little-endian files only. */
function lastPcapngTime(view: DataView, metadata: CaptureMetadata): number | undefined {
  let end = view.byteLength;
  for (let i = 0; i < BLOCKS && end >= 12; i++) {
    const length = view.getUint32(end - 4, true);
    const start = end - length;
    if (length < 12 || (length & 3) !== 0 || start < 0 || view.getUint32(start + 4, true) !== length) {
      return undefined;
    }
    const type = view.getUint32(start, true);
    if (type === 6 && length >= 32) {
      const from = metadata.interfaces[view.getUint32(start + 8, true)];
      if (from === undefined) return undefined;
      // Resolutions other than these and sections with their own interfaces are not worth the guess.
      if (from.resolution < 0) return undefined;
      const resolution = new Resolution(from.resolution, from.offsetSeconds ?? 0);
      return resolution.microseconds(view.getUint32(start + 12, true), view.getUint32(start + 16, true));
    }
    if (type === 0x0a0d0d0a || type === 1) return undefined;
    end = start;
  }
  return undefined;
}
