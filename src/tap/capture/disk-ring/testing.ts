/** Packets that carry their number, for the tests of the ring. */

import { Batch } from '../batch.ts';

/** 2026-01-02 03:04:05 UTC. */
export const START_US = 1_767_323_045_000_000;

/** `count` packets of `bytes` bytes, numbered from `from`, a microsecond apart. */
export function batchOf(from: number, count: number, bytes: number, timeUs: number, linkType = 1): Batch {
  const batch = new Batch(count);
  batch.bytes = new Uint8Array(count * bytes);
  const view = new DataView(batch.bytes.buffer);
  for (let i = 0; i < count; i++) {
    batch.offset[i] = i * bytes;
    batch.captured[i] = bytes;
    batch.original[i] = bytes;
    batch.timeUs[i] = timeUs + i;
    batch.nanos[i] = (from + i) % 1000;
    batch.linkType[i] = linkType;
    // Not zero, so that padding shows.
    batch.bytes.fill(0xa5, i * bytes, (i + 1) * bytes);
    view.setUint32(i * bytes, from + i);
    view.setUint32(i * bytes + bytes - 4, from + i);
  }
  batch.end = count;
  return batch;
}

/** The numbers of packets; NaN for one that is damaged. */
export function numbersOf(
  packets: readonly { readonly data: Uint8Array; readonly nanos: number }[],
): number[] {
  return packets.map(({ data, nanos }) => {
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    const number = view.getUint32(0);
    return number === view.getUint32(data.length - 4) && nanos === number % 1000 ? number : Number.NaN;
  });
}
