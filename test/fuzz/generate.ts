import { PcapngWriter } from '../../src/tap/capture/index.ts';
import type { Direction } from '../../src/tap/protocol/parser.ts';
import { PROTOCOLS } from '../../src/tap/protocol/registry.ts';
import { readFrames } from '../support/frames.ts';
import type { CaptureInput, Operation, StreamInput } from './input.ts';
import { mutated } from './mutate.ts';
import type { Random } from './random.ts';
import type { Conversation } from './seeds.ts';

/** Frames of a capture that one input holds at most. */
const FRAMES = 80;
/** Bytes that all operations of a stream hold at most. */
const STREAM_BYTES = 1 << 20;

/** (a) A capture file with changed bytes, for the readers of files. */
export function captureInput(file: Buffer, random: Random): CaptureInput {
  return { kind: 'capture', tight: random.once(4), file: random.once(4), bytes: mutated(file, random) };
}

/** (b) A capture whose frames were changed, dropped, doubled and put in another order. */
export function frameInput(file: Buffer, random: Random): CaptureInput | undefined {
  const frames = framesOf(file, random);
  if (frames.length === 0) return undefined;
  for (let left = 1 + random.small(frames.length); left > 0; left--) {
    const at = random.below(frames.length);
    const frame = frames[at]!;
    switch (random.below(8)) {
      case 0:
        frames.splice(at, 0, { ...frame });
        break;
      case 1:
        if (frames.length > 1) frames.splice(at, 1);
        break;
      case 2:
        frames.splice(random.below(frames.length), 0, ...frames.splice(at, 1));
        break;
      case 3:
        frame.timeUs += (random.below(2000) - 1000) * 1_000_000;
        break;
      default:
        frame.bytes = mutated(frame.bytes, random, random.pick(frames).bytes);
        // The length on the wire: sometimes the frame seems cut.
        frame.original = random.once(8) ? frame.bytes.length + random.below(2000) : frame.bytes.length;
    }
  }
  return { kind: 'capture', tight: random.once(4), file: false, bytes: written(frames) };
}

interface Frame {
  bytes: Buffer;
  original: number;
  timeUs: number;
  linkType: number;
}

function framesOf(file: Buffer, random: Random): Frame[] {
  const frames: Frame[] = [];
  try {
    for (const batch of readFrames(file)) {
      const first = batch.end > FRAMES ? random.below(batch.end - FRAMES) : 0;
      for (let i = first; i < Math.min(batch.end, first + FRAMES); i++) {
        const start = batch.offset[i]!;
        frames.push({
          bytes: Buffer.from(batch.bytes.subarray(start, start + batch.captured[i]!)),
          original: batch.original[i]!,
          timeUs: batch.timeUs[i]!,
          linkType: batch.linkType[i]!,
        });
      }
    }
  } catch {
    // Not a capture: there is nothing to change.
  }
  return frames;
}

function written(frames: readonly Frame[]): Buffer {
  const parts: Buffer[] = [];
  const writer = new PcapngWriter({
    write: (bytes) => void parts.push(Buffer.from(bytes)),
    close: () => {},
    abort: () => {},
  });
  for (const { bytes, original, timeUs, linkType } of frames) {
    const captured = bytes.length;
    writer.write({ bytes, offset: 0, captured, original, timeUs: Math.max(0, timeUs), nanos: 0, linkType });
  }
  writer.close();
  return Buffer.concat(parts);
}

/** (c) What two sides say, changed, cut anew, with holes, straight to the parser of its protocol or of another. */
export function streamInput(conversations: readonly Conversation[], random: Random): StreamInput {
  const conversation = random.pick(conversations);
  let pieces = conversation.pieces.map(([direction, bytes]) => [direction, bytes] as [Direction, Uint8Array]);
  if (random.once(4) && conversation.transport === 'tcp') pieces = joined(pieces);
  const other = random.pick(conversations).pieces;
  for (let left = random.small(6); left > 0 && pieces.length > 0; left--) {
    const at = random.below(pieces.length);
    const piece = pieces[at]!;
    switch (random.below(9)) {
      case 0:
        pieces.splice(at, 0, [piece[0], piece[1]]);
        break;
      case 1:
        pieces.splice(at, 1);
        break;
      case 2:
        piece[0] = piece[0] === 0 ? 1 : 0;
        break;
      case 3:
        pieces.splice(random.below(pieces.length), 0, ...pieces.splice(at, 1));
        break;
      case 4:
        pieces.splice(at, 0, ...other.slice(0, 3).map(([d, bytes]) => [d, bytes] as [Direction, Uint8Array]));
        break;
      default:
        piece[1] = mutated(piece[1], random, random.pick(pieces)[1]);
    }
  }
  const own = conversation.protocol;
  const transport = conversation.transport;
  const choice = random.below(10);
  const protocol =
    choice < 6
      ? own
      : choice < 8
        ? ''
        : random.pick(PROTOCOLS.filter((p) => p.transports.includes(transport))).name;
  return {
    kind: 'stream',
    tight: random.once(3),
    protocol,
    transport,
    operations: operations(pieces, transport, random),
  };
}

function joined(pieces: readonly (readonly [Direction, Uint8Array])[]): [Direction, Uint8Array][] {
  const runs: [Direction, Uint8Array][] = [];
  for (const [direction, bytes] of pieces) {
    const last = runs.at(-1);
    if (last?.[0] === direction) last[1] = Buffer.concat([last[1], bytes]);
    else runs.push([direction, bytes]);
  }
  return runs;
}

function operations(
  pieces: readonly (readonly [Direction, Uint8Array])[],
  transport: 'tcp' | 'udp',
  random: Random,
): Operation[] {
  const list: Operation[] = [];
  // Byte by byte is the hardest segmentation, and the slowest: for short conversations only.
  const style = random.below(4);
  let left = STREAM_BYTES;
  for (const [direction, bytes] of pieces) {
    left -= bytes.length;
    if (left < 0) break;
    if (transport === 'udp') {
      list.push({ type: 'data', direction, bytes: bytes.subarray(0, 65507) });
      continue;
    }
    if (random.once(40)) list.push({ type: 'gap', direction, length: 1 + random.small(100_000) });
    for (let at = 0; at < bytes.length; ) {
      const size =
        style === 0 ? bytes.length : style === 1 && bytes.length < 4096 ? 1 : 1 + random.small(1460);
      list.push({ type: 'data', direction, bytes: bytes.subarray(at, at + size) });
      at += size;
      if (random.once(300)) {
        const length = 1 + random.small(1460);
        list.push({ type: 'gap', direction, length });
        // Either the hole is in place of the bytes, or between them.
        if (random.once(2)) at += length;
      }
    }
    if (random.once(60)) list.push({ type: 'close', direction });
  }
  if (random.once(3)) list.push({ type: 'close', direction: 0 }, { type: 'close', direction: 1 });
  return list;
}
