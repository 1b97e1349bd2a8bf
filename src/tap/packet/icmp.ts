import { u8, u16 } from '../../net/index.ts';
import { COUNTER } from './counters.ts';
import * as events from './events.ts';
import type { Layers } from './layers.ts';
import type { Packet } from './packet.ts';

const HEADER = 8;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const ICMPV4_PACKETS = COUNTER.icmpv4;
const ICMPV6_PACKETS = COUNTER.icmpv6;
const IGMP_PACKETS = COUNTER.igmp;

/** Highest code of each ICMP type that is assigned (IANA), and types that quote a packet; -1: unknown type. */
function icmpCodes(type: number): number {
  switch (type) {
    case 3: // destination unreachable
      return 15;
    case 5: // redirect
      return 3;
    case 9: // router advertisement; code 16: RFC 5944 section 2.1
      return 16;
    case 11: // time exceeded
      return 1;
    case 12: // parameter problem
      return 2;
    case 0: // echo reply
    case 4: // source quench
    case 8: // echo
    case 10: // router solicitation
    case 13: // time stamp
    case 14:
    case 15: // information
    case 16:
    case 17: // address mask
    case 18:
      return 0;
    default:
      return -1;
  }
}

function icmpQuotes(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

/** Sets what ICMP messages of both versions have; false when the header is not whole. */
function message(packet: Packet, start: number, end: number, length: number): boolean {
  packet.withoutTransport(start);
  if (end - start < HEADER) return false;
  packet.transport = true;
  packet.srcPort = u8(packet.bytes, start);
  packet.dstPort = u8(packet.bytes, start + 1);
  packet.payloadStart = start + HEADER;
  packet.payloadEnd = end;
  packet.payloadLength = length - HEADER;
  return true;
}

/** ICMP (RFC 792). */
export function icmp(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  layers.counts[ICMPV4_PACKETS]!++;
  if (!message(packet, start, end, length)) {
    if (length < HEADER) layers.event(events.ICMPV4_PKT_TOO_SMALL);
    layers.handOut();
    return;
  }
  if (layers.checksums.active && end - start === length) {
    packet.transportChecksum = layers.checksums.plain(packet, start, end);
  }
  const type = packet.srcPort;
  const highest = icmpCodes(type);
  if (highest < 0) layers.event(events.ICMPV4_UNKNOWN_TYPE);
  else if (packet.dstPort > highest) layers.event(events.ICMPV4_UNKNOWN_CODE);
  else if (icmpQuotes(type) && length > HEADER) quoted4(layers, start + HEADER, end);
  layers.handOut();
}

/** The datagram that an error message quotes. */
function quoted4(layers: Layers, at: number, end: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  if (end - at < IPV4_HEADER) {
    layers.event(events.ICMPV4_IPV4_TRUNC_PKT);
    return;
  }
  const first = u8(bytes, at);
  if (first >> 4 !== 4) {
    layers.event(events.ICMPV4_IPV4_UNKNOWN_VER);
    return;
  }
  packet.quoted = at;
  const protocol = u8(bytes, at + 9);
  const isFirst = (u16(bytes, at + 6) & 0x1fff) === 0;
  quotedPorts(packet, protocol, isFirst ? at + ((first & 15) << 2) : end, end);
}

function quotedPorts(packet: Packet, protocol: number, at: number, end: number): void {
  packet.quotedProtocol = protocol;
  packet.quotedSrcPort = 0;
  packet.quotedDstPort = 0;
  if (end - at < 4) return;
  if (protocol === 6 || protocol === 17 || protocol === 132 || protocol === 136) {
    packet.quotedSrcPort = u16(packet.bytes, at);
    packet.quotedDstPort = u16(packet.bytes, at + 2);
  } else if (protocol === 1 || protocol === 58) {
    packet.quotedSrcPort = u8(packet.bytes, at);
    packet.quotedDstPort = u8(packet.bytes, at + 1);
  }
}

/** Highest code of each ICMPv6 type that is assigned (IANA); -1: a type without codes that are checked. */
function icmpv6Codes(type: number): number {
  switch (type) {
    case 1: // destination unreachable
      return 8;
    case 3: // time exceeded
      return 1;
    case 4: // parameter problem
      return 10;
    case 139: // node information query and reply
    case 140:
      return 2;
    case 138: // router renumbering
      return 255;
    case 2: // packet too big
    case 128: // echo
    case 129:
    case 130: // multicast listener discovery
    case 131:
    case 132:
    case 133: // neighbour discovery
    case 134:
    case 135:
    case 136:
    case 137:
      return 0;
    default:
      return -1;
  }
}

/** ICMPv6 (RFC 4443). */
export function icmpv6(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  layers.counts[ICMPV6_PACKETS]!++;
  if (!message(packet, start, end, length)) {
    if (length < HEADER) layers.event(events.ICMPV6_PKT_TOO_SMALL);
    layers.handOut();
    return;
  }
  if (layers.checksums.active && end - start === length) {
    packet.transportChecksum = layers.checksums.transport(packet, 58, start, end);
  }
  const type = packet.srcPort;
  const highest = icmpv6Codes(type);
  if (highest >= 0) {
    if (packet.dstPort > highest) layers.event(events.ICMPV6_UNKNOWN_CODE);
    else if (type <= 4) quoted6(layers, start + HEADER, end);
    // RFC 2710 section 3: listener messages are sent with a hop limit of 1.
    if (type >= 130 && type <= 132 && packet.ttl !== 1) layers.event(events.ICMPV6_MLD_INVALID_HL);
  } else if (type === 143) {
    if (packet.ttl !== 1) layers.event(events.ICMPV6_MLD_INVALID_HL);
  } else if (type === 100 || type === 101 || type === 200 || type === 201) {
    layers.event(events.ICMPV6_EXPERIMENTATION_TYPE);
  } else if ((type >= 5 && type <= 126) || (type >= 162 && type <= 254)) {
    layers.event(events.ICMPV6_UNASSIGNED_TYPE);
  } else if (type < 141 || type > 161) {
    layers.event(events.ICMPV6_UNKNOWN_TYPE);
  }
  layers.handOut();
}

function quoted6(layers: Layers, at: number, end: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  if (end - at < IPV6_HEADER) {
    layers.event(events.ICMPV6_IPV6_TRUNC_PKT);
    return;
  }
  if (u8(bytes, at) >> 4 !== 6) {
    layers.event(events.ICMPV6_IPV6_UNKNOWN_VERSION);
    return;
  }
  packet.quoted = at;
  quotedPorts(packet, u8(bytes, at + 6), at + IPV6_HEADER, end);
}

/** IGMP (RFC 2236, RFC 3376): the lengths that it announces are checked. */
export function igmp(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  layers.counts[IGMP_PACKETS]!++;
  packet.withoutTransport(start);
  if (length < HEADER) {
    layers.event(events.IGMP_PKT_TOO_SMALL);
    layers.handOut();
    return;
  }
  if (end - start === length) {
    packet.transport = true;
    packet.payloadStart = start + HEADER;
    packet.payloadLength = length - HEADER;
    if (layers.checksums.active) packet.transportChecksum = layers.checksums.plain(packet, start, end);
    const type = u8(bytes, start);
    const wrong =
      type === 0x11 && length >= 12
        ? 12 + u16(bytes, start + 10) * 4 > length
          ? events.IGMP_V3_PKT_TOO_SMALL
          : -1
        : type === 0x22
          ? reportGroups(bytes, start, end)
          : -1;
    if (wrong >= 0) layers.event(wrong);
  }
  layers.handOut();
}

/** The event that the group records of a version 3 report deserve, or -1. */
function reportGroups(bytes: Uint8Array, start: number, end: number): number {
  let at = start + HEADER;
  for (let left = u16(bytes, start + 6); left > 0; left--) {
    if (end - at < 8) return events.IGMP_V3_PKT_TOO_SMALL;
    at += 8 + u8(bytes, at + 1) * 4 + u16(bytes, at + 2) * 4;
    if (at > end) return events.IGMP_MALFORMED;
  }
  return -1;
}
