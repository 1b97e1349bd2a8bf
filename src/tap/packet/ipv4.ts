import { i32, u8, u16 } from '../../net/index.ts';
import { COUNTER } from './counters.ts';
import * as events from './events.ts';
import { ipv4Options } from './ipv4-options.ts';
import type { Layers } from './layers.ts';
import { transport } from './transport.ts';

const HEADER = 20;
/** More fragments, and the offset in units of eight bytes (RFC 791 section 3.1). */
const MORE_OR_OFFSET = 0x3fff;
const MORE = 0x2000;
const OFFSET = 0x1fff;
/** A frame longer than this whose total length is 0 was cut by the sender's network card afterwards. */
const OFFLOADED = 1500;
const PACKETS = COUNTER.ipv4;
const FRAGMENTS = COUNTER.ipv4_fragments;

/** An IPv4 datagram at `start` (RFC 791). */
export function ipv4(layers: Layers, start: number, end: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  layers.counts[PACKETS]!++;
  if (!layers.nested()) return;
  const captured = end - start;
  if (captured < HEADER) {
    layers.event(events.IPV4_PKT_TOO_SMALL);
    return;
  }
  const first = u8(bytes, start);
  if (first >> 4 !== 4) {
    layers.event(events.IPV4_WRONG_IP_VERSION);
    return;
  }
  const header = (first & 15) << 2;
  if (header < HEADER) {
    layers.event(events.IPV4_HLEN_TOO_SMALL);
    return;
  }
  let length = u16(bytes, start + 2);
  if (length < header) {
    if (length !== 0 || captured <= OFFLOADED) {
      layers.event(events.IPV4_IPLEN_SMALLER_THAN_HLEN);
      return;
    }
    length = captured;
    packet.offloaded = true;
  } else packet.offloaded = false;
  let ipEnd = start + length;
  if (ipEnd > end) {
    layers.event(events.IPV4_TRUNC_PKT);
    packet.truncated = true;
    ipEnd = end;
    if (header > captured) return;
  }
  packet.ipVersion = 4;
  packet.ipStart = start;
  packet.ipEnd = ipEnd;
  packet.ipLength = length;
  packet.tos = u8(bytes, start + 1);
  packet.ttl = u8(bytes, start + 8);
  packet.src0 = i32(bytes, start + 12);
  packet.dst0 = i32(bytes, start + 16);
  if (packet.wide) {
    packet.wide = false;
    packet.src1 = packet.src2 = packet.src3 = 0;
    packet.dst1 = packet.dst2 = packet.dst3 = 0;
  }
  const protocol = u8(bytes, start + 9);
  packet.protocol = protocol;
  if (header > HEADER) ipv4Options(layers, start + HEADER, start + header);
  packet.ipChecksum =
    layers.checksums.active && !packet.reassembled
      ? layers.checksums.header(bytes, start, start + header)
      : 0;

  const fragment = u16(bytes, start + 6) & MORE_OR_OFFSET;
  if (fragment !== 0) {
    piece(layers, start, start + header, fragment);
    return;
  }
  packet.fragment = false;
  transport(layers, protocol, start + header, ipEnd, length - header);
}

/** A datagram that is not whole: it is held, and given out as a fragment. */
function piece(layers: Layers, start: number, data: number, field: number): void {
  const packet = layers.packet;
  layers.counts[FRAGMENTS]!++;
  packet.fragment = true;
  packet.withoutTransport(data);
  const offset = (field & OFFSET) << 3;
  const length = packet.ipLength - (data - start);
  const fragments = layers.fragments;
  let complete = false;
  if (HEADER + offset + length > 0xffff) {
    layers.event(events.IPV4_FRAG_PKT_TOO_LARGE);
  } else if (packet.ipEnd - data === length) {
    complete = fragments.add(packet, {
      id: u16(packet.bytes, start + 4),
      protocol: packet.protocol,
      offset,
      more: (field & MORE) !== 0,
      data,
      nextHeader: -1,
    });
    if (fragments.overlap) layers.event(events.IPV4_FRAG_OVERLAP);
    if (fragments.ignored) layers.event(events.IPV4_FRAG_IGNORED);
  }
  layers.handOut();
  if (complete) layers.reassembled();
}
