import { COUNTER } from './counters.ts';
import type { Packet } from './packet.ts';

/**
 * Datagrams that come in pieces (RFC 791 section 3.2, RFC 8200 section 4.5), bounded in number, bytes and time.
 * Where pieces overlap, the policy says whose bytes count, as hosts differ in it (Novak, Target-Based
 * Fragmentation Reassembly).
 */

/**
 * Who wins where a new piece overlaps one that is there:
 * `first` the old one; `last` the new one; `bsd` the one that starts first, the old one when both start at the same
 * place; `bsd-right` and `linux` the same, but the new one when both start at the same place; `windows` the old one
 * unless the new one starts before and ends behind it; `solaris` as `windows`, also when both end at the same place.
 */
export type OverlapPolicy = 'first' | 'last' | 'bsd' | 'bsd-right' | 'linux' | 'windows' | 'solaris';

/** Bounds of the table. */
export interface FragmentLimits {
  /** Datagrams that may be held at the same time. */
  readonly datagrams: number;
  /** Bytes that may be held, of all datagrams. */
  readonly bytes: number;
  /** Seconds after which a datagram without a new piece is given up. */
  readonly timeoutSeconds: number;
  readonly policy: OverlapPolicy;
}

/** Bounds as Suricata has them by default. */
export const DEFAULT_FRAGMENT_LIMITS: FragmentLimits = {
  datagrams: 65535,
  bytes: 32 << 20,
  timeoutSeconds: 60,
  policy: 'bsd',
};

/** One piece: what the packet does not say itself. Positions index the packet's bytes. */
export interface Piece {
  readonly id: number;
  readonly protocol: number;
  /** Offset in the datagram's data, in bytes. */
  readonly offset: number;
  readonly more: boolean;
  /** Start of its data, which ends at `packet.ipEnd`. */
  readonly data: number;
  /** IPv6: index of the byte that names the fragment header; -1 for IPv4. */
  readonly nextHeader: number;
}

/** Bytes that a datagram costs beside its data. */
const OVERHEAD = 256;
/** Link headers longer than this are not kept with a reassembled datagram. */
const MAX_LINK_HEADER = 128;
const MAX_DATA = 0x10000;
const LEAST_DATA = 256;
/** Separate pieces of one datagram; 64 kB in the pieces of the smallest MTU are 1,365. */
const MAX_RUNS = 2048;

/** A datagram that is being put together. */
class Datagram {
  readonly hash: number;
  readonly version: number;
  readonly id: number;
  readonly protocol: number;
  readonly vlan: number;
  readonly tunnel: number;
  readonly addresses: Int32Array;
  /** Neighbours in the same bucket, and in the order of the last piece. */
  sibling: Datagram | undefined;
  older: Datagram | undefined;
  newer: Datagram | undefined;
  touchedUs = 0;
  /** Everything from the link header up to the data, of the piece with offset 0. */
  header: Uint8Array | undefined;
  /** Where the IP header starts in it, and which of its bytes names what follows the header (-1: none). */
  network = 0;
  nextHeader = -1;
  nextProtocol = 0;
  data: Uint8Array;
  /** End of the data, known from the last piece; -1 before. */
  total = -1;
  /** What is there, in order and disjoint: start, end, and the start and end of the piece that it came with. */
  readonly from: number[] = [];
  readonly to: number[] = [];
  readonly owner: number[] = [];
  readonly ownerEnd: number[] = [];
  /** Bytes held below `total`, or in all while that is unknown. */
  held = 0;

  constructor(packet: Packet, piece: Piece, hash: number) {
    this.hash = hash;
    this.version = packet.ipVersion;
    this.id = piece.id;
    // RFC 8200 leaves the protocol out of an IPv6 datagram's identity.
    this.protocol = packet.ipVersion === 4 ? piece.protocol : 0;
    this.vlan = packet.vlans === 0 ? -1 : packet.vlan0;
    this.tunnel = packet.tunnelId;
    this.addresses = Int32Array.of(
      packet.src0,
      packet.src1,
      packet.src2,
      packet.src3,
      packet.dst0,
      packet.dst1,
      packet.dst2,
      packet.dst3,
    );
    this.data = new Uint8Array(LEAST_DATA);
  }

  is(packet: Packet, piece: Piece): boolean {
    const a = this.addresses;
    return (
      this.id === piece.id &&
      this.version === packet.ipVersion &&
      (this.version === 6 || this.protocol === piece.protocol) &&
      a[0] === packet.src0 &&
      a[4] === packet.dst0 &&
      a[1] === packet.src1 &&
      a[2] === packet.src2 &&
      a[3] === packet.src3 &&
      a[5] === packet.dst1 &&
      a[6] === packet.dst2 &&
      a[7] === packet.dst3 &&
      this.vlan === (packet.vlans === 0 ? -1 : packet.vlan0) &&
      this.tunnel === packet.tunnelId
    );
  }
}

/** Holds pieces until their datagram is whole. */
export class FragmentTable {
  /** Of the last call of {@link add}: the piece overlapped what was there. */
  overlap = false;
  /** Of the last call of {@link add}: the piece was turned away. */
  ignored = false;
  /** The datagram that {@link add} completed, with its link header; where in it the IP header starts. */
  whole: Uint8Array = new Uint8Array(0);
  network = 0;

