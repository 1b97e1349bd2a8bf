import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import {
  type KernelAddon,
  loadKernel,
  type PacketRing,
  packProgram,
  RING_FLAGS,
} from '../../../native/index.ts';
import { Batch } from '../batch.ts';
import { BlockReader } from './block-reader.ts';
import { CopiedBlocks, MappedBlocks, type RingBlocks } from './blocks.ts';
import { LiveError, openingError, readingError, unknownInterface } from './error.ts';
import { fanoutProgram } from './fanout-program.ts';
import { ETHERNET, LOOPBACK_HARDWARE, linkTypeOf, RAW_IP } from './link-types.ts';
import { BLOCK_BYTES, DEFAULT_BLOCKS, DEFAULT_RETIRE_MS, type LiveOptions } from './options.ts';
import { captureProgram, REJECT_ALL } from './program.ts';
import { LiveCounter, type LiveStatistics, type RingPressure } from './statistics.ts';

/** Packets of a batch at most; a block of small ones makes several. */
const BATCH = 2048;
/** Milliseconds of reading without a pause, after which timers and signals get their turn. */
const TURN_MS = 5;
const INTERVAL_MS = 1000;
/** IFNAMSIZ, without the byte of zero. */
const MOST_NAME_BYTES = 15;
/** Beyond the longest packet of any kind. */
const SNAP_LENGTH = 262144;

/** Kinds of fanout (PACKET_FANOUT_, linux/if_packet.h); the flag puts fragments of IPv4 together before they are shared out. */
const FANOUT_KINDS = { flow: 6 | 0x8000, cpu: 2 } as const;
/** Bytes of the header of Ethernet and of loopback. */
const ETHERNET_HEADER = 14;

/**
 * Opens an interface. Packets gather in the ring from now on, until {@link LiveSource.close}; read them from the
 * thread that opened it. Throws {@link LiveError}.
 */
export function openLive(options: LiveOptions): LiveSource {
  const loaded = loadKernel();
  if (loaded.state !== 'ready') {
    const why = loaded.state === 'failed' ? ` (${loaded.reason})` : '';
    throw new LiveError('addon', `live capture needs the addon${why}: 'make addon' builds it`);
  }
  return new LiveSource(loaded.addon, options);
}

/** An interface whose packets are read as they come. */
export class LiveSource {
  readonly interface: string;
  /** LINKTYPE_ number of all its packets. */
  readonly linkType: number;
  /** False where blocks are copied out of the ring. */
  readonly mapped: boolean;
  private readonly addon: KernelAddon;
  private readonly ring: PacketRing;
  private readonly blocks: RingBlocks;
  private readonly blockCount: number;
  private readonly retireMs: number;
  private readonly reader: BlockReader;
  private readonly counter = new LiveCounter();
  private readonly onInterval: LiveOptions['onInterval'];
  private readonly batch = new Batch(BATCH);
  private closed = false;
  private reading = false;
  /** Ends the waiting that is under way. */
  private wake: (() => void) | undefined;

  /** Use {@link openLive}. */
  constructor(addon: KernelAddon, options: LiveOptions) {
    const name = options.interface;
    // What the kernel would not even look up.
    if (name === '' || Buffer.byteLength(name) > MOST_NAME_BYTES || name.includes('\0'))
      throw unknownInterface(name);
    this.addon = addon;
    this.interface = name;
    this.blockCount = options.blocks ?? DEFAULT_BLOCKS;
    this.retireMs = options.retireMs ?? DEFAULT_RETIRE_MS;
    this.onInterval = options.onInterval;
    const flags =
      (options.promiscuous === false ? 0 : RING_FLAGS.promiscuous) |
      (options.copying === true ? RING_FLAGS.copying : 0);
    try {
      // What kind of interface it is decides on the program: until then nothing passes.
      this.ring = new addon.PacketRing(
        name,
        BLOCK_BYTES,
        this.blockCount,
        this.retireMs,
        flags,
        packProgram(REJECT_ALL),
      );
    } catch (error) {
      throw openingError(name, error);
    }
    try {
      this.linkType = this.prepare(options);
    } catch (error) {
      this.ring.close();
      throw error instanceof LiveError ? error : openingError(name, error);
    }
    this.mapped = this.ring.mapped;
    this.blocks = this.mapped ? new MappedBlocks(this.ring) : new CopiedBlocks(this.ring);
    this.reader = new BlockReader({
      bytes: this.blocks.bytes,
      linkType: this.linkType,
      filter: options.filter,
      filterAll: options.filter !== undefined && this.linkType !== ETHERNET,
      counter: this.counter,
    });
  }

