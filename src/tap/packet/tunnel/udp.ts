import { i32, u8, u16, u24 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';
import { capwapData } from './capwap.ts';
import { gre } from './gre.ts';
import { gtpUser } from './gtp.ts';

/**
 * Tunnels over UDP. A port only says what to look for: the content must be convincing, or the datagram stays an
 * ordinary one. Lengths are compared with the datagram's own, so that a cut capture is still recognised.
 */

/** Kinds of tunnel that a port may announce. */
export const VXLAN = 1;
export const GENEVE = 2;
export const TEREDO = 3;
export const GTP_USER = 4;
export const AYIYA = 5;
export const GRE_IN_UDP = 6;
export const CAPWAP = 7;

/** Ports of each kind by IANA or custom. 8472 is what Linux used for VXLAN before 4789 was assigned. */
export const DEFAULT_TUNNEL_PORTS: readonly (readonly [port: number, kind: number])[] = [
  [4789, VXLAN],
  [8472, VXLAN],
  [4790, VXLAN],
  [6081, GENEVE],
  [3544, TEREDO],
  [2152, GTP_USER],
  [3386, GTP_USER],
  [5072, AYIYA],
  [4754, GRE_IN_UDP],
  [5247, CAPWAP],
];

const IPV6_HEADER = 40;
const ETHERNET_HEADER = 14;
const MAX_TRAILERS = 8;
const ETHERNET_BRIDGE = 0x6558;

/** Looks for a tunnel in the payload of the present UDP layer. False: it is none, and nothing was given out. */
export function udpTunnel(layers: Layers, kind: number): boolean {
  switch (kind) {
    case VXLAN:
      return vxlan(layers);
    case GENEVE:
      return geneve(layers);
    case TEREDO:
      return teredo(layers);
    case GTP_USER:
      return gtpUser(layers);
    case AYIYA:
      return ayiya(layers);
    case GRE_IN_UDP:
      return greInUdp(layers);
    case CAPWAP:
      return capwapData(layers);
    default:
      return false;
  }
}

/** True for the types of what a tunnel's Ethernet frame may hold. */
function carries(type: number): boolean {
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
    case 0x88cc:
      return true;
    default:
      // A length: LLC, such as spanning tree.
      return type <= 1500;
  }
}

/** VXLAN (RFC 7348 section 5), with group policy, or generic, where the header names what follows. */
function vxlan(layers: Layers): boolean {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const start = packet.payloadStart;
  const end = packet.payloadEnd;
  if (end - start < 8) return false;
  const flags = u8(bytes, start);
  // The I flag says that there is a network identifier; the last byte is reserved.
  if ((flags & 0x08) === 0 || u8(bytes, start + 7) !== 0) return false;
  const network = u24(bytes, start + 4);
  const inner = start + 8;
  const length = packet.payloadLength - 8;
  const generic = (flags & 0x04) !== 0;
  if (generic) {
    const next = u8(bytes, start + 3);
    if (u16(bytes, start + 1) !== 0 || next === 0 || next > 4) return false;
    if (next !== 3) {
      layers.counts[COUNTER.vxlan]!++;
      if (!layers.enter('vxlan', network, network + 1, inner, length)) return true;
      if (next === 1) layers.ipv4(inner, end);
      else if (next === 2) layers.ipv6(inner, end);
      else layers.etherType(0x894f, inner, end);
      return true;
    }
  } else if ((flags & 0x80) === 0 && u24(bytes, start + 1) !== 0) {
    // With the group policy flag bytes 1 to 3 hold flags and the group, otherwise they are reserved.
    return false;
  }
  if (end - inner < ETHERNET_HEADER) return false;
  if (!carries(u16(bytes, inner + 12))) {
    layers.event(events.VXLAN_UNKNOWN_PAYLOAD_TYPE);
    return false;
  }
  layers.counts[COUNTER.vxlan]!++;
  if (layers.enter('vxlan', network, network + 1, inner, length)) layers.ethernet(inner, end);
  return true;
}