  private readonly limits: FragmentLimits;
  private readonly seed: number;
  private readonly counts: Float64Array;
  private readonly buckets = new Map<number, Datagram>();
  private oldest: Datagram | undefined;
  private newest: Datagram | undefined;
  private count = 0;
  private bytes = 0;

  /** `seed` makes the order of the table unknown to senders; `counts` is indexed by `COUNTER`. */
  constructor(limits: FragmentLimits, seed: number, counts: Float64Array) {
    this.limits = limits;
    this.seed = seed | 0;
    this.counts = counts;
  }

  /** Datagrams that are not whole, and the bytes they hold. */
  get waiting(): number {
    return this.count;
  }
  get heldBytes(): number {
    return this.bytes;
  }

  /** Takes the piece in the packet. True when it made a datagram whole: it is in `whole` until the next call. */
  add(packet: Packet, piece: Piece): boolean {
    this.overlap = false;
    this.ignored = false;
    this.expire(packet.timeUs);
    const start = piece.offset;
    const end = start + (packet.ipEnd - piece.data);
    if (end > MAX_DATA || end < start) {
      this.ignored = true;
      return false;
    }
    const hash = this.hash(packet, piece);
    let datagram = this.buckets.get(hash);
    while (datagram !== undefined && !datagram.is(packet, piece)) datagram = datagram.sibling;
    if (datagram === undefined) {
      datagram = new Datagram(packet, piece, hash);
      this.insert(datagram);
    } else {
      this.unlink(datagram);
    }
    datagram.touchedUs = packet.timeUs;
    this.append(datagram);
    if (datagram.from.length >= MAX_RUNS) {
      this.ignored = true;
      return false;
    }
    this.grow(datagram, end);
    this.store(datagram, packet.bytes, piece.data, start, end);
    if (start === 0 && datagram.header === undefined) this.keepHeader(datagram, packet, piece);
    if (!piece.more && datagram.total < 0) {
      datagram.total = end;
      this.recount(datagram);
    }
    if (datagram.header !== undefined && datagram.total >= 0 && datagram.held >= datagram.total) {
      this.remove(datagram);
      this.assemble(datagram);
      return true;
    }
    while (this.count > 1 && (this.bytes > this.limits.bytes || this.count > this.limits.datagrams)) {
      this.counts[COUNTER.fragment_evictions]!++;
      this.remove(this.oldest!);
    }
    return false;
  }

  /** Gives up the datagrams that have waited too long at the given time of the capture. */
  expire(timeUs: number): void {
    const limit = timeUs - this.limits.timeoutSeconds * 1e6;
    while (this.oldest !== undefined && this.oldest.touchedUs < limit) {
      this.counts[COUNTER.fragment_timeouts]!++;
      this.remove(this.oldest);
    }
  }

  /** The capture is over: gives up all that is held. */
  clear(): void {
    while (this.oldest !== undefined) {
      this.counts[COUNTER.fragment_timeouts]!++;
      this.remove(this.oldest);
    }
  }

  private hash(packet: Packet, piece: Piece): number {
    let h = this.seed ^ piece.id;
    for (const word of [packet.src0, packet.src1, packet.src2, packet.src3]) h = mix(h ^ word);
    for (const word of [packet.dst0, packet.dst1, packet.dst2, packet.dst3]) h = mix(h ^ word);
    return mix(h ^ packet.tunnelId);
  }

  private insert(datagram: Datagram): void {
    datagram.sibling = this.buckets.get(datagram.hash);
    this.buckets.set(datagram.hash, datagram);
    this.count++;
    this.bytes += datagram.data.length + OVERHEAD;
  }

  /** Puts the datagram at the young end of the order. */
  private append(datagram: Datagram): void {
    datagram.older = this.newest;
    datagram.newer = undefined;
    if (this.newest === undefined) this.oldest = datagram;
    else this.newest.newer = datagram;
    this.newest = datagram;
  }

  private unlink(datagram: Datagram): void {
    if (datagram.older === undefined) this.oldest = datagram.newer;
    else datagram.older.newer = datagram.newer;
    if (datagram.newer === undefined) this.newest = datagram.older;
    else datagram.newer.older = datagram.older;
  }

  private remove(datagram: Datagram): void {
    this.unlink(datagram);
    let link = this.buckets.get(datagram.hash);
    if (link === datagram) {
      if (datagram.sibling === undefined) this.buckets.delete(datagram.hash);
      else this.buckets.set(datagram.hash, datagram.sibling);
    } else {
      while (link !== undefined && link.sibling !== datagram) link = link.sibling;
      if (link !== undefined) link.sibling = datagram.sibling;
    }
    this.count--;
    this.bytes -= datagram.data.length + OVERHEAD + (datagram.header?.length ?? 0);
  }

  private grow(datagram: Datagram, end: number): void {
    const old = datagram.data;
    if (end <= old.length) return;
    let size = old.length;
    while (size < end) size *= 2;
    datagram.data = new Uint8Array(size);
    datagram.data.set(old);
    this.bytes += size - old.length;
  }

