import { u8, u16, u32 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';
import { isKnownEtherType, looksLikeIp } from './known.ts';

/** Label stacks (RFC 3032) and what is under them, which the labels do not say. */

const IPV4_EXPLICIT_NULL = 0;
const ROUTER_ALERT = 1;
const IPV6_EXPLICIT_NULL = 2;
const IMPLICIT_NULL = 3;
const ENTROPY_INDICATOR = 7;
const FIRST_FREE = 16;
const BOTTOM = 0x100;
const MAX_LABELS = 32;

/** A label stack at `start`. */
export function mpls(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  layers.counts[COUNTER.mpls]!++;
  if (!layers.nested()) return;
  let at = start;
  let label = 0;
  for (let count = 0; ; count++) {
    if (end - at < 4) {
      layers.event(events.MPLS_HEADER_TOO_SMALL);
      return;
    }
    if (count === MAX_LABELS) {
      layers.event(events.TOO_MANY_LAYERS);
      return;
    }
    const entry = u32(bytes, at);
    at += 4;
    label = entry >>> 12;
    if ((entry & BOTTOM) !== 0) break;
  }
  if (end - at < 1) {
    layers.event(events.MPLS_PKT_TOO_SMALL);
    return;
  }
  switch (label) {
    case IPV4_EXPLICIT_NULL:
      layers.ipv4(at, end);
      return;
    case IPV6_EXPLICIT_NULL:
      layers.ipv6(at, end);
      return;
    case ROUTER_ALERT: // not allowed at the bottom (section 2.1)
      layers.event(events.MPLS_BAD_LABEL_ROUTER_ALERT);
      return;
    case IMPLICIT_NULL: // never appears in a stack
      layers.event(events.MPLS_BAD_LABEL_IMPLICIT_NULL);
      return;
    default:
      if (label < FIRST_FREE && label !== ENTROPY_INDICATOR) layers.event(events.MPLS_BAD_LABEL_RESERVED);
      payload(layers, at, end);
  }
}

/** The first four bits tell IPv4, IPv6 and a pseudowire's control word apart (RFC 4385 section 3). */
function payload(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  const version = u8(bytes, start) >> 4;
  if ((version === 4 || version === 6) && looksLikeIp(bytes, start, end)) {
    layers.network(start, end);
    return;
  }
  const withControlWord = version === 0 && end - start >= 4 + 14;
  const known = withControlWord && isKnownEtherType(u16(bytes, start + 4 + 12));
  // A pseudowire without a control word: a frame whose type is one that we know.
  if (!known && end - start >= 14 && isKnownEtherType(u16(bytes, start + 12))) {
    layers.ethernet(start, end);
    return;
  }
  if (withControlWord) {
    layers.ethernet(start + 4, end);
    return;
  }
  if (version === 4 || version === 6) layers.network(start, end);
  else layers.event(events.MPLS_UNKNOWN_PAYLOAD_TYPE);
}
