import { u8, u16, u24 } from '../../../net/index.ts';
import type { Layers } from '../layers.ts';
import { unknownEtherType } from './known.ts';

/** Logical link control (IEEE 802.2) and its sub-network access protocol (RFC 1042). */

const SNAP = 0xaa;
const IP = 0x06;
const UNNUMBERED_INFORMATION = 0x03;
/** Organisation codes under which the protocol is an EtherType: none, and bridge-tunnelled frames. */
const ENCAPSULATED = 0x000000;
const BRIDGE_TUNNEL = 0x0000f8;
const CISCO = 0x00000c;

/** An LLC header at `start`. */
export function llc(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  if (!layers.nested()) return;
  if (end - start < 3) {
    unknownEtherType(layers);
    return;
  }
  const destination = u8(bytes, start);
  const control = u8(bytes, start + 2);
  if (destination === SNAP && u8(bytes, start + 1) === SNAP && end - start >= 8) {
    const organisation = u24(bytes, start + 3);
    const type = u16(bytes, start + 6);
    if (organisation === ENCAPSULATED || organisation === BRIDGE_TUNNEL) {
      if (type > 1500) layers.etherType(type, start + 8, end);
      return;
    }
    // Cisco's own protocols (discovery, trunking and the like) carry no IP.
    if (organisation !== CISCO) unknownEtherType(layers);
    return;
  }
  if (destination === IP && control === UNNUMBERED_INFORMATION) {
    layers.ipv4(start + 3, end);
    return;
  }
  unknownEtherType(layers);
}
