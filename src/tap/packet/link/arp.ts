import { u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';

/** Address resolution (RFC 826): the shape of requests and answers for IPv4 over Ethernet is checked. */

const HEADER = 8;
const WHOLE = 28;
const ETHERNET = 1;
const IPV4 = 0x0800;
/** Request, reply, and the reverse and inverse ones. */
const LAST_OPERATION = 9;

/** An ARP message at `start`; it is given out as a layer that is not IP. */
export function arp(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  layers.counts[COUNTER.arp]!++;
  const rest = end - start;
  if (rest < HEADER) {
    layers.event(events.ARP_PKT_TOO_SMALL);
    return;
  }
  if (u16(bytes, start) !== ETHERNET) layers.event(events.ARP_UNSUPPORTED_HARDWARE);
  else if (u16(bytes, start + 2) !== IPV4) layers.event(events.ARP_UNSUPPORTED_PROTOCOL);
  else if (rest < WHOLE) layers.event(events.ARP_PKT_TOO_SMALL);
  else if (u8(bytes, start + 4) !== 6) layers.event(events.ARP_INVALID_HARDWARE_SIZE);
  else if (u8(bytes, start + 5) !== 4) layers.event(events.ARP_INVALID_PROTOCOL_SIZE);
  else {
    const operation = u16(bytes, start + 6);
    if (operation === 0 || operation > LAST_OPERATION) layers.event(events.ARP_UNSUPPORTED_OPCODE);
  }
}
