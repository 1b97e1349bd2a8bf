import {
  NDPI_FINAL,
  NDPI_RESULT,
  type NdpiAddon,
  type NdpiInspector,
  ndpiAddon,
} from '../../../native/index.ts';
import * as R from '../../flow/record.ts';
import type { Packet } from '../../packet/packet.ts';
import { type NdpiVerdict, Verdicts } from './verdicts.ts';

/** Packets of a flow that are shown; nearly all that nDPI knows it knows by then. */
const PACKETS = 8;
/** Packets that wait to be shown at most. */
const QUEUE = 1024;
/** Flows under inspection at most, some 700 bytes each. */
const CAPACITY = 65536;
/** Flows that make room at a time when there are so many: what waits is shown before, and that should not be little. */
const DISPLACED = 64;

// The word R.NDPI: number of the flow in the slab + 1 (0: it has none), packets shown, and two bits.
const FLOW_MASK = 0xfffff;
const PACKETS_SHIFT = 20;
const PACKETS_MASK = 15;
const DONE = 1 << 24;
/** Packets of the flow wait in the queue. */
const WAITING = 1 << 25;

/** Counters of a run. */
export interface NdpiCounters {
  /** Packets and flows that were shown. */
  packets: number;
  flows: number;
  /** Flows that had to be decided on before their time, to make room for others. */
  displaced: number;
}

/** What a voice needs besides the flow records. */
export interface NdpiVoiceOptions {
  /** Where nDPI comes from; called when the first packet is to be shown. */
  readonly load?: (() => NdpiAddon | undefined) | undefined;
  /** Flows under inspection at most, below 2^20. */
  readonly capacity?: number | undefined;
}

/**
 * nDPI, asked about flows that nothing else has recognised. Packets are collected and shown in one call across the
 * border to C, at the end of each batch at the latest; the flow's record keeps what it said. Without the library a
 * voice is silent.
 */
export class NdpiVoice {
  readonly counters: NdpiCounters = { packets: 0, flows: 0, displaced: 0 };
  private readonly words: Int32Array;
  private readonly load: () => NdpiAddon | undefined;
  private readonly capacity: number;
  private state: 'new' | 'open' | 'silent' = 'new';
  private inspector: NdpiInspector | undefined;
  private verdicts: Verdicts | undefined;

  // The queue: packets that lie in `bytes`, and the first word of each one's flow.
  private bytes: Uint8Array = new Uint8Array(0);
  private count = 0;
  private readonly owners = new Int32Array(QUEUE);
  private readonly offsets = new Uint32Array(QUEUE);
  private readonly lengths = new Uint32Array(QUEUE);
  private readonly flows = new Int32Array(QUEUE);
  private readonly times = new Float64Array(QUEUE);
  private readonly results = new Int32Array(QUEUE * NDPI_RESULT.length);
  private readonly last = new Int32Array(NDPI_RESULT.length);

  /** Numbers that are free, above those from `fresh` on; and those to be freed once the queue is empty. */
  private readonly free: number[] = [];
  private fresh = 0;
  /** First word of the flow that each number was given to, and the number that makes room next. */
  private readonly holders: Int32Array;
  private next = 0;
  private leaving: Int32Array = new Int32Array(256);
  private leavingCount = 0;

  /** `words` are the flow records (see flow/record.ts). */
  constructor(words: Int32Array, options: NdpiVoiceOptions = {}) {
    this.words = words;
    this.load = options.load ?? ndpiAddon;
    this.capacity = Math.min(options.capacity ?? CAPACITY, FLOW_MASK);
    this.holders = new Int32Array(this.capacity);
  }

  /**
   * Shows a packet of the flow whose record begins at word `w`. Its bytes are those of the batch, valid until
   * `flush`, or the packet's own when it was put together from fragments.
   */
  submit(w: number, packet: Packet): void {
    const { words } = this;
    let state = words[w + R.NDPI]!;
    if ((state & DONE) !== 0 || this.state === 'silent') return;
    const shown = (state >>> PACKETS_SHIFT) & PACKETS_MASK;
    if (shown >= PACKETS) return;
    if (this.state === 'new' && !this.open()) return;
    if (packet.bytes !== this.bytes || this.count === QUEUE) {
      this.flush();
      this.bytes = packet.bytes;
      state = words[w + R.NDPI]!;
      if ((state & DONE) !== 0) return;
    }
    if ((state & FLOW_MASK) === 0) {
      const number = this.number(packet.bytes);
      this.holders[number] = w;
      this.counters.flows++;
      state |= number + 1;
    }
    words[w + R.NDPI] = (state + (1 << PACKETS_SHIFT)) | WAITING;
    const i = this.count++;
    this.owners[i] = w;
    this.offsets[i] = packet.ipStart;
    this.lengths[i] = packet.ipEnd - packet.ipStart;
    this.flows[i] = (state & FLOW_MASK) - 1;
    this.times[i] = packet.timeUs / 1000;
    if (packet.base < 0) this.flush();
  }

