import { u8 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';

/** IP carried directly in IP: protocol numbers 4 (RFC 2003, RFC 2473) and 41 (RFC 4213). */

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;

/** IPv4 behind the present IP header. */
export function ip4InIp(layers: Layers, start: number, end: number, length: number): void {
  const outer = layers.packet.ipVersion;
  layers.packet.withoutTransport(start);
  if (outer === 6 && length < IPV4_HEADER) {
    layers.event(events.IPV4_IN_IPV6_TOO_SMALL);
    layers.handOut();
    return;
  }
  if (outer === 6 && start < end && u8(layers.packet.bytes, start) >> 4 !== 4) {
    layers.event(events.IPV4_IN_IPV6_WRONG_VERSION);
    layers.handOut();
    return;
  }
  layers.counts[outer === 6 ? COUNTER.ipv4_in_ipv6 : COUNTER.ipv4_in_ipv4]!++;
  if (!layers.enter(outer === 6 ? '4in6' : 'ip-in-ip', 0, 0, start, length)) return;
  layers.ipv4(start, end);
}

/** IPv6 behind the present IP header. */
export function ip6InIp(layers: Layers, start: number, end: number, length: number): void {
  const outer = layers.packet.ipVersion;
  layers.packet.withoutTransport(start);
  if (outer === 6 && length < IPV6_HEADER) {
    layers.event(events.IPV6_IN_IPV6_TOO_SMALL);
    layers.handOut();
    return;
  }
  if (outer === 6 && start < end && u8(layers.packet.bytes, start) >> 4 !== 6) {
    layers.event(events.IPV6_IN_IPV6_WRONG_VERSION);
    layers.handOut();
    return;
  }
  layers.counts[outer === 6 ? COUNTER.ipv6_in_ipv6 : COUNTER.ipv6_in_ipv4]!++;
  if (!layers.enter(outer === 6 ? '6in6' : '6in4', 0, 0, start, length)) return;
  layers.ipv6(start, end);
}
