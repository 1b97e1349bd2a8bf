import type { Filter } from '../filter/index.ts';
import type { LiveInterval } from './statistics.ts';

/** Shares the packets of an interface between several rings, so that each flow goes to one of them. */
export interface LiveFanout {
  /** Number of the group, 0 to 65535; the same for all that share. */
  readonly group: number;
  /** `flow` (default): both directions of a flow to the same ring (`fanout-program.ts`). `cpu`: by the receiving core. */
  readonly by?: 'flow' | 'cpu';
}

/** What is captured, and how. */
export interface LiveOptions {
  /** Name of the interface. */
  readonly interface: string;
  /** Only packets that match; the kernel sorts the others out. */
  readonly filter?: Filter | undefined;
  /** Blocks of {@link BLOCK_BYTES} of the ring (default {@link DEFAULT_BLOCKS}). */
  readonly blocks?: number | undefined;
  readonly fanout?: LiveFanout | undefined;
  /** Bytes of each packet that are captured (default: all of it, super-frames of 64 KB included). */
  readonly snapLength?: number | undefined;
  /** False: only what is addressed to this machine. */
  readonly promiscuous?: boolean | undefined;
  /** Milliseconds after which a block that is not full is handed out (default 10). */
  readonly retireMs?: number | undefined;
  /** True: blocks are copied out of the ring, as happens by itself where the runtime cannot map it. */
  readonly copying?: boolean | undefined;
  /** Told each second what was counted in it. */
  readonly onInterval?: ((interval: LiveInterval) => void) | undefined;
}

/**
 * Small blocks, and many: one that is not full goes after 10 ms, so that on a quiet line it is their number that
 * bounds how long the reader may be busy. A block holds several frames of 64 KB.
 */
export const BLOCK_BYTES = 256 * 1024;
/** 16 MiB: 0.6 s of a quiet line, 0.13 s of a full one of 1 Gbit/s. */
export const DEFAULT_BLOCKS = 64;
export const DEFAULT_RETIRE_MS = 10;
