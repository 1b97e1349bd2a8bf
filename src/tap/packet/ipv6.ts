import { i32, u8, u16 } from '../../net/index.ts';
import { COUNTER } from './counters.ts';
import * as events from './events.ts';
import { ipv6Options } from './ipv6-options.ts';
import type { Layers } from './layers.ts';
import { transport } from './transport.ts';

const HEADER = 40;
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const NO_NEXT = 59;
const DESTINATION = 60;
const MOBILITY = 135;
const HOST_IDENTITY = 139;
const SHIM6 = 140;

/** Extension headers of one packet that are walked; a chain of fragment headers of 1,500 bytes has 182. */
const MAX_EXTENSIONS = 256;
const OFFLOADED = 1500;
const PACKETS = COUNTER.ipv6;
const FRAGMENTS = COUNTER.ipv6_fragments;

/** An IPv6 datagram at `start` (RFC 8200). */
export function ipv6(layers: Layers, start: number, end: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  layers.counts[PACKETS]!++;
  if (!layers.nested()) return;
  const captured = end - start;
  if (captured < HEADER) {
    layers.event(events.IPV6_PKT_TOO_SMALL);
    return;
  }
  const first = u8(bytes, start);
  if (first >> 4 !== 6) {
    layers.event(events.IPV6_WRONG_IP_VERSION);
    return;
  }
  const next = u8(bytes, start + 6);
  let length = HEADER + u16(bytes, start + 4);
  // A jumbogram (RFC 2675), or a frame that the sender's network card cut afterwards.
  if (length === HEADER && captured > HEADER && (captured > OFFLOADED || next === HOP_BY_HOP))
    length = captured;
  let ipEnd = start + length;
  if (ipEnd > end) {
    layers.event(events.IPV6_TRUNC_PKT);
    packet.truncated = true;
    ipEnd = end;
  }
  packet.ipVersion = 6;
  packet.ipStart = start;
  packet.ipEnd = ipEnd;
  packet.ipLength = length;
  packet.offloaded = false;
  packet.tos = ((first & 15) << 4) | (u8(bytes, start + 1) >> 4);
  packet.ttl = u8(bytes, start + 7);
  packet.wide = true;
  packet.src0 = i32(bytes, start + 8);
  packet.src1 = i32(bytes, start + 12);
  packet.src2 = i32(bytes, start + 16);
  packet.src3 = i32(bytes, start + 20);
  packet.dst0 = i32(bytes, start + 24);
  packet.dst1 = i32(bytes, start + 28);
  packet.dst2 = i32(bytes, start + 32);
  packet.dst3 = i32(bytes, start + 36);
  packet.ipChecksum = 0;
  packet.fragment = false;
  packet.protocol = next;
  if (isExtension(next)) extensions(layers, next, start);
  else transport(layers, next, start + HEADER, ipEnd, length - HEADER);
}

function isExtension(next: number): boolean {
  switch (next) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case NO_NEXT:
    case DESTINATION:
    case MOBILITY:
    case HOST_IDENTITY:
    case SHIM6:
      return true;
    default:
      return false;
  }
}