/** GENEVE (RFC 8926 section 3.4). */
function geneve(layers: Layers): boolean {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const start = packet.payloadStart;
  const end = packet.payloadEnd;
  if (end - start < 8) return false;
  const first = u8(bytes, start);
  if (first >> 6 !== 0 || (u8(bytes, start + 1) & 0x3f) !== 0 || u8(bytes, start + 7) !== 0) return false;
  const header = 8 + ((first & 0x3f) << 2);
  const inner = start + header;
  if (inner > end) return false;
  const type = u16(bytes, start + 2);
  if (type !== ETHERNET_BRIDGE && (type <= 1500 || !carries(type))) {
    layers.event(events.GENEVE_UNKNOWN_PAYLOAD_TYPE);
    return false;
  }
  const network = u24(bytes, start + 4);
  layers.counts[COUNTER.geneve]!++;
  if (!layers.enter('geneve', network, network + 1, inner, packet.payloadLength - header)) return true;
  if (type === ETHERNET_BRIDGE) layers.ethernet(inner, end);
  else layers.etherType(type, inner, end);
  return true;
}

/** Teredo (RFC 4380 section 5.1.1): IPv6, behind optional authentication and origin indications. */
function teredo(layers: Layers): boolean {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const start = packet.payloadStart;
  const end = packet.payloadEnd;
  let at = start;
  if (end - at >= 4 && u16(bytes, at) === 0x0001) {
    // Identifier, authentication value, nonce of 8 bytes and a confirmation byte.
    at += 4 + u8(bytes, at + 2) + u8(bytes, at + 3) + 9;
  }
  if (end - at >= 8 && u16(bytes, at) === 0x0000) at += 8;
  if (end - at < IPV6_HEADER || u8(bytes, at) >> 4 !== 6) return false;
  const length = packet.payloadLength - (at - start);
  const own = IPV6_HEADER + u16(bytes, at + 4);
  if (own > length || !trailers(bytes, at + own, end)) return false;
  layers.counts[COUNTER.teredo]!++;
  if (layers.enter('teredo', 0, 0, at, length)) layers.ipv6(at, end);
  return true;
}

/** True when only trailers of Teredo's extensions (RFC 6081 section 4) stand in `[start, end)`. */
function trailers(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  for (let count = 0; at < end; count++) {
    if (count === MAX_TRAILERS || end - at < 2) return false;
    at += 2 + u8(bytes, at + 1);
  }
  return at === end || start >= end;
}

/** AYIYA (draft-massar-v6ops-ayiya-02 section 4). */
function ayiya(layers: Layers): boolean {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const start = packet.payloadStart;
  const end = packet.payloadEnd;
  if (end - start < 8) return false;
  const identity = 1 << (u8(bytes, start) >> 4);
  const signature = (u8(bytes, start + 1) >> 4) << 2;
  const operation = u8(bytes, start + 2) & 15;
  const next = u8(bytes, start + 3);
  const header = 8 + identity + signature;
  const inner = start + header;
  // Operation 1 forwards; 41 and 4 are the protocol numbers of what may follow.
  if (operation !== 1 || (next !== 41 && next !== 4) || inner >= end) return false;
  if (u8(bytes, inner) >> 4 !== (next === 41 ? 6 : 4)) return false;
  layers.counts[COUNTER.ayiya]!++;
  const session = i32(bytes, start + 4) >>> 0;
  if (layers.enter('ayiya', session, 0, inner, packet.payloadLength - header)) layers.network(inner, end);
  return true;
}

/** GRE in UDP (RFC 8086): version 0 with a payload that must look right. */
function greInUdp(layers: Layers): boolean {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const start = packet.payloadStart;
  if (packet.payloadEnd - start < 8) return false;
  const flags = u16(bytes, start);
  const type = u16(bytes, start + 2);
  if ((flags & 0x4fff) !== 0 || (type !== ETHERNET_BRIDGE && !carries(type)) || type <= 1500) return false;
  gre(layers, start, packet.payloadEnd, packet.payloadLength);
  return true;
}
