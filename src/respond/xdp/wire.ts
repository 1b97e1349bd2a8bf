import { spawnSync } from 'node:child_process';
import { closeSync } from 'node:fs';
import { kernelAddon, type PacketRing, packProgram } from '../../native/index.ts';
import { parseAddress } from '../../net/index.ts';

/** For tests and measurements: a veth pair, frames into its one end, and what came out of the other. */
export class Wire {
  /** Where programs are put. */
  readonly near: string;
  readonly far: string;
  private readonly sender: number;
  private readonly frames: PacketRing;
  private readonly marks: PacketRing;
  private readonly counted = new Float64Array(3);
  private seen = 0;
  private marked = 0;

  constructor(name: string) {
    const addon = kernelAddon()!;
    this.near = `${name}n`;
    this.far = `${name}f`;
    ip('link', 'add', this.near, 'type', 'veth', 'peer', 'name', this.far);
    for (const end of [this.near, this.far])
      ip('link', 'set', end, 'addrgenmode', 'none', 'arp', 'off', 'up');
    this.sender = addon.openSender(this.far);
    const open = (source: number) => new addon.PacketRing(this.near, 1 << 16, 2, 1, 0, fromSource(source));
    this.frames = open(FRAME_SOURCE);
    this.marks = open(MARK_SOURCE);
  }

  /** Sends the frames; how many came through. */
  async through(...frames: readonly Uint8Array[]): Promise<number> {
    const mark = new Uint8Array(60);
    const view = new DataView(mark.buffer);
    view.setUint32(6, MARK_SOURCE);
    // IEEE 802: for local experiments.
    view.setUint16(12, 0x88b5);
    const before = this.seen;
    const marksBefore = this.marked;
    const all = [...frames, mark];
    this.send(all, all.length);
    const end = performance.now() + 5000;
    // What was sent before the mark has come when the mark has.
    for (;;) {
      this.marked += this.take(this.marks);
      if (this.marked > marksBefore) break;
      if (performance.now() > end) throw new Error(`nothing comes from ${this.far} to ${this.near}`);
      await new Promise((done) => setTimeout(done, 1));
    }
    this.seen += this.take(this.frames);
    return this.seen - before;
  }

  /** Sends frames over and over until so many went. */
  send(frames: readonly Uint8Array[], count: number): void {
    const bytes = Buffer.concat(frames);
    const lengths = Uint32Array.from(frames, ({ length }) => length);
    const offsets = new Uint32Array(frames.length);
    for (let i = 1; i < frames.length; i++) offsets[i] = offsets[i - 1]! + lengths[i - 1]!;
    for (let sent = 0; sent < count; ) {
      const most = Math.min(frames.length, count - sent);
      sent += kernelAddon()!.sendFrames(this.sender, bytes, offsets, lengths, 0, most);
    }
  }

  /** Takes the pair away. */
  close(): void {
    closeSync(this.sender);
    this.frames.close();
    this.marks.close();
    ip('link', 'del', this.near);
  }

  private take(ring: PacketRing): number {
    this.counted.fill(0);
    ring.statistics(this.counted);
    return this.counted[0]!;
  }
}

/** The first four bytes of the hardware address that frames come from; marks come from another. */
const FRAME_SOURCE = 0x02776569;
const MARK_SOURCE = 0x0277656a;

/** A filter for frames from such a hardware address. */
function fromSource(source: number): Uint8Array {
  return packProgram([
    { code: 0x20, jt: 0, jf: 0, k: 6 },
    { code: 0x15, jt: 0, jf: 1, k: source },
    { code: 0x06, jt: 0, jf: 0, k: 64 },
    { code: 0x06, jt: 0, jf: 0, k: 0 },
  ]);
}

/** What {@link frame} is to have. */
export interface FrameParts {
  /** Types of VLAN tags, the outer first. */
  readonly tags?: readonly number[];
  /** In place of that of the address. */
  readonly type?: number;
  /** Bytes of IPv4 options. */
  readonly options?: number;
  /** Bytes of content. */
  readonly content?: number;
  /** The frame is cut to so many bytes. */
  readonly cut?: number;
}

/** An Ethernet frame with a UDP datagram from an address. */
export function frame(source: string, parts: FrameParts = {}): Uint8Array {
  const { version, words } = parseAddress(source)!;
  const { tags = [], options = 0, content = 18 } = parts;
  const start = 14 + 4 * tags.length;
  const header = version === 4 ? 20 + options : 40;
  const bytes = new Uint8Array(start + header + 8 + content);
  const view = new DataView(bytes.buffer);
  view.setUint32(6, FRAME_SOURCE);
  for (const [i, type] of tags.entries()) view.setUint32(12 + 4 * i, type * 0x10000 + 100 + i);
  view.setUint16(start - 2, parts.type ?? (version === 4 ? 0x0800 : 0x86dd));
  if (version === 4) {
    view.setUint16(start, 0x4000 + ((header / 4) << 8));
    view.setUint16(start + 2, bytes.length - start);
    view.setUint16(start + 8, (64 << 8) | 17);
    view.setInt32(start + 12, words[0]);
  } else {
    view.setUint32(start, 6 << 28);
    view.setUint16(start + 4, bytes.length - start - header);
    view.setUint16(start + 6, (17 << 8) | 64);
    for (const [i, word] of words.entries()) view.setInt32(start + 8 + 4 * i, word);
  }
  view.setUint16(start + header + 4, 8 + content);
  return parts.cut === undefined ? bytes : bytes.slice(0, parts.cut);
}

/** Runs `ip`; throws what it says when it fails. */
export function ip(...words: readonly string[]): void {
  const { status, stderr, error } = spawnSync('ip', words, { encoding: 'utf8', timeout: 10_000 });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${error?.message ?? stderr.trim()}`);
}
