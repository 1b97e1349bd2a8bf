/** The Ethernet frames of a folder of captures in memory, with the places of their addresses. */

import { openCaptures } from '../../src/tap/capture/index.ts';
import { Decoder, type Packet, type PacketSink } from '../../src/tap/packet/index.ts';
import { placesOf } from './addresses.ts';

const ETHERNET = 1;
/** A frame of so many tunnels and quoted headers keeps the addresses of the innermost. */
const MOST_PLACES = 16;

/** The frames of one capture, in the order of the file. */
export interface SourceCapture {
  /** Frames `[first, end)` of the lists of {@link SourceFrames}. */
  readonly first: number;
  readonly end: number;
}

/** All frames. */
export interface SourceFrames {
  readonly captures: readonly SourceCapture[];
  /** Of each frame: its bytes, its length on the wire, microseconds since the first frame of its capture. */
  readonly bytes: readonly Uint8Array[];
  readonly original: readonly number[];
  readonly timeUs: readonly number[];
  /** Of each frame: where it holds addresses (see addresses.ts). */
  readonly places: readonly Uint32Array[];
  /** Bytes of all frames. */
  readonly total: number;
}

/** Notes the addresses of all layers of a frame. */
class Places implements PacketSink {
  readonly found: number[] = [];

  packet(packet: Packet): void {
    // What came out of fragments lies in another buffer; the fragments themselves were here before.
    if (packet.reassembled || this.found.length + 4 > MOST_PLACES) return;
    if (packet.ipVersion !== 0 && packet.ipStart + (packet.ipVersion === 6 ? 40 : 20) <= packet.frameEnd) {
      this.add(placesOf(packet.ipVersion, packet.ipStart), packet.frameStart);
    }
    const { quoted } = packet;
    if (quoted < 0) return;
    const version = (packet.bytes[quoted] as number) >>> 4;
    if (quoted + (version === 6 ? 40 : 20) <= packet.frameEnd) {
      this.add(placesOf(version, quoted), packet.frameStart);
    }
  }

  private add(places: readonly number[], frameStart: number): void {
    for (const place of places) {
      const relative = place - frameStart;
      if (!this.found.includes(relative)) this.found.push(relative);
    }
  }
}

/**
 * Reads captures, each for itself. Those that are not Ethernet give nothing, those that are cut what they have.
 * Times that go back are set to the time before, so that sorting by time keeps the order of the file.
 */
export async function readSourceFrames(paths: readonly string[]): Promise<SourceFrames> {
  const captures: SourceCapture[] = [];
  const bytes: Uint8Array[] = [];
  const original: number[] = [];
  const timeUs: number[] = [];
  const places: Uint32Array[] = [];
  let total = 0;
  for (const path of paths) {
    const first = bytes.length;
    const sink = new Places();
    const decoder = new Decoder(sink);
    const sequence = await openCaptures([path], { onFinding: () => undefined });
    let startUs = Number.NaN;
    let lastUs = 0;
    for await (const batch of sequence.batches()) {
      for (let i = batch.first; i < batch.end; i++) {
        if (batch.linkType[i] !== ETHERNET) continue;
        sink.found.length = 0;
        decoder.decode(batch, i, bytes.length + 1);
        const start = batch.offset[i]!;
        const frame = batch.bytes.slice(start, start + batch.captured[i]!);
        const time = batch.timeUs[i]!;
        if (Number.isNaN(startUs)) startUs = time;
        lastUs = Math.max(lastUs, time - startUs);
        bytes.push(frame);
        original.push(batch.original[i]!);
        timeUs.push(lastUs);
        places.push(Uint32Array.from(sink.found));
        total += frame.length;
      }
    }
    sequence.close();
    if (bytes.length > first) captures.push({ first, end: bytes.length });
  }
  return { captures, bytes, original, timeUs, places, total };
}
