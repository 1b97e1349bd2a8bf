import type { Packet } from '../packet/packet.ts';
import { MacAddresses } from './macs.ts';
import * as R from './record.ts';
import { TimerWheel } from './timers.ts';

/** Bounds and seed of a table. */
export interface FlowTableOptions {
  /** Most flows alive at the same time; at the bound the one next to expire goes. */
  readonly maxFlows: number;
  /** Random: an attacker who knows it could choose tuples that collide. */
  readonly seed: number;
}

/**
 * Live flows: open addressing over pairs of words (record number + 1, hash) in front of fixed records in one
 * ArrayBuffer that the system commits as it is touched. A flow is found from both sides: the hash is the same in
 * either direction, and the record keeps client and server as they were seen first.
 */
export class FlowTable {
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly timers: TimerWheel;
  readonly macs: MacAddresses;
  /** Flows alive, and the highest number that were. */
  live = 0;
  peak = 0;
  /** Flows that had to go before their time. */
  evicted = 0;

  /** Set by `find`: the packet goes from the server to the client. */
  reversed = false;

  private slots: Int32Array;
  private mask: number;
  private readonly maxFlows: number;
  private readonly seed: number;
  /** Records that were never used begin here; freed ones are chained through NEXT. */
  private fresh = 0;
  private free = 0;
  private serial = 0;

  constructor(options: FlowTableOptions) {
    this.maxFlows = options.maxFlows;
    this.seed = options.seed | 0;
    const buffer = new ArrayBuffer(options.maxFlows * R.RECORD_WORDS * 4);
    this.words = new Int32Array(buffer);
    this.doubles = new Float64Array(buffer);
    this.timers = new TimerWheel(this.words);
    this.macs = new MacAddresses(this.words, this.seed);
    this.slots = new Int32Array(1 << 17);
    this.mask = (1 << 16) - 1;
  }

  /** Hash of a packet's tuple, the same for both directions. */
  hash(p: Packet, kind: number, scope: number): number {
    const seed = this.seed;
    let a: number;
    let b: number;
    if (p.ipVersion === 4) {
      a = Math.imul(p.src0 ^ seed, 0x85ebca6b);
      b = Math.imul(p.dst0 ^ seed, 0x85ebca6b);
    } else {
      a = Math.imul(fold(p.src0, p.src1, p.src2, p.src3, seed), 0x85ebca6b);
      b = Math.imul(fold(p.dst0, p.dst1, p.dst2, p.dst3, seed), 0x85ebca6b);
    }
    a = finish((a ^ (a >>> 15)) + Math.imul(p.srcPort + 1, 0x9e3779b1));
    b = finish((b ^ (b >>> 15)) + Math.imul(p.dstPort + 1, 0x9e3779b1));
    return finish((a + b) ^ Math.imul(kind ^ Math.imul(scope, 0xc2b2ae35), 0x27d4eb2f) ^ seed);
  }

  /** First word of the flow that the packet belongs to, or -1. Sets `reversed`. */
  find(p: Packet, kind: number, scope: number, hash: number): number {
    const { slots, mask, words } = this;
    const ports = (p.srcPort << 16) | p.dstPort;
    const swapped = (p.dstPort << 16) | p.srcPort;
    for (let s = hash & mask; ; s = (s + 1) & mask) {
      const entry = slots[s * 2]!;
      if (entry === 0) return -1;
      if (slots[s * 2 + 1] !== hash) continue;
      const w = (entry - 1) * R.RECORD_WORDS;
      if (words[w + R.KIND] !== kind || words[w + R.SCOPE] !== scope) continue;
      const held = words[w + R.PORTS];
      if (held === ports && words[w] === p.src0 && words[w + 4] === p.dst0) {
        if (p.ipVersion === 4 || sameSides(words, w, p)) {
          this.reversed = false;
          return w;
        }
      }
      if (held === swapped && words[w] === p.dst0 && words[w + 4] === p.src0) {
        if (p.ipVersion === 4 || oppositeSides(words, w, p)) {
          this.reversed = true;
          return w;
        }
      }
    }
  }

  /** Records that were ever used: those of live flows are among them. */
  get extent(): number {
    return this.fresh;
  }

  /** True when a new flow would need another to go first. */
  get full(): boolean {
    return this.live >= this.maxFlows;
  }

