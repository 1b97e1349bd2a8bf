import { COUNTER } from './counters.ts';
import type { Packet } from './packet.ts';

/** The Internet checksum (RFC 1071): which packets it is computed for, and the verdicts. */

/** `all`: every packet; `none`: never; `auto`: until it is clear that the capture saw unfinished checksums. */
export type ChecksumMode = 'all' | 'none' | 'auto';

export const NOT_CHECKED = 0;
export const RIGHT = 1;
export const WRONG = 2;

/** In `auto` mode: after this many transport checksums it is decided whether they mean anything. */
const SAMPLE = 1000;
/** More than one wrong in this many: the sender left them to its network card. */
const RATIO = 10;

/** One's complement sum of the 16-bit words of `[start, end)`, on top of `sum`; an odd last byte is padded. */
export function sum16(bytes: Uint8Array, start: number, end: number, sum: number): number {
  let total = sum;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    total += ((bytes[i]! << 8) | bytes[i + 1]!) + ((bytes[i + 2]! << 8) | bytes[i + 3]!);
  }
  for (; i + 2 <= end; i += 2) total += (bytes[i]! << 8) | bytes[i + 1]!;
  if (i < end) total += bytes[i]! << 8;
  return total;
}

/** Folds a sum to 16 bits; the checksum of a right packet folds to 0xffff. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

/** Sum of the pseudo header's addresses, protocol and length (RFC 9293 section 3.1, RFC 8200 section 8.1). */
function pseudoHeader(packet: Packet, protocol: number, length: number): number {
  let sum = protocol + (length & 0xffff) + (length >>> 16);
  sum += (packet.src0 >>> 16) + (packet.src0 & 0xffff) + (packet.dst0 >>> 16) + (packet.dst0 & 0xffff);
  if (packet.ipVersion === 6) {
    sum += (packet.src1 >>> 16) + (packet.src1 & 0xffff) + (packet.dst1 >>> 16) + (packet.dst1 & 0xffff);
    sum += (packet.src2 >>> 16) + (packet.src2 & 0xffff) + (packet.dst2 >>> 16) + (packet.dst2 & 0xffff);
    sum += (packet.src3 >>> 16) + (packet.src3 & 0xffff) + (packet.dst3 >>> 16) + (packet.dst3 & 0xffff);
  }
  return sum;
}

/** Decides whether checksums are computed, and computes them. */
export class Checksums {
  /** False: no checksum is computed, verdicts are 0. */
  active: boolean;
  /** True: the frame at hand was captured before its transport checksum was computed; it gets no verdict. */
  unfinished = false;
  private readonly automatic: boolean;
  private checked = 0;
  private wrong = 0;
  private readonly counts: Float64Array;

  /** `counts` is indexed by `COUNTER`. */
  constructor(mode: ChecksumMode, counts: Float64Array) {
    this.counts = counts;
    this.active = mode !== 'none';
    this.automatic = mode === 'auto';
  }

  /** Verdict on an IPv4 header `[start, end)`. */
  header(bytes: Uint8Array, start: number, end: number): number {
    return fold(sum16(bytes, start, end, 0)) === 0xffff ? RIGHT : WRONG;
  }

  /** Verdict on a transport segment `[start, end)` that has a pseudo header. */
  transport(packet: Packet, protocol: number, start: number, end: number): number {
    if (this.unfinished) return NOT_CHECKED;
    const sum = sum16(packet.bytes, start, end, pseudoHeader(packet, protocol, end - start));
    return this.verdict(fold(sum) === 0xffff);
  }

  /** Verdict on a message without a pseudo header (ICMP, IGMP). */
  plain(packet: Packet, start: number, end: number): number {
    return this.verdict(fold(sum16(packet.bytes, start, end, 0)) === 0xffff);
  }

  private verdict(right: boolean): number {
    this.checked++;
    this.counts[COUNTER.checksum_checked]!++;
    if (!right) {
      this.wrong++;
      this.counts[COUNTER.checksum_wrong]!++;
    }
    if (this.automatic && this.checked === SAMPLE && this.wrong * RATIO > this.checked) this.active = false;
    return right ? RIGHT : WRONG;
  }
}