  /** Joins the group, then lets packets pass; in this order nothing goes to two sockets of a group. */
  private prepare({ filter, fanout, snapLength = SNAP_LENGTH }: LiveOptions): number {
    const { ring } = this;
    const linkType = linkTypeOf(ring.hardware);
    if (linkType === undefined) {
      const kind = `its kind of link (${ring.hardware}) is not known`;
      throw new LiveError(
        'link-type',
        `cannot capture on ${this.interface}: ${kind}; use an interface that carries Ethernet or IP`,
      );
    }
    if (filter !== undefined && linkType !== ETHERNET && linkType !== RAW_IP) {
      throw new LiveError(
        'filter',
        `a filter cannot be used on ${this.interface}, which gives 802.11 frames: leave it out`,
      );
    }
    const by = fanout?.by ?? 'flow';
    if (fanout !== undefined) ring.join(fanout.group, FANOUT_KINDS[by]);
    if (fanout !== undefined && by === 'flow') {
      ring.steer(packProgram(fanoutProgram(linkType === ETHERNET ? ETHERNET_HEADER : 0)));
    }
    const program = captureProgram({
      // The kernel's program is made for Ethernet.
      filter: linkType === ETHERNET ? filter : undefined,
      snapLength,
      withoutOutgoing: ring.hardware === LOOPBACK_HARDWARE,
    });
    this.addon.attachFilter(ring.descriptor, packProgram(program));
    return linkType;
  }

  /**
   * The packets as they come, in batches that point into the ring: one is valid until the next is asked for. Ends when
   * the signal says so, after what had come until then, or by {@link close}; throws {@link LiveError} when the interface
   * goes away, likewise after what had come.
   */
  async *batches(signal?: AbortSignal): AsyncGenerator<Batch> {
    if (this.reading || this.closed) throw new Error('a live source is read once, before it is closed');
    this.reading = true;
    const { blocks, reader, batch } = this;
    const abort = (): void => this.wake?.();
    const clock = setInterval(() => this.endInterval(), INTERVAL_MS).unref();
    signal?.addEventListener('abort', abort);
    try {
      let index = 0;
      let turn = performance.now();
      let ending = false;
      let failure = 0;
      while (!this.closed) {
        if (!ending && (failure !== 0 || signal?.aborted)) {
          ending = true;
          await this.settle();
          turn = performance.now();
        } else if (blocks.ready(index)) {
          reader.begin(blocks.start(index));
          try {
            while (reader.left > 0) {
              reader.fill(batch);
              if (batch.end > 0) yield batch;
              if (this.closed) return;
            }
          } finally {
            if (!this.closed) blocks.release(index);
          }
          index = index + 1 === this.blockCount ? 0 : index + 1;
          if (performance.now() - turn > TURN_MS) {
            await nextTurn();
            turn = performance.now();
          }
        } else if (ending) {
          if (failure !== 0) throw readingError(this.interface, failure, this.ring.exists());
          return;
        } else {
          failure = await this.readable();
          turn = performance.now();
        }
      }
    } finally {
      clearInterval(clock);
      signal?.removeEventListener('abort', abort);
      if (!this.closed) this.endInterval();
    }
  }

  /** What was counted since the beginning. */
  statistics(): LiveStatistics {
    this.collect();
    return this.counter.statistics();
  }

  /** How full the ring is, and what it has cost; cheap enough to be asked many times a second. */
  pressure(): RingPressure {
    this.collect();
    const waiting = this.closed ? 0 : this.ring.waiting();
    return { waiting, blocks: this.blockCount, dropped: this.counter.dropped };
  }

  /** Gives the ring back to the kernel; the batch at hand is empty from now on. Harmless when repeated. */
  close(): void {
    if (this.closed) return;
    this.collect();
    this.closed = true;
    this.wake?.();
    this.ring.close();
  }

  private collect(): void {
    if (!this.closed) this.counter.collect((numbers) => this.ring.statistics(numbers));
  }

  private endInterval(): void {
    this.collect();
    const interval = this.counter.endInterval(Date.now() * 1000);
    this.onInterval?.(interval);
  }

  /** Nothing more is let in, and the block that is being filled is handed out when its time has come. */
  private async settle(): Promise<void> {
    this.addon.attachFilter(this.ring.descriptor, packProgram(REJECT_ALL));
    await sleep(this.retireMs * 2 + 5);
  }

  /** Waits for a block, for the signal, or for close: resolves to 0, or to the number of the socket's error. */
  private readable(): Promise<number> {
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = undefined;
        if (!this.closed) this.ring.cancel();
        resolve(0);
      };
      this.ring.wait((error) => {
        this.wake = undefined;
        resolve(error);
      });
    });
  }
}
