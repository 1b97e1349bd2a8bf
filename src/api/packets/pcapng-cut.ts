import { Transform, type TransformCallback } from 'node:stream';

const ENHANCED_PACKET = 6;
const HEADER = 8;
/** A packet of a jumbo frame is far below. */
const MOST_BLOCK = 16 << 20;
const EMPTY = Buffer.alloc(0);

/** Why an answer with packets ended. */
export type CutReason = 'complete' | 'limit' | 'time' | 'failed';

/**
 * Passes on whole blocks of a pcapng file (draft-ietf-opsawg-pcapng) in this machine's order of bytes, up to so many
 * packets and bytes: wherever it ends, what came is a whole file. Emits `packet` at the first packet.
 */
export class PcapngCut extends Transform {
  packets = 0;
  bytes = 0;
  private hasBegun = false;
  /** A bound was reached. */
  isCut = false;
  private readonly mostPackets: number;
  private readonly mostBytes: number;
  private readonly onCut: () => void;
  /** The beginning of a block that is not whole yet. */
  private rest: Buffer = EMPTY;
  private fault: Error | undefined;

  /** `onCut` is told when nothing more is wanted. */
  constructor(mostPackets: number, mostBytes: number, onCut: () => void) {
    super();
    this.mostPackets = mostPackets;
    this.mostBytes = mostBytes;
    this.onCut = onCut;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const end = this.isCut ? 0 : this.wholeBlocks(bytes);
    if (end > 0) this.push(bytes.subarray(0, end));
    this.rest = this.isCut ? EMPTY : bytes.subarray(end);
    if (!this.hasBegun && this.packets > 0) {
      this.hasBegun = true;
      this.emit('packet');
    }
    done(this.fault);
  }

  /** Index behind the last whole block that is wanted. */
  private wholeBlocks(bytes: Buffer): number {
    let at = 0;
    while (at + HEADER <= bytes.length) {
      const length = bytes.readUInt32LE(at + 4);
      if (length < HEADER + 4 || length > MOST_BLOCK) {
        this.fault = new Error(`a block of ${length} bytes`);
        return at;
      }
      if (at + length > bytes.length) return at;
      const isPacket = bytes.readUInt32LE(at) === ENHANCED_PACKET;
      if (this.bytes + length > this.mostBytes || (isPacket && this.packets >= this.mostPackets)) {
        this.isCut = true;
        this.onCut();
        return at;
      }
      this.bytes += length;
      if (isPacket) this.packets++;
      at += length;
    }
    return at;
  }
}