  private keepHeader(datagram: Datagram, packet: Packet, piece: Piece): void {
    const linkHeader = packet.ipStart - packet.layerStart;
    const from = linkHeader <= MAX_LINK_HEADER ? packet.layerStart : packet.ipStart;
    // Without the fragment header of IPv6, the last eight bytes.
    const to = piece.nextHeader < 0 ? piece.data : piece.data - 8;
    datagram.header = packet.bytes.slice(from, to);
    datagram.network = packet.ipStart - from;
    datagram.nextHeader = piece.nextHeader < 0 ? -1 : piece.nextHeader - from;
    datagram.nextProtocol = piece.protocol;
    this.bytes += datagram.header.length;
  }

  /** Writes `[start, end)` of the datagram from `bytes`, where no older piece wins. */
  private store(datagram: Datagram, bytes: Uint8Array, data: number, start: number, end: number): void {
    const { from, to, owner, ownerEnd } = datagram;
    const runs = from.length;
    if (start === end) return;
    if (runs === 0 || to[runs - 1]! <= start) {
      datagram.data.set(bytes.subarray(data, data + end - start), start);
      from.push(start);
      to.push(end);
      owner.push(start);
      ownerEnd.push(end);
      this.cover(datagram, start, end);
      return;
    }
    // First run that ends behind the new piece's start.
    let low = 0;
    let high = runs;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (to[middle]! <= start) low = middle + 1;
      else high = middle;
    }
    const first = low;
    // The runs that replace those from `first` on, up to the one that starts at or behind the end.
    const newFrom: number[] = [];
    const newTo: number[] = [];
    const newOwner: number[] = [];
    const newOwnerEnd: number[] = [];
    const put = (a: number, b: number, own: number, ownEnd: number): void => {
      const last = newFrom.length - 1;
      if (last >= 0 && newTo[last] === a && newOwner[last] === own && newOwnerEnd[last] === ownEnd) {
        newTo[last] = b;
        return;
      }
      newFrom.push(a);
      newTo.push(b);
      newOwner.push(own);
      newOwnerEnd.push(ownEnd);
    };
    const take = (a: number, b: number): void => {
      datagram.data.set(bytes.subarray(data + a - start, data + b - start), a);
      put(a, b, start, end);
    };
    let at = start;
    let index = first;
    for (; index < runs && from[index]! < end; index++) {
      const runFrom = from[index]!;
      const runTo = to[index]!;
      const own = owner[index]!;
      const ownEnd = ownerEnd[index]!;
      this.overlap = true;
      if (runFrom > at) {
        take(at, runFrom);
        this.cover(datagram, at, runFrom);
      } else if (runFrom < start) put(runFrom, start, own, ownEnd);
      const a = Math.max(runFrom, start);
      const b = Math.min(runTo, end);
      if (this.newWins(start, end, own, ownEnd)) take(a, b);
      else put(a, b, own, ownEnd);
      if (runTo > end) put(end, runTo, own, ownEnd);
      at = b;
    }
    if (at < end) {
      take(at, end);
      this.cover(datagram, at, end);
    }
    from.splice(first, index - first, ...newFrom);
    to.splice(first, index - first, ...newTo);
    owner.splice(first, index - first, ...newOwner);
    ownerEnd.splice(first, index - first, ...newOwnerEnd);
  }

  private newWins(start: number, end: number, own: number, ownEnd: number): boolean {
    switch (this.limits.policy) {
      case 'first':
        return false;
      case 'last':
        return true;
      case 'bsd':
        return start < own;
      case 'bsd-right':
      case 'linux':
        return start <= own;
      case 'windows':
        return start < own && end > ownEnd;
      case 'solaris':
        return start < own && end >= ownEnd;
    }
  }

  /** `[start, end)` is newly there. */
  private cover(datagram: Datagram, start: number, end: number): void {
    const stop = datagram.total < 0 ? end : Math.min(end, datagram.total);
    if (stop > start) datagram.held += stop - start;
  }

  /** The total has become known: what lies behind it does not count. */
  private recount(datagram: Datagram): void {
    datagram.held = 0;
    for (let i = 0; i < datagram.from.length; i++) this.cover(datagram, datagram.from[i]!, datagram.to[i]!);
  }

  /** Puts header and data together and corrects the header's length and next protocol. */
  private assemble(datagram: Datagram): void {
    const header = datagram.header!;
    const whole = new Uint8Array(header.length + datagram.total);
    whole.set(header);
    whole.set(datagram.data.subarray(0, datagram.total), header.length);
    const network = datagram.network;
    if (datagram.version === 4) {
      const length = Math.min(0xffff, whole.length - network);
      whole[network + 2] = length >> 8;
      whole[network + 3] = length;
      whole[network + 6] = 0;
      whole[network + 7] = 0;
    } else {
      const length = Math.min(0xffff, whole.length - network - 40);
      whole[network + 4] = length >> 8;
      whole[network + 5] = length;
      whole[datagram.nextHeader] = datagram.nextProtocol;
    }
    this.whole = whole;
    this.network = network;
  }
}

function mix(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}
