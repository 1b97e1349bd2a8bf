/** The mixed capture: a folder of captures many times over, each copy with other addresses and at another time. */

import { PcapWriter } from '../../src/tap/capture/index.ts';
import { rewrite } from './addresses.ts';
import { readSourceFrames, type SourceFrames } from './frames.ts';
import { inOrderOfTime } from './order.ts';
import { Random, scatter } from './random.ts';

/** How much time the whole capture covers, and the part of it that one copy of a capture may take. */
const SPAN_US = 15 * 60e6;
const COPY_SPAN_US = 5 * 60e6;
const START_US = 1_767_258_000e6;
const RECORD_HEADER = 16;

/** One copy of one capture: which frames, when, and by what its addresses are changed. */
interface Copy {
  readonly first: number;
  readonly end: number;
  readonly startUs: number;
  /** Captures that took hours are run through faster. */
  readonly pace: number;
  readonly key: number;
}

/**
 * Writes copies of the captures at `paths` to `target` until there are `bytes` of them (so 35 MB of captures give
 * 30 copies in a gigabyte). Returns the number of packets. Throws when none of the captures has an Ethernet frame.
 */
export async function buildMixed(target: string, paths: readonly string[], bytes: number): Promise<number> {
  const source = await readSourceFrames(paths);
  if (source.captures.length === 0) throw new Error('no Ethernet capture to build the mixed capture from');
  const copies = planCopies(source, bytes);
  const packets = copies.reduce((sum, copy) => sum + copy.end - copy.first, 0);
  const times = new Float64Array(packets);
  const frames = new Uint32Array(packets);
  const copyOf = new Uint32Array(packets);
  let next = 0;
  for (const [number, { first, end, startUs, pace }] of copies.entries()) {
    for (let frame = first; frame < end; frame++, next++) {
      times[next] = Math.floor(startUs + source.timeUs[frame]! * pace);
      frames[next] = frame;
      copyOf[next] = number;
    }
  }
  const writer = new PcapWriter(target, { linkType: 1 });
  const scratch = new Uint8Array(1 << 18);
  for (const entry of inOrderOfTime(times)) {
    const frame = frames[entry]!;
    const original = source.bytes[frame]!;
    scratch.set(original);
    const { key } = copies[copyOf[entry]!]!;
    for (const place of source.places[frame]!) rewrite(scratch, place, key);
    writer.write({
      bytes: scratch,
      offset: 0,
      captured: original.length,
      original: source.original[frame]!,
      timeUs: START_US + times[entry]!,
      nanos: 0,
    });
  }
  writer.close();
  return packets;
}

/** Whole rounds through all captures, then part of one, until the size is reached. */
function planCopies(source: SourceFrames, bytes: number): Copy[] {
  const copies: Copy[] = [];
  const random = new Random(source.captures.length);
  let written = 24;
  for (let round = 0; ; round++) {
    for (const [number, { first, end }] of source.captures.entries()) {
      if (written >= bytes) return copies;
      for (let frame = first; frame < end; frame++) written += RECORD_HEADER + source.bytes[frame]!.length;
      const span = source.timeUs[end - 1]!;
      const pace = Math.min(1, COPY_SPAN_US / Math.max(1, span));
      const startUs = random.share() * (SPAN_US - span * pace);
      copies.push({ first, end, startUs, pace, key: (scatter(number) + round) & 0x3fff });
    }
  }
}
