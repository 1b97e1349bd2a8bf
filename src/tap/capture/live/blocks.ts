import type { PacketRing } from '../../../native/index.ts';
import { BLOCK_BYTES } from './options.ts';

/** The blocks of a ring, wherever their bytes lie. */
export interface RingBlocks {
  readonly bytes: Uint8Array;
  /** True when the block is the reader's; until it is given back its bytes begin at `start(index)`. */
  ready(index: number): boolean;
  start(index: number): number;
  release(index: number): void;
}

/** Offset of `block_status` in a block (struct tpacket_hdr_v1 in struct tpacket_block_desc), in words. */
const STATUS_WORD = 2;
const STATUS_USER = 1;
const STATUS_KERNEL = 0;

/** The ring itself. */
export class MappedBlocks implements RingBlocks {
  readonly bytes: Uint8Array;
  private readonly words: Int32Array;

  constructor(ring: PacketRing) {
    this.bytes = new Uint8Array(ring.buffer);
    this.words = new Int32Array(ring.buffer);
  }

  ready(index: number): boolean {
    return (Atomics.load(this.words, index * (BLOCK_BYTES >> 2) + STATUS_WORD) & STATUS_USER) !== 0;
  }

  start(index: number): number {
    return index * BLOCK_BYTES;
  }

  release(index: number): void {
    // The ring may have been closed while its last block was looked at.
    if (this.words.length > 0)
      Atomics.store(this.words, index * (BLOCK_BYTES >> 2) + STATUS_WORD, STATUS_KERNEL);
  }
}

/** One block at a time, copied: for a runtime that refuses memory that is not its own. */
export class CopiedBlocks implements RingBlocks {
  readonly bytes: Uint8Array;
  private readonly ring: PacketRing;

  constructor(ring: PacketRing) {
    this.ring = ring;
    this.bytes = new Uint8Array(ring.buffer);
  }

  ready(index: number): boolean {
    if (!this.ring.copyBlock(index)) return false;
    this.ring.releaseBlock(index);
    return true;
  }

  start(): number {
    return 0;
  }

  /** It went back as soon as it was copied. */
  release(): void {}
}