  /** Shows what waits; what nDPI says goes into the records. */
  flush(): void {
    if (this.count > 0) this.show();
    this.bytes = NO_BYTES;
    if (this.leavingCount > 0) this.release();
  }

  /** The flow needs no second voice any more. */
  forget(w: number): void {
    const state = this.words[w + R.NDPI]!;
    if ((state & FLOW_MASK) !== 0) this.leave(state);
    this.words[w + R.NDPI] = DONE;
  }

  /** The flow is about to end: what nDPI makes of it as a whole. */
  ended(w: number): void {
    const { words } = this;
    if ((words[w + R.NDPI]! & WAITING) !== 0) this.flush();
    const state = words[w + R.NDPI]!;
    if ((state & FLOW_MASK) !== 0) this.conclude(w, state);
  }

  /** What nDPI has said of a flow, if anything. */
  verdict(w: number): NdpiVerdict | undefined {
    const word = this.words[w + R.NDPI_VERDICT]!;
    return word === 0 ? undefined : this.verdicts?.verdict(word);
  }

  /** Risks that nDPI sees in a flow. */
  risks(w: number): readonly string[] {
    const word = this.words[w + R.NDPI_VERDICT]!;
    return word === 0 || this.verdicts === undefined ? [] : this.verdicts.risksOf(word);
  }

  /** Flows for which memory is held. */
  get live(): number {
    return this.inspector?.live() ?? 0;
  }

  /** A number for a flow whose packet lies in `bytes`. */
  private number(bytes: Uint8Array): number {
    const number = this.free.pop();
    if (number !== undefined) return number;
    if (this.fresh < this.capacity) return this.fresh++;
    this.flush();
    this.bytes = bytes;
    return this.free.pop() ?? this.displace();
  }

  /** Decides on flows that have been looked into for long; returns the number of one. All numbers are in use. */
  private displace(): number {
    const { words, holders } = this;
    const first = this.next;
    for (let i = Math.min(DISPLACED, this.capacity); i > 0; i--) {
      const w = holders[this.next]!;
      this.conclude(w, words[w + R.NDPI]!);
      this.counters.displaced++;
      this.next = (this.next + 1) % this.capacity;
    }
    this.release();
    return this.free.pop() ?? first;
  }

  private open(): boolean {
    const addon = this.load();
    if (addon === undefined) {
      this.state = 'silent';
      return false;
    }
    try {
      this.inspector = new addon.Inspector(this.capacity);
    } catch {
      // Out of memory, or a library that cannot set itself up: the core goes on alone.
      this.state = 'silent';
      return false;
    }
    this.verdicts = new Verdicts(addon, this.inspector);
    this.state = 'open';
    return true;
  }

  private show(): void {
    const { words, owners, flows, results, count } = this;
    // Flows that were recognised or have ended since; a number is not given out again before the queue is empty.
    for (let i = 0; i < count; i++) {
      if ((words[owners[i]! + R.NDPI]! & FLOW_MASK) !== flows[i]! + 1) flows[i] = -1;
    }
    this.inspector?.process(this.bytes, count, this.offsets, this.lengths, flows, this.times, results);
    this.count = 0;
    this.counters.packets += count;
    for (let i = 0; i < count; i++) this.take(owners[i]!, flows[i]!, i * NDPI_RESULT.length);
  }

  private take(w: number, flow: number, at: number): void {
    const { words, results } = this;
    const state = words[w + R.NDPI]! & ~WAITING;
    // The flow may have been decided by an earlier packet of this queue.
    if (flow < 0 || (state & FLOW_MASK) !== flow + 1) return;
    words[w + R.NDPI] = state;
    const word = this.verdicts?.pack(results, at) ?? 0;
    if (word !== 0) words[w + R.NDPI_VERDICT] = word;
    if ((results[at + NDPI_RESULT.confidence]! & NDPI_FINAL) !== 0) {
      this.leave(state);
      words[w + R.NDPI] = DONE;
    } else if (((state >>> PACKETS_SHIFT) & PACKETS_MASK) >= PACKETS) {
      this.conclude(w, state);
    }
  }

  private conclude(w: number, state: number): void {
    const { words, last } = this;
    this.inspector?.conclude((state & FLOW_MASK) - 1, last);
    const word = this.verdicts?.pack(last, 0) ?? 0;
    if (word !== 0) words[w + R.NDPI_VERDICT] = word;
    this.leave(state);
    words[w + R.NDPI] = DONE;
  }

  private leave(state: number): void {
    if (this.leavingCount === this.leaving.length) {
      const grown = new Int32Array(this.leaving.length * 2);
      grown.set(this.leaving);
      this.leaving = grown;
    }
    this.leaving[this.leavingCount++] = (state & FLOW_MASK) - 1;
  }

  private release(): void {
    this.inspector?.release(this.leaving, this.leavingCount);
    for (let i = 0; i < this.leavingCount; i++) this.free.push(this.leaving[i]!);
    this.leavingCount = 0;
  }
}

const NO_BYTES = new Uint8Array(0);
