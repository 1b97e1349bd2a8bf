import { u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';

/** The point-to-point protocol (RFC 1661), in HDLC-like framing (RFC 1662), over Ethernet (RFC 2516), C-HDLC. */

const ALL_STATIONS = 0xff;
const UNNUMBERED = 0x03;
const CISCO_UNICAST = 0x0f;
const CISCO_MULTICAST = 0x8f;
const IPV4 = 0x0021;
const UNCOMPRESSED_TCP = 0x002f;
const IPV6 = 0x0057;
const MPLS_UNICAST = 0x0281;
const MPLS_MULTICAST = 0x0283;

/** A PPP frame at `start`, with or without address and control; also Cisco's framing, told by its address. */
export function ppp(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  layers.counts[COUNTER.ppp]!++;
  if (!layers.nested()) return;
  let at = start;
  if (end - at < 2) {
    layers.event(events.PPP_PKT_TOO_SMALL);
    return;
  }
  const first = u8(bytes, at);
  if (first === ALL_STATIONS && u8(bytes, at + 1) === UNNUMBERED) at += 2;
  else if ((first === CISCO_UNICAST || first === CISCO_MULTICAST) && u8(bytes, at + 1) === 0) {
    cisco(layers, start, end);
    return;
  }
  if (end - at < 1) {
    layers.event(events.PPP_PKT_TOO_SMALL);
    return;
  }
  // Protocol field compression (RFC 1661 section 6.5): an odd first byte is the whole number.
  let protocol = u8(bytes, at);
  if ((protocol & 1) === 1) at += 1;
  else {
    if (end - at < 2) {
      layers.event(events.PPP_PKT_TOO_SMALL);
      return;
    }
    protocol = u16(bytes, at);
    at += 2;
  }
  payload(layers, protocol, at, end);
}

function payload(layers: Layers, protocol: number, start: number, end: number): void {
  switch (protocol) {
    case IPV4:
      if (end - start < 20) layers.event(events.PPP_IP4_PKT_TOO_SMALL);
      else layers.ipv4(start, end);
      return;
    case UNCOMPRESSED_TCP:
      if (end - start < 20) layers.event(events.PPP_VJU_PKT_TOO_SMALL);
      else layers.ipv4(start, end);
      return;
    case IPV6:
      if (end - start < 40) layers.event(events.PPP_IP6_PKT_TOO_SMALL);
      else layers.ipv6(start, end);
      return;
    case MPLS_UNICAST:
    case MPLS_MULTICAST:
      layers.etherType(0x8847, start, end);
      return;
    default:
      // RFC 1661 section 2: the low byte of a protocol is odd, the high byte even. Control protocols (0x8000 and
      // up) belong to every session and are worth no note.
      if ((protocol & 0x0101) !== 0x0001) layers.event(events.PPP_WRONG_TYPE);
      else if (protocol < 0x8000) layers.event(events.PPP_UNSUP_PROTO);
  }
}

/** Cisco's HDLC: address, control, and an EtherType. */
export function cisco(layers: Layers, start: number, end: number): void {
  layers.counts[COUNTER.chdlc]!++;
  if (!layers.nested()) return;
  if (end - start < 4) {
    layers.event(events.CHDLC_PKT_TOO_SMALL);
    return;
  }
  const type = u16(layers.packet.bytes, start + 2);
  // 0x8035: Cisco's keep-alive protocol stands where reverse ARP has its number.
  if (type === 0x8035) return;
  layers.etherType(type, start + 4, end);
}

const PPPOE_HEADER = 6;
const VERSION_AND_TYPE = 0x11;

/** A PPPoE session frame (RFC 2516 section 4). */
export function pppoeSession(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  layers.counts[COUNTER.pppoe]!++;
  if (!layers.nested()) return;
  if (end - start < PPPOE_HEADER + 1) {
    layers.event(events.PPPOE_PKT_TOO_SMALL);
    return;
  }
  if (u8(bytes, start) !== VERSION_AND_TYPE || u8(bytes, start + 1) !== 0) {
    layers.event(events.PPPOE_WRONG_CODE);
    return;
  }
  const at = start + PPPOE_HEADER;
  const length = u16(bytes, start + 4);
  ppp(layers, at, length === 0 ? end : Math.min(end, at + length));
}

/** A PPPoE discovery frame: its code and tags are checked. */
export function pppoeDiscovery(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  layers.counts[COUNTER.pppoe]!++;
  if (end - start < PPPOE_HEADER) {
    layers.event(events.PPPOE_PKT_TOO_SMALL);
    return;
  }
  const code = u8(bytes, start + 1);
  if (code !== 0x09 && code !== 0x07 && code !== 0x19 && code !== 0x65 && code !== 0xa7) {
    layers.event(events.PPPOE_WRONG_CODE);
    return;
  }
  const stop = start + PPPOE_HEADER + u16(bytes, start + 4);
  if (stop > end) {
    layers.event(events.PPPOE_MALFORMED_TAGS);
    return;
  }
  for (let at = start + PPPOE_HEADER; at < stop; ) {
    const size = stop - at < 4 ? -1 : u16(bytes, at + 2);
    if (size < 0 || at + 4 + size > stop) {
      layers.event(events.PPPOE_MALFORMED_TAGS);
      return;
    }
    at += 4 + size;
  }
}