  /** Makes a record for the packet's flow, its source being the client; returns its first word. */
  insert(p: Packet, kind: number, scope: number, hash: number): number {
    let index: number;
    const words = this.words;
    let w: number;
    if (this.free !== 0) {
      index = this.free - 1;
      w = index * R.RECORD_WORDS;
      this.free = words[w + R.NEXT]!;
      words.fill(0, w, w + R.RECORD_WORDS);
    } else {
      // Memory that was never used is zero.
      index = this.fresh++;
      w = index * R.RECORD_WORDS;
    }
    words[w] = p.src0;
    words[w + 4] = p.dst0;
    if (p.ipVersion === 6) {
      words[w + 1] = p.src1;
      words[w + 2] = p.src2;
      words[w + 3] = p.src3;
      words[w + 5] = p.dst1;
      words[w + 6] = p.dst2;
      words[w + 7] = p.dst3;
    }
    words[w + R.PORTS] = (p.srcPort << 16) | p.dstPort;
    words[w + R.KIND] = kind;
    words[w + R.SCOPE] = scope;
    words[w + R.HASH] = hash;
    words[w + R.SERIAL] = ++this.serial;
    words[w + R.FIRST_PACKET] = p.number;
    words[w + R.RTT] = -1;
    words[w + R.RTT + 1] = -1;
    const d = w >> 1;
    this.doubles[d + R.START_US] = p.timeUs;
    this.doubles[d + R.LAST_US] = p.timeUs;
    this.live++;
    if (this.live > this.peak) this.peak = this.live;
    if (this.live * 2 > this.mask) this.grow();
    this.place(index + 1, hash);
    return w;
  }

  /** Takes a flow out; its record may be used again at once. */
  remove(w: number): void {
    const { slots, mask, words } = this;
    const entry = w / R.RECORD_WORDS + 1;
    this.timers.remove(w);
    this.macs.forget(w);
    let s = words[w + R.HASH]! & mask;
    while (slots[s * 2] !== entry) s = (s + 1) & mask;
    // Close the hole by moving back what was displaced over it.
    let hole = s;
    for (;;) {
      s = (s + 1) & mask;
      const moved = slots[s * 2]!;
      if (moved === 0) break;
      const home = slots[s * 2 + 1]! & mask;
      if (((s - home) & mask) >= ((s - hole) & mask)) {
        slots[hole * 2] = moved;
        slots[hole * 2 + 1] = slots[s * 2 + 1]!;
        hole = s;
      }
    }
    slots[hole * 2] = 0;
    words[w + R.NEXT] = this.free;
    words[w + R.SERIAL] = 0;
    this.free = entry;
    this.live--;
  }

  /** Exchanges client and server of a flow: what was counted for one is now the other's. */
  flip(w: number): void {
    const { words, doubles } = this;
    for (let i = 0; i < 4; i++) swap(words, w + i, w + 4 + i);
    const ports = words[w + R.PORTS]!;
    words[w + R.PORTS] = (ports << 16) | (ports >>> 16);
    for (const pair of [R.PACKETS, R.ISN, R.SEQ, R.ACKED, R.RETRANSMISSIONS, R.OUT_OF_ORDER]) {
      swap(words, w + pair, w + pair + 1);
    }
    for (const pair of [R.ZERO_WINDOW, R.GAPS, R.MISSED, R.BAD_CHECKSUM, R.LAST_CONTROL, R.RTT]) {
      swap(words, w + pair, w + pair + 1);
    }
    const d = w >> 1;
    for (const pair of [R.BYTES, R.IP_BYTES, R.PAYLOAD]) swap(doubles, d + pair, d + pair + 1);
    const flags = words[w + R.TCP_FLAGS]!;
    words[w + R.TCP_FLAGS] = ((flags & 0xff) << 8) | ((flags >> 8) & 0xff);
    const ttl = words[w + R.TTL]!;
    words[w + R.TTL] = (ttl << 16) | (ttl >>> 16);
    this.macs.flip(w);
    words[w + R.FLAGS] = words[w + R.FLAGS]! ^ R.FLAG_FLIPPED;
  }

  /** Calls `visit` with the first word of every live flow, in no particular order. */
  each(visit: (w: number) => void): void {
    for (let i = 0; i < this.fresh; i++) {
      const w = i * R.RECORD_WORDS;
      if (this.words[w + R.SERIAL] !== 0) visit(w);
    }
  }

  private place(entry: number, hash: number): void {
    const { slots, mask } = this;
    let s = hash & mask;
    while (slots[s * 2] !== 0) s = (s + 1) & mask;
    slots[s * 2] = entry;
    slots[s * 2 + 1] = hash;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i] !== 0) this.place(old[i]!, old[i + 1]!);
    }
  }
}

function fold(w0: number, w1: number, w2: number, w3: number, seed: number): number {
  let h = Math.imul(w0 ^ seed, 0x9e3779b1) ^ w1;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) ^ w2;
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35) ^ w3;
  return h ^ (h >>> 13);
}

function finish(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return h ^ (h >>> 15);
}

function sameSides(words: Int32Array, w: number, p: Packet): boolean {
  return (
    words[w + 1] === p.src1 &&
    words[w + 2] === p.src2 &&
    words[w + 3] === p.src3 &&
    words[w + 5] === p.dst1 &&
    words[w + 6] === p.dst2 &&
    words[w + 7] === p.dst3
  );
}

function oppositeSides(words: Int32Array, w: number, p: Packet): boolean {
  return (
    words[w + 1] === p.dst1 &&
    words[w + 2] === p.dst2 &&
    words[w + 3] === p.dst3 &&
    words[w + 5] === p.src1 &&
    words[w + 6] === p.src2 &&
    words[w + 7] === p.src3
  );
}

function swap(array: Int32Array | Float64Array, a: number, b: number): void {
  const held = array[a]!;
  array[a] = array[b]!;
  array[b] = held;
}
