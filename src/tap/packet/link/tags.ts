import { u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';

/** Tags that stand between the MAC addresses and the content of a frame. */

/** A VLAN tag (IEEE 802.1Q, 802.1ad): `start` is behind its type. Three are kept, more are noted and skipped. */
export function vlan(layers: Layers, start: number, end: number): void {
  const packet = layers.packet;
  if (!layers.nested()) return;
  if (end - start < 4) {
    layers.event(events.VLAN_HEADER_TOO_SMALL);
    return;
  }
  const id = u16(packet.bytes, start) & 0xfff;
  const type = u16(packet.bytes, start + 2);
  if (packet.vlans === 0) {
    packet.vlan0 = id;
    packet.vlans = 1;
    layers.counts[COUNTER.vlan]!++;
  } else if (packet.vlans === 1) {
    packet.vlan1 = id;
    packet.vlans = 2;
    layers.counts[COUNTER.vlan_qinq]!++;
  } else if (packet.vlans === 2) {
    packet.vlan2 = id;
    packet.vlans = 3;
    layers.counts[COUNTER.vlan_qinqinq]!++;
  } else {
    layers.event(events.VLAN_TOO_MANY_LAYERS);
  }
  const before = packet.events;
  layers.etherType(type, start + 4, end);
  if (isUnknown(layers, before)) layers.event(events.VLAN_UNKNOWN_TYPE);
}

/** True when the last event that was noted since `before` is the one of an unknown type. */
function isUnknown(layers: Layers, before: number): boolean {
  const packet = layers.packet;
  return packet.events > before && packet.event[packet.events - 1] === events.ETHERNET_UNKNOWN_ETHERTYPE;
}

/** VN-Tag (IEEE 802.1BR's predecessor): four bytes and a type. */
export function vntag(layers: Layers, start: number, end: number): void {
  if (!layers.nested()) return;
  if (end - start < 6) {
    layers.event(events.VNTAG_HEADER_TOO_SMALL);
    return;
  }
  layers.counts[COUNTER.vntag]!++;
  const before = layers.packet.events;
  layers.etherType(u16(layers.packet.bytes, start + 4), start + 6, end);
  if (isUnknown(layers, before)) layers.event(events.VNTAG_UNKNOWN_TYPE);
}

/** E-Tag (IEEE 802.1BR section 7): six bytes and a type. */
export function etag(layers: Layers, start: number, end: number): void {
  if (!layers.nested()) return;
  if (end - start < 8) {
    layers.event(events.ETAG_HEADER_TOO_SMALL);
    return;
  }
  layers.counts[COUNTER.etag]!++;
  const before = layers.packet.events;
  layers.etherType(u16(layers.packet.bytes, start + 6), start + 8, end);
  if (isUnknown(layers, before)) layers.event(events.ETAG_UNKNOWN_TYPE);
}

/** Provider backbone bridges (IEEE 802.1ah): the I-TAG of four bytes, then the customer's whole frame. */
export function providerBackbone(layers: Layers, start: number, end: number): void {
  if (!layers.nested()) return;
  if (end - start < 18) {
    layers.event(events.IEEE8021AH_HEADER_TOO_SMALL);
    return;
  }
  layers.counts[COUNTER.ieee8021ah]!++;
  layers.ethernet(start + 4, end);
}

/** Cisco FabricPath: forwarding tag and time to live, then the customer's whole frame. */
export function fabricPath(layers: Layers, start: number, end: number): void {
  if (!layers.nested()) return;
  if (end - start < 2 + 14) {
    layers.event(events.DCE_PKT_TOO_SMALL);
    return;
  }
  layers.counts[COUNTER.dce]!++;
  layers.ethernet(start + 2, end);
}

/** MACsec (IEEE 802.1AE section 9): only frames that are authenticated but not encrypted can be followed. */
export function macsec(layers: Layers, start: number, end: number): void {
  if (!layers.nested()) return;
  layers.counts[COUNTER.macsec]!++;
  if (end - start < 6) {
    layers.event(events.MACSEC_HEADER_TOO_SMALL);
    return;
  }
  const control = u8(layers.packet.bytes, start);
  const encrypted = (control & 0x0c) !== 0;
  if (encrypted) return;
  const header = (control & 0x20) !== 0 ? 14 : 6;
  // The integrity check value of 16 bytes is last.
  const stop = end - 16;
  if (start + header + 2 > stop) return;
  layers.etherType(u16(layers.packet.bytes, start + header), start + header + 2, stop);
}

/** Arista's hardware time stamps: sub-type, version, a time of 6 or 8 bytes, then the frame's own type. */
export function arista(layers: Layers, start: number, end: number): void {
  if (!layers.nested()) return;
  if (end - start < 4 || u16(layers.packet.bytes, start) !== 1) return;
  const version = u16(layers.packet.bytes, start + 2);
  const header = 4 + ((version & 0xff) === 0x10 ? 8 : 6);
  if (end - start < header + 2) return;
  layers.etherType(u16(layers.packet.bytes, start + header), start + header + 2, end);
}

/** Cisco metadata (security group tag): version, length, option, tag, then the frame's own type. */
export function metadata(layers: Layers, start: number, end: number): void {
  if (!layers.nested()) return;
  if (end - start < 2) return;
  const header = 2 + 4 * Math.max(1, u8(layers.packet.bytes, start + 1));
  if (end - start < header + 2) return;
  layers.etherType(u16(layers.packet.bytes, start + header), start + header + 2, end);
}