/** The chain of extension headers behind the header at `start`, and what follows it. */
function extensions(layers: Layers, first: number, start: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const ipEnd = packet.ipEnd;
  /** Index of the byte that holds `next`: what reassembly has to change. */
  let pointer = start + 6;
  let next = first;
  let at = start + HEADER;
  let rest = packet.ipLength - HEADER;
  let hopByHop = 0;
  let destination = 0;
  let routing = 0;
  let authentication = 0;
  let fragments = 0;
  for (let count = 0; isExtension(next); count++) {
    packet.protocol = next;
    if (next === NO_NEXT) {
      if (rest > 0) layers.event(events.IPV6_DATA_AFTER_NONE_HEADER);
      plain(layers, at);
      return;
    }
    if (count === MAX_EXTENSIONS) {
      layers.event(events.IPV6_TOO_MANY_EXTHDRS);
      plain(layers, at);
      return;
    }
    if (rest < 2) {
      layers.event(events.IPV6_TRUNC_EXTHDR);
      plain(layers, at);
      return;
    }
    if (at + 2 > ipEnd) {
      plain(layers, at);
      return;
    }
    const length = extensionLength(bytes, next, at);
    if (length > rest) {
      layers.event(events.IPV6_TRUNC_EXTHDR);
      plain(layers, at);
      return;
    }
    if (at + length > ipEnd) {
      plain(layers, at);
      return;
    }
    switch (next) {
      case ROUTING:
        if (routing++ > 0) layers.event(events.IPV6_EXTHDR_DUPL_RH);
        else if (u8(bytes, at + 2) === 0) layers.event(events.IPV6_RH_TYPE_0); // RFC 5095
        break;
      case HOP_BY_HOP:
        if (hopByHop++ > 0) layers.event(events.IPV6_EXTHDR_DUPL_HH);
        else ipv6Options(layers, at + 2, at + length, true);
        break;
      case DESTINATION:
        // Once before and once behind the routing header (RFC 8200 section 4.1).
        if (destination++ > 1) layers.event(events.IPV6_EXTHDR_DUPL_DH);
        else ipv6Options(layers, at + 2, at + length, false);
        break;
      case AUTHENTICATION:
        if (u16(bytes, at + 2) !== 0) layers.event(events.IPV6_EXTHDR_AH_RES_NOT_NULL);
        if (authentication++ > 0) layers.event(events.IPV6_EXTHDR_DUPL_AH);
        break;
      case FRAGMENT: {
        if (u8(bytes, at + 1) !== 0) layers.event(events.IPV6_FH_NON_ZERO_RESERVED_FIELD);
        if (fragments++ > 0) {
          layers.event(events.IPV6_EXTHDR_DUPL_FH);
          break;
        }
        const field = u16(bytes, at + 2);
        if ((field & 0xfff9) === 0) {
          layers.event(events.IPV6_EXTHDR_USELESS_FH);
          break;
        }
        piece(layers, at, rest - length, pointer);
        return;
      }
      default:
        break;
    }
    pointer = at;
    next = u8(bytes, at);
    at += length;
    rest -= length;
  }
  packet.protocol = next;
  if (rest < 2) {
    layers.event(events.IPV6_TRUNC_EXTHDR);
    plain(layers, at);
    return;
  }
  transport(layers, next, at, ipEnd, rest);
}

/** Length of the extension header of type `next` at `at`, in bytes. */
function extensionLength(bytes: Uint8Array, next: number, at: number): number {
  if (next === FRAGMENT) return 8;
  const field = u8(bytes, at + 1);
  // RFC 4302 section 2.2: in words of four bytes, minus two; at least the fixed part.
  if (next === AUTHENTICATION) return Math.max(12, (field + 2) << 2);
  return (field + 1) << 3;
}

/** Nothing can be read behind the extension headers: the layer is given out with its addresses. */
function plain(layers: Layers, at: number): void {
  layers.packet.withoutTransport(at);
  layers.handOut();
}

/** A fragment (RFC 8200 section 4.5): its header at `at`, `length` bytes of data behind it. */
function piece(layers: Layers, at: number, length: number, pointer: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const data = at + 8;
  layers.counts[FRAGMENTS]!++;
  const field = u16(bytes, at + 2);
  const offset = field & 0xfff8;
  const more = (field & 1) !== 0;
  packet.fragment = true;
  packet.protocol = u8(bytes, at);
  packet.withoutTransport(data);
  const fragments = layers.fragments;
  let complete = false;
  if (more && length % 8 !== 0) layers.event(events.IPV6_FRAG_INVALID_LENGTH);
  if (offset + length > 0xffff) {
    layers.event(events.IPV6_FRAG_PKT_TOO_LARGE);
  } else if (packet.ipEnd - data === length) {
    complete = fragments.add(packet, {
      id: i32(bytes, at + 4),
      protocol: packet.protocol,
      offset,
      more,
      data,
      nextHeader: pointer,
    });
    if (fragments.overlap) layers.event(events.IPV6_FRAG_OVERLAP);
    if (fragments.ignored) layers.event(events.IPV6_FRAG_IGNORED);
  }
  layers.handOut();
  if (complete) layers.reassembled();
}
