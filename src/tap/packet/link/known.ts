import { u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';

/** Notes a type that is not decoded. */
export function unknownEtherType(layers: Layers): void {
  layers.counts[COUNTER.unknown_ethertype]!++;
  layers.event(events.ETHERNET_UNKNOWN_ETHERTYPE);
}

/** True for the types that {@link etherType} can follow. */
export function isKnownEtherType(type: number): boolean {
  switch (type) {
    case 0x0800:
    case 0x86dd:
    case 0x0806:
    case 0x8100:
    case 0x88a8:
    case 0x9100:
    case 0x8847:
    case 0x8848:
    case 0x8863:
    case 0x8864:
    case 0x88e7:
      return true;
    default:
      return false;
  }
}

/** True when a plausible IP header of the version in its first byte stands at `start`. */
export function looksLikeIp(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 20) return false;
  const first = u8(bytes, start);
  if (first >> 4 === 4) return (first & 15) >= 5 && u16(bytes, start + 2) >= 20;
  return first >> 4 === 6 && end - start >= 40;
}
