import { i32, u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';

/** Generic routing encapsulation: version 0 (RFC 1701, 2784, 2890), version 1 (RFC 2637), and what it carries. */

const HEADER = 4;
const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const STRICT_ROUTE = 0x0800;
const RECURSION = 0x0700;
const ACKNOWLEDGEMENT = 0x0080;
const FLAGS_VERSION0 = 0x00f8;
const FLAGS_VERSION1 = 0x0078;

const PPP = 0x880b;
const ETHERNET_BRIDGE = 0x6558;
const ERSPAN = 0x88be;
const ERSPAN3 = 0x22eb;
const WCCP = 0x883e;
/** Aruba controllers carry 802.11 frames under one of these by their queue. */
const ARUBA_FIRST = 0x8200;
const ARUBA_LAST = 0x82ff;
const ARUBA_PRIORITY = 0x9000;

const PACKETS = COUNTER.gre;
const ERSPAN_PACKETS = COUNTER.erspan;

/** A GRE packet at `start`: `length` bytes by the IP header, captured up to `end`. */
export function gre(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  layers.counts[PACKETS]!++;
  // In UDP (RFC 8086) the layer's ports stay.
  if (packet.protocol === 47) packet.withoutTransport(start);
  if (length < HEADER || end - start < HEADER) {
    if (length < HEADER) layers.event(events.GRE_PKT_TOO_SMALL);
    layers.handOut();
    return;
  }
  const flags = u16(bytes, start);
  const protocol = u16(bytes, start + 2);
  const version = flags & 7;
  let wrong = -1;
  let header = HEADER;
  if (version === 0) {
    if ((flags & RECURSION) !== 0) wrong = events.GRE_VERSION0_RECUR;
    else if ((flags & FLAGS_VERSION0) !== 0) wrong = events.GRE_VERSION0_FLAGS;
    if ((flags & (CHECKSUM | ROUTING)) !== 0) header += 4;
    if ((flags & KEY) !== 0) header += 4;
    if ((flags & SEQUENCE) !== 0) header += 4;
    if (wrong < 0 && header > length) wrong = events.GRE_VERSION0_HDR_TOO_BIG;
    if (wrong < 0 && (flags & ROUTING) !== 0) {
      header = routing(bytes, start, header, Math.min(length, end - start));
      if (header < 0) wrong = events.GRE_VERSION0_MALFORMED_SRE_HDR;
    }
  } else if (version === 1) {
    wrong = version1(flags, protocol);
    header += 4;
    if ((flags & SEQUENCE) !== 0) header += 4;
    if ((flags & ACKNOWLEDGEMENT) !== 0) header += 4;
    if (wrong < 0 && header > length) wrong = events.GRE_VERSION1_HDR_TOO_BIG;
  } else {
    wrong = events.GRE_WRONG_VERSION;
  }
  if (wrong >= 0 || start + header > end) {
    if (wrong >= 0) layers.event(wrong);
    layers.handOut();
    return;
  }
  // An acknowledgement of version 1 without content.
  if (version === 1 && (u16(bytes, start + 4) === 0 || start + header === end)) {
    layers.handOut();
    return;
  }
  const keyAt = start + ((flags & (CHECKSUM | ROUTING)) !== 0 ? 8 : 4);
  const id = (flags & KEY) === 0 ? 0 : version === 1 ? u16(bytes, keyAt + 2) : i32(bytes, keyAt) >>> 0;
  payload(layers, protocol, version, flags, id, start + header, end, length - header);
}

/** What is wrong with the flags of version 1 (RFC 2637 section 4.1), or -1. */
function version1(flags: number, protocol: number): number {
  if ((flags & CHECKSUM) !== 0) return events.GRE_VERSION1_CHKSUM;
  if ((flags & ROUTING) !== 0) return events.GRE_VERSION1_ROUTE;
  if ((flags & STRICT_ROUTE) !== 0) return events.GRE_VERSION1_SSR;
  if ((flags & RECURSION) !== 0) return events.GRE_VERSION1_RECUR;
  if ((flags & FLAGS_VERSION1) !== 0) return events.GRE_VERSION1_FLAGS;
  if (protocol !== PPP) return events.GRE_VERSION1_WRONG_PROTOCOL;
  if ((flags & KEY) === 0) return events.GRE_VERSION1_NO_KEY;
  return -1;
}

/** Length of the header with its source route entries (RFC 1701), or -1 when they do not fit in `length`. */
function routing(bytes: Uint8Array, start: number, header: number, length: number): number {
  let at = header;
  for (;;) {
    if (at + 4 > length) return -1;
    const family = u16(bytes, start + at);
    const size = u8(bytes, start + at + 3);
    at += 4;
    if (family === 0 && size === 0) return at;
    at += size;
    if (at > length) return -1;
  }
}

function payload(
  layers: Layers,
  protocol: number,
  version: number,
  flags: number,
  id: number,
  start: number,
  end: number,
  length: number,
): void {
  switch (protocol) {
    case 0x0800:
      if (layers.enter('gre', id, 0, start, length)) layers.ipv4(start, end);
      return;
    case 0x86dd:
      if (layers.enter('gre', id, 0, start, length)) layers.ipv6(start, end);
      return;
    case PPP:
      if (layers.enter(version === 1 ? 'pptp' : 'gre', id, 0, start, length)) layers.ppp(start, end);
      return;
    case ETHERNET_BRIDGE:
      if (layers.enter('gre', id, 0, start, length)) layers.ethernet(start, end);
      return;
    case ERSPAN:
      // Type I has no sequence number and no header of its own.
      if ((flags & SEQUENCE) === 0) {
        layers.counts[ERSPAN_PACKETS]!++;
        if (layers.enter('erspan', id, 0, start, length)) layers.ethernet(start, end);
        return;
      }
      erspan(layers, start, end, length);
      return;
    case ERSPAN3:
      erspan(layers, start, end, length);
      return;
    case WCCP: {
      // Version 2 has a redirect header of four bytes in front, version 1 has none.
      const plain = start < end && (u8(layers.packet.bytes, start) & 0xf0) === 0x40;
      const skip = plain ? 0 : 4;
      if (start + skip < end && layers.enter('gre', id, 0, start + skip, length - skip)) {
        layers.ipv4(start + skip, end);
        return;
      }
      layers.handOut();
      return;
    }
    case 0x0806:
    case 0x8100:
    case 0x88a8:
    case 0x8847:
    case 0x8848:
    case 0x894f:
      if (layers.enter('gre', id, 0, start, length)) layers.etherType(protocol, start, end);
      return;
    default:
      if (protocol === ARUBA_PRIORITY || (protocol >= ARUBA_FIRST && protocol <= ARUBA_LAST)) {
        if (layers.enter('gre', id, 0, start, length)) layers.wlan(start, end);
        return;
      }
      layers.handOut();
  }
}

/** ERSPAN type II and III (draft-foschiano-erspan): a header with session and VLAN, then an Ethernet frame. */
function erspan(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  if (end - start < 8) {
    if (length < 8) layers.event(events.ERSPAN_HEADER_TOO_SMALL);
    layers.handOut();
    return;
  }
  const first = u16(bytes, start);
  const version = first >> 12;
  let header = 8;
  if (version === 2) {
    header = 12;
    // The O flag: a platform specific sub-header follows.
    if (end - start >= 12 && (u8(bytes, start + 11) & 1) !== 0) header = 20;
  } else if (version !== 1) {
    layers.event(events.ERSPAN_UNSUPPORTED_VERSION);
    layers.handOut();
    return;
  }
  if (start + header > end) {
    if (length < header) layers.event(events.ERSPAN_HEADER_TOO_SMALL);
    layers.handOut();
    return;
  }
  layers.counts[ERSPAN_PACKETS]!++;
  const session = u16(bytes, start + 2) & 0x3ff;
  // Suricata counts this header for the carried packet.
  if (!layers.enter('erspan', session, 0, start, length)) return;
  const vlan = first & 0xfff;
  if (vlan !== 0) {
    packet.vlan0 = vlan;
    packet.vlans = 1;
  }
  layers.ethernet(start + header, end);
}
