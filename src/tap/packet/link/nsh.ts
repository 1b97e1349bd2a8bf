import { u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';

/** Network service header (RFC 8300). */

const BASE = 8;
const MD_TYPE_1 = 1;
const MD_TYPE_2 = 2;

/** A service header at `start`. */
export function nsh(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  layers.counts[COUNTER.nsh]!++;
  if (!layers.nested()) return;
  if (end - start < BASE) {
    layers.event(events.NSH_HEADER_TOO_SMALL);
    return;
  }
  const first = u16(bytes, start);
  if (first >> 14 !== 0) {
    layers.event(events.NSH_UNSUPPORTED_VERSION);
    return;
  }
  const length = (first & 0x3f) << 2;
  const type = u8(bytes, start + 2) & 15;
  const next = u8(bytes, start + 3);
  if (length < BASE || start + length >= end || (type === MD_TYPE_1 && length !== 24)) {
    layers.event(events.NSH_BAD_HEADER_LENGTH);
    return;
  }
  if (type === 0 || type === 15) {
    layers.event(events.NSH_RESERVED_TYPE);
    return;
  }
  if (type !== MD_TYPE_1 && type !== MD_TYPE_2) {
    layers.event(events.NSH_UNSUPPORTED_TYPE);
    return;
  }
  const at = start + length;
  switch (next) {
    case 1:
      layers.ipv4(at, end);
      return;
    case 2:
      layers.ipv6(at, end);
      return;
    case 3:
      layers.ethernet(at, end);
      return;
    case 4:
      nsh(layers, at, end);
      return;
    case 5:
      layers.etherType(0x8847, at, end);
      return;
    default:
      layers.event(events.NSH_UNKNOWN_PAYLOAD);
  }
}
