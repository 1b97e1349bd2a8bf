import type { Packet } from '../packet/packet.ts';
import { type MacPair, MacPairs } from './mac-pairs.ts';
import * as R from './record.ts';

/** Addresses that are kept of each side of a flow, and flows of which more than one pair is kept. */
const MOST_ADDRESSES = 10;
const MOST_FLOWS = 65_536;

/** MAC addresses of the two sides of a flow, as text. Flows with the same two and no further ones share the object. */
export interface FlowMacs extends MacPair {
  /** Those that came up later; undefined where there was one pair only, as is usual. */
  readonly further?: FurtherMacs | undefined;
}

/** Addresses of both sides in the order in which they were seen. */
export interface FurtherMacs {
  readonly source: readonly string[];
  readonly destination: readonly string[];
}

/**
 * Which MAC addresses a flow's packets had. The flow's record has the number of the first pair, and above it that of
 * the last frame that was different; the few flows whose packets come by more than one way have the others here.
 */
export class MacAddresses {
  private readonly words: Int32Array;
  private readonly pairs: MacPairs;
  private readonly further = new Map<number, { readonly source: string[]; readonly destination: string[] }>();

  constructor(words: Int32Array, seed: number) {
    this.words = words;
    this.pairs = new MacPairs(seed);
  }

  /** Keeps the addresses of the flow's first packet, which goes from client to server. */
  first(w: number, p: Packet): void {
    this.words[w + R.MAC] = this.pairs.number(p.bytes, p.mac);
  }

  /** Takes note of a packet's addresses; the usual case, in which they are the known ones, costs little. */
  note(w: number, direction: number, p: Packet): void {
    const known = this.words[w + R.MAC]!;
    if (this.pairs.is(known & 0xffff, p.bytes, p.mac, direction === 1)) return;
    if (known >>> 16 !== 0 && this.pairs.is(known >>> 16, p.bytes, p.mac, false)) return;
    this.other(w, direction, p);
  }

  /** The addresses of a flow; undefined where its link has none. */
  of(w: number): FlowMacs | undefined {
    const known = this.words[w + R.MAC]!;
    if (known === 0) return undefined;
    const first = this.pairs.text(known & 0xffff);
    const further = known >>> 16 === 0 ? undefined : this.further.get(w);
    return further === undefined ? first : { ...first, further };
  }

  /** Exchanges the sides. */
  flip(w: number): void {
    const known = this.words[w + R.MAC]!;
    this.words[w + R.MAC] = this.pairs.reversed(known & 0xffff) | (known & ~0xffff);
    const more = known >>> 16 === 0 ? undefined : this.further.get(w);
    if (more !== undefined) this.further.set(w, { source: more.destination, destination: more.source });
  }

  /** Lets go of what is kept of a flow that has ended. */
  forget(w: number): void {
    if (this.words[w + R.MAC]! >>> 16 !== 0) this.further.delete(w);
  }

  private other(w: number, direction: number, p: Packet): void {
    const { words, pairs } = this;
    const number = pairs.number(p.bytes, p.mac);
    if (number === 0) return;
    const first = words[w + R.MAC]! & 0xffff;
    if (first === 0) {
      words[w + R.MAC] = direction === 0 ? number : pairs.reversed(number);
      return;
    }
    words[w + R.MAC] = first | (number << 16);
    const known = pairs.text(first);
    const seen = pairs.text(number);
    const source = direction === 0 ? seen.source : seen.destination;
    const destination = direction === 0 ? seen.destination : seen.source;
    let more = this.further.get(w);
    const newSource = source !== known.source && !more?.source.includes(source);
    const newDestination = destination !== known.destination && !more?.destination.includes(destination);
    if (!newSource && !newDestination) return;
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
