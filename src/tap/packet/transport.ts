import { u8, u16 } from '../../net/index.ts';
import { COUNTER } from './counters.ts';
import * as events from './events.ts';
import { icmp, icmpv6, igmp } from './icmp.ts';
import type { Layers } from './layers.ts';
import { sctp } from './sctp.ts';
import { tcp } from './tcp.ts';
import { gre } from './tunnel/gre.ts';
import { ip4InIp, ip6InIp } from './tunnel/ip.ts';
import { udpTunnel } from './tunnel/udp.ts';

const UDP_HEADER = 8;
const UDP_PACKETS = COUNTER.udp;
const ESP_PACKETS = COUNTER.esp;

/**
 * What an IP header carries: `length` bytes by that header, captured in `[start, end)`. `protocol` is the number
 * that the last header gave (RFC 791, RFC 8200).
 */
export function transport(
  layers: Layers,
  protocol: number,
  start: number,
  end: number,
  length: number,
): void {
  switch (protocol) {
    case 6:
      tcp(layers, start, end, length);
      return;
    case 17:
      udp(layers, start, end, length);
      return;
    case 1:
      if (layers.packet.ipVersion === 4) icmp(layers, start, end, length);
      else other(layers, start, events.IPV6_WITH_ICMPV4);
      return;
    case 58:
      if (layers.packet.ipVersion === 6) icmpv6(layers, start, end, length);
      else other(layers, start, events.IPV4_WITH_ICMPV6);
      return;
    case 2:
      if (layers.packet.ipVersion === 4) igmp(layers, start, end, length);
      else other(layers, start, events.IPV6_UNKNOWN_NEXT_HEADER);
      return;
    case 132:
      sctp(layers, start, end, length);
      return;
    case 136:
      udpLite(layers, start, end, length);
      return;
    case 4:
      ip4InIp(layers, start, end, length);
      return;
    case 41:
      ip6InIp(layers, start, end, length);
      return;
    case 47:
      gre(layers, start, end, length);
      return;
    case 50:
      layers.counts[ESP_PACKETS]!++;
      other(layers, start, length < 8 ? events.ESP_PKT_TOO_SMALL : -1);
      return;
    case 51:
      authentication(layers, start, end, length);
      return;
    case 0:
      other(layers, start, -1);
      return;
    default:
      other(
        layers,
        start,
        layers.packet.ipVersion === 4 ? events.IPV4_UNKNOWN_PROTOCOL : events.IPV6_UNKNOWN_NEXT_HEADER,
      );
  }
}

/** A protocol of which only the number is known. */
function other(layers: Layers, start: number, event: number): void {
  layers.packet.withoutTransport(start);
  if (event >= 0) layers.event(event);
  layers.handOut();
}

/** An authentication header in IPv4 (RFC 4302): what follows it is not encrypted. */
function authentication(layers: Layers, start: number, end: number, length: number): void {
  const size = end - start < 12 ? 0 : (u8(layers.packet.bytes, start + 1) + 2) << 2;
  if (size < 12 || size > length || start + size > end || !layers.nested()) {
    other(layers, start, -1);
    return;
  }
  const next = u8(layers.packet.bytes, start);
  layers.packet.protocol = next;
  transport(layers, next, start + size, end, length - size);
}

/** A UDP datagram (RFC 768). */
function udp(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  layers.counts[UDP_PACKETS]!++;
  if (length < UDP_HEADER || end - start < UDP_HEADER) {
    other(layers, start, length < UDP_HEADER ? events.UDP_HLEN_TOO_SMALL : -1);
    return;
  }
  const own = u16(bytes, start + 4);
  if (own < UDP_HEADER) {
    other(layers, start, events.UDP_LEN_INVALID);
    return;
  }
  if (own > length) layers.event(events.UDP_PKT_TOO_SMALL);
  const stop = Math.min(start + own, end);
  packet.transport = true;
  packet.transportStart = start;
  const srcPort = u16(bytes, start);
  const dstPort = u16(bytes, start + 2);
  packet.srcPort = srcPort;
  packet.dstPort = dstPort;
  packet.tcpFlags = 0;
  packet.payloadStart = start + UDP_HEADER;
  packet.payloadEnd = stop;
  packet.payloadLength = own - UDP_HEADER;
  packet.quoted = -1;
  // No checksum was made when it is 0 (RFC 768); IPv6 forbids that but tunnels may (RFC 6935).
  packet.transportChecksum =
    layers.checksums.active && stop - start === own && u16(bytes, start + 6) !== 0
      ? layers.checksums.transport(packet, 17, start, stop)
      : 0;
  const kind = layers.tunnelPorts[dstPort]! || layers.tunnelPorts[srcPort]!;
  if (kind !== 0 && udpTunnel(layers, kind)) return;
  layers.handOut();
}

/** UDP-Lite (RFC 3828): the length field says how much the checksum covers; the length is the IP header's. */
function udpLite(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  if (length < UDP_HEADER || end - start < UDP_HEADER) {
    other(layers, start, length < UDP_HEADER ? events.UDP_HLEN_TOO_SMALL : -1);
    return;
  }
  packet.withoutTransport(start);
  packet.transport = true;
  packet.srcPort = u16(packet.bytes, start);
  packet.dstPort = u16(packet.bytes, start + 2);
  packet.payloadStart = start + UDP_HEADER;
  packet.payloadEnd = end;
  packet.payloadLength = length - UDP_HEADER;
  layers.handOut();
}
