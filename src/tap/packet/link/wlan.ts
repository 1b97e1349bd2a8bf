import { u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';
import { llc } from './llc.ts';

/** IEEE 802.11 data frames, and the headers that capture programs put in front of them. */

const DATA = 2;
const NO_DATA = 0x4;
const QOS = 0x8;
const TO_DS = 0x01;
const FROM_DS = 0x02;
const PROTECTED = 0x40;
const ORDER = 0x80;
const AGGREGATE = 0x80;
const MESH_CONTROL = 0x01;
/** Frames in one aggregate that are looked at. */
const MAX_SUBFRAMES = 64;

/** A frame at `start` (IEEE 802.11 section 9.2); `padded`: the header is filled up to four bytes. */
export function wlan(layers: Layers, start: number, end: number, padded: boolean): void {
  if (end - start < 2) {
    layers.event(events.WLAN_PKT_TOO_SMALL);
    return;
  }
  const bytes = layers.packet.bytes;
  frame(layers, start, end, u8(bytes, start), u8(bytes, start + 1), padded, false);
}

/** A frame as access points of some makers send it to their controller: the first two bytes may be swapped. */
export function wlanSwapped(layers: Layers, start: number, end: number): void {
  if (end - start < 2) {
    layers.event(events.WLAN_PKT_TOO_SMALL);
    return;
  }
  const first = u8(layers.packet.bytes, start);
  const second = u8(layers.packet.bytes, start + 1);
  const swapped = (first & 0x0f) !== DATA << 2 && (second & 0x0f) === DATA << 2;
  frame(layers, start, end, swapped ? second : first, swapped ? first : second, false, swapped);
}

function frame(
  layers: Layers,
  start: number,
  end: number,
  control: number,
  flags: number,
  padded: boolean,
  swapped: boolean,
): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  layers.counts[COUNTER.wlan]!++;
  if (!layers.nested()) return;
  const subtype = control >> 4;
  // Management and control frames, and data frames without data.
  if (((control >> 2) & 3) !== DATA || (subtype & NO_DATA) !== 0) return;
  if ((flags & PROTECTED) !== 0) {
    layers.counts[COUNTER.wlan_encrypted]!++;
    return;
  }
  let header = 24;
  const fourAddresses = (flags & (TO_DS | FROM_DS)) === (TO_DS | FROM_DS);
  if (fourAddresses) header += 6;
  let aggregate = false;
  if ((subtype & QOS) !== 0) {
    if (end - start < header + 2) {
      layers.event(events.WLAN_PKT_TOO_SMALL);
      return;
    }
    aggregate = (u8(bytes, start + header) & AGGREGATE) !== 0;
    header += 2;
    if ((flags & ORDER) !== 0) header += 4;
  }
  if (padded) header = (header + 3) & ~3;
  const at = start + header;
  if (at > end) {
    layers.event(events.WLAN_PKT_TOO_SMALL);
    return;
  }
  // Later fragments of a frame have no header of their own.
  if ((u8(bytes, start + (swapped ? 23 : 22)) & 15) !== 0) return;
  // Destination and source stand side by side only where there is no distribution system in between.
  packet.mac = (flags & (TO_DS | FROM_DS)) === 0 ? start + 4 : -1;
  if (aggregate) subframes(layers, at, end);
  else content(layers, at, end);
}

/** LLC, behind a mesh control field where there is one (IEEE 802.11 section 9.2.4.7.3). */
function content(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  let at = start;
  if (end - at >= 7 && u8(bytes, at) !== 0xaa && (u8(bytes, at) & ~3) === 0 && u8(bytes, at + 6) === 0xaa) {
    at += (u8(bytes, at) & 3) === MESH_CONTROL ? 12 : 6;
  }
  if (at < end) llc(layers, at, end);
}

/** The frames of an A-MSDU (IEEE 802.11 section 9.3.2.2): addresses, length, LLC, padding to four bytes. */
function subframes(layers: Layers, start: number, end: number): void {
  const packet = layers.packet;
  let at = start;
  for (let count = 0; count < MAX_SUBFRAMES && end - at >= 14; count++) {
    const size = u16(packet.bytes, at + 12);
    const stop = Math.min(end, at + 14 + size);
    packet.mac = at;
    const place = layers.mark();
    content(layers, at + 14, stop);
    layers.flush();
    layers.back(place);
    at += (14 + size + 3) & ~3;
  }
}

/** Radiotap (LINKTYPE_IEEE802_11_RADIOTAP): little endian; its flags say whether a check sequence is at the end. */
export function radiotap(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  const length = end - start < 8 ? 0 : u8(bytes, start + 2) | (u8(bytes, start + 3) << 8);
  if (length < 8 || start + length > end) {
    layers.event(events.WLAN_PKT_TOO_SMALL);
    return;
  }
  const flags = radiotapFlags(bytes, start, start + length);
  const stop = (flags & 0x10) !== 0 ? Math.max(start + length, end - 4) : end;
  wlan(layers, start + length, stop, (flags & 0x20) !== 0);
}

/** The flags field of a radiotap header in `[start, end)`; 0 when it has none. */
function radiotapFlags(bytes: Uint8Array, start: number, end: number): number {
  const present = u8(bytes, start + 4);
  let at = start + 4;
  // Each word of presence bits says whether another one follows.
  while (at + 4 <= end && (u8(bytes, at + 3) & 0x80) !== 0) at += 4;
  at += 4;
  if ((present & 1) !== 0) at = start + ((at - start + 7) & ~7) + 8;
  return (present & 2) !== 0 && at < end ? u8(bytes, at) : 0;
}

/** Prism and AVS headers (LINKTYPE_IEEE802_11_PRISM, _AVS): a length, then the frame. */
export function prism(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  if (end - start < 8) {
    layers.event(events.WLAN_PKT_TOO_SMALL);
    return;
  }
  // Prism: in the byte order of the machine, and 144; AVS: that of the network.
  const little = u8(bytes, start + 4) | (u8(bytes, start + 5) << 8);
  const length = little > 0 && little <= 0x400 ? little : u16(bytes, start + 6);
  if (length < 8 || start + length > end) layers.event(events.WLAN_PKT_TOO_SMALL);
  else wlan(layers, start + length, end, false);
}

/** Per-packet information (LINKTYPE_PPI): a length and the link type of what follows, little endian. */
export function perPacketInformation(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  if (!layers.nested()) return;
  const length = end - start < 8 ? 0 : u8(bytes, start + 2) | (u8(bytes, start + 3) << 8);
  if (length < 8 || start + length > end) {
    layers.event(events.WLAN_PKT_TOO_SMALL);
    return;
  }
  layers.link(u8(bytes, start + 4) | (u8(bytes, start + 5) << 8), start + length, end);
}
