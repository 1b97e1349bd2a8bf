import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openCaptures, PcapngWriter } from '../src/tap/capture/index.ts';
import type { Frame } from './segments.ts';

/** Ethernet (LINKTYPE_ETHERNET). */
const ETHERNET = 1;
/** A file holds the packets of so long. */
const FILE_MS = 1000;
/** Packets have passed for so long when it starts: flows have ended by then, and there is something to look back at. */
const PAST_MS = 240_000;
/** Files that stay; who reads them is never so far behind. */
const KEPT_FILES = 300;

/** A packet of the bundled captures; `atUs` counts from the first of all. */
interface Packet {
  readonly atUs: number;
  readonly bytes: Uint8Array;
  readonly original: number;
  readonly linkType: number;
}

/** Reads captures into memory: those that are bundled are small. */
async function packetsOf(path: string): Promise<readonly Packet[]> {
  const sequence = await openCaptures([path], {});
  const packets: Packet[] = [];
  let first: number | undefined;
  for await (const batch of sequence.batches()) {
    for (let i = batch.first; i < batch.end; i++) {
      const timeUs = batch.timeUs[i] as number;
      first ??= timeUs;
      const offset = batch.offset[i] as number;
      packets.push({
        atUs: timeUs - first,
        bytes: batch.bytes.slice(offset, offset + (batch.captured[i] as number)),
        original: batch.original[i] as number,
        linkType: batch.linkType[i] as number,
      });
    }
  }
  sequence.close();
  return packets;
}

/** Plays captures again and again as if they were taken now, into rotated files, together with other frames. */
export class CaptureFeed {
  private readonly folder: string;
  private readonly packets: readonly Packet[];
  private readonly lengthUs: number;
  private readonly startUs = (Date.now() - PAST_MS) * 1000;
  /** Up to which time packets have been written. */
  private doneUs = this.startUs;
  private added: Frame[] = [];
  private files = 0;
  private timer: NodeJS.Timeout | undefined;

  private constructor(folder: string, packets: readonly Packet[]) {
    this.folder = folder;
    this.packets = packets;
    // A pause between the rounds: no connection goes over from one into the next.
    this.lengthUs = (packets.at(-1)?.atUs ?? 0) + 3_000_000;
  }

  /** `captures`: file or folder that is played; `folder`: where the files go. */
  static async open(captures: string, folder: string): Promise<CaptureFeed> {
    mkdirSync(folder, { recursive: true });
    return new CaptureFeed(folder, await packetsOf(captures));
  }

  /** Frames that pass, or have just passed, besides. */
  add(frames: readonly Frame[]): void {
    this.added.push(...frames);
  }

  start(): void {
    this.timer = setInterval(() => this.write(), FILE_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private write(): void {
    const untilUs = Date.now() * 1000;
    const due = this.added.filter(({ timeUs }) => timeUs < untilUs);
    this.added = this.added.filter(({ timeUs }) => timeUs >= untilUs);
    const frames = [
      ...this.played(this.doneUs, untilUs),
      ...due.map(({ timeUs, bytes }) => ({ timeUs, bytes, original: bytes.length, linkType: ETHERNET })),
    ].sort((one, other) => one.timeUs - other.timeUs);
    this.doneUs = untilUs;
    if (frames.length === 0) return;
    const name = `demo-${String(++this.files).padStart(6, '0')}.pcapng`;
    const path = join(this.folder, `${name}.new`);
    const writer = new PcapngWriter(path, { application: 'weir demo' });
    for (const { timeUs, bytes, original, linkType } of frames) {
      const whole = Math.floor(timeUs);
      const nanos = Math.floor((timeUs - whole) * 1000);
      writer.write({ bytes, offset: 0, captured: bytes.length, original, timeUs: whole, nanos, linkType });
    }
    writer.close();
    renameSync(path, join(this.folder, name));
    this.forget();
  }

  /** Packets of the captures that pass between two times. */
  private played(fromUs: number, untilUs: number) {
    const found: { timeUs: number; bytes: Uint8Array; original: number; linkType: number }[] = [];
    const firstRound = Math.floor((fromUs - this.startUs) / this.lengthUs);
    const lastRound = Math.floor((untilUs - this.startUs) / this.lengthUs);
    for (let round = firstRound; round <= lastRound; round++) {
      const beginUs = this.startUs + round * this.lengthUs;
      for (const { atUs, ...packet } of this.packets) {
        const timeUs = beginUs + atUs;
        if (timeUs >= fromUs && timeUs < untilUs) found.push({ ...packet, timeUs });
      }
    }
    return found;
  }

  private forget(): void {
    const names = readdirSync(this.folder)
      .filter((name) => name.endsWith('.pcapng'))
      .sort();
    for (const name of names.slice(0, -KEPT_FILES)) rmSync(join(this.folder, name), { force: true });
  }
}
