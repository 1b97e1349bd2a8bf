import type { Packet } from '../packet/packet.ts';
import * as R from './record.ts';

/** Addresses that are kept of each side of a flow, and flows of which more than one pair is kept. */
const MOST_ADDRESSES = 10;
const MOST_FLOWS = 65_536;

/** MAC addresses of the two sides of a flow, as text. */
export interface FlowMacs {
  readonly source: string;
  readonly destination: string;
  /** Those that came up later; undefined where there was one pair only, as is usual. */
  readonly further: FurtherMacs | undefined;
}

/** Addresses of both sides in the order in which they were seen. */
export interface FurtherMacs {
  readonly source: readonly string[];
  readonly destination: readonly string[];
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Which MAC addresses a flow's packets had. The first pair stands in the flow's record (destination, source: three
 * words); the few flows whose packets come by more than one way have the others here.
 */
export class MacAddresses {
  private readonly words: Int32Array;
  private readonly further = new Map<number, { readonly source: string[]; readonly destination: string[] }>();

  /** The addresses that were asked for last, and the words that they were made of. */
  private last: FlowMacs | undefined;
  private lastA = 0;
  private lastB = 0;
  private lastC = 0;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** Keeps the addresses of the flow's first packet, which goes from client to server. */
  first(w: number, p: Packet): void {
    const { words } = this;
    for (let i = 0; i < 3; i++) words[w + R.MAC + i] = word(p.bytes, p.mac + i * 4);
  }

  /** Takes note of a packet's addresses; the usual case, in which they are the known ones, costs little. */
  note(w: number, direction: number, p: Packet): void {
    const { words } = this;
    const { bytes, mac } = p;
    // The last four bytes tell addresses apart as a rule.
    const to = word(bytes, mac + 2);
    const from = word(bytes, mac + 8);
    const destination = (words[w + R.MAC]! << 16) | (words[w + R.MAC + 1]! >>> 16);
    const source = words[w + R.MAC + 2]!;
    if (direction === 0 ? to === destination && from === source : to === source && from === destination)
      return;
    this.other(w, direction, p);
  }

  /** The addresses of a flow; undefined where its link has none. */
  of(w: number): FlowMacs | undefined {
    const { words } = this;
    const a = words[w + R.MAC]!;
    const b = words[w + R.MAC + 1]!;
    const c = words[w + R.MAC + 2]!;
    if ((a | b | c) === 0) return undefined;
    const further = this.further.size === 0 ? undefined : this.further.get(w);
    const last = this.last;
    // On most links all flows have the same two ends.
    if (
      further === undefined &&
      last !== undefined &&
      a === this.lastA &&
      b === this.lastB &&
      c === this.lastC
    ) {
      return last;
    }
    const macs: FlowMacs = {
      destination: addressText(a >>> 16, (a << 16) | (b >>> 16)),
      source: addressText(b & 0xffff, c),
      further,
    };
    if (further === undefined) {
      this.last = macs;
      this.lastA = a;
      this.lastB = b;
      this.lastC = c;
    }
    return macs;
  }

  /** Exchanges the sides. */
  flip(w: number): void {
    const { words } = this;
    const a = words[w + R.MAC]!;
    const b = words[w + R.MAC + 1]!;
    const c = words[w + R.MAC + 2]!;
    words[w + R.MAC] = (b << 16) | (c >>> 16);
    words[w + R.MAC + 1] = (c << 16) | (a >>> 16);
    words[w + R.MAC + 2] = (a << 16) | (b >>> 16);
    const more = this.further.get(w);
    if (more !== undefined) this.further.set(w, { source: more.destination, destination: more.source });
  }

  /** Lets go of what is kept of a flow that has ended. */
  forget(w: number): void {
    if (this.further.size > 0) this.further.delete(w);
  }

  private other(w: number, direction: number, p: Packet): void {
    const known = this.of(w);
    if (known === undefined) {
      if (direction === 0) this.first(w, p);
      return;
    }
    const to = text(p.bytes, p.mac);
    const from = text(p.bytes, p.mac + 6);
    const source = direction === 0 ? from : to;
    const destination = direction === 0 ? to : from;
    const newSource = source !== known.source && !known.further?.source.includes(source);
    const newDestination =
      destination !== known.destination && !known.further?.destination.includes(destination);
    if (!newSource && !newDestination) return;
    let more = this.further.get(w);
    if (more === undefined) {
      if (this.further.size >= MOST_FLOWS) return;
      more = { source: [], destination: [] };
      this.further.set(w, more);
    }
    // The first one stands in the record.
    if (newSource && more.source.length < MOST_ADDRESSES - 1) more.source.push(source);
    if (newDestination && more.destination.length < MOST_ADDRESSES - 1) more.destination.push(destination);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Texts of addresses seen lately, by their last bits: a capture has few addresses and many packets. */
const PLACES = 1024;
const highs = new Int32Array(PLACES).fill(-1);
const lows = new Int32Array(PLACES);
const texts = new Array<string>(PLACES).fill('');

/** An address as text, from its first two bytes and its last four. */
function addressText(high: number, low: number): string {
  const place = (low ^ (low >>> 10) ^ high) & (PLACES - 1);
  if (highs[place] === high && lows[place] === low) return texts[place]!;
  const bytes = [high >>> 8, high & 255, low >>> 24, (low >> 16) & 255, (low >> 8) & 255, low & 255];
  const made = bytes.map((byte) => HEX[byte]).join(':');
  highs[place] = high;
  lows[place] = low;
  texts[place] = made;
  return made;
}

function text(bytes: Uint8Array, at: number): string {
  return addressText((bytes[at]! << 8) | bytes[at + 1]!, word(bytes, at + 2));
}
