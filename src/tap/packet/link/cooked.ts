import { i32, u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';
import { llc } from './llc.ts';

/** Link types whose header says little more than which protocol follows. */

const NOVELL = 0x0001;
const LLC = 0x0004;

function protocol(layers: Layers, type: number, start: number, end: number): void {
  if (type === LLC || type === NOVELL) llc(layers, start, end);
  else layers.etherType(type, start, end);
}

/** Linux cooked capture, version 1 (LINKTYPE_LINUX_SLL). */
export function cooked1(layers: Layers, start: number, end: number): void {
  layers.counts[COUNTER.sll]!++;
  if (end - start < 16) {
    layers.event(events.SLL_PKT_TOO_SMALL);
    return;
  }
  protocol(layers, u16(layers.packet.bytes, start + 14), start + 16, end);
}

/** Linux cooked capture, version 2 (LINKTYPE_LINUX_SLL2). */
export function cooked2(layers: Layers, start: number, end: number): void {
  layers.counts[COUNTER.sll2]!++;
  if (end - start < 20) {
    layers.event(events.SLL2_PKT_TOO_SMALL);
    return;
  }
  protocol(layers, u16(layers.packet.bytes, start), start + 20, end);
}

/** BSD loopback: an address family in the byte order of the machine that captured, or of the network. */
export function loopback(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  layers.counts[COUNTER.null]!++;
  if (end - start < 4) {
    layers.event(events.LTNULL_PKT_TOO_SMALL);
    return;
  }
  // Families are small: whichever half is zero tells the order.
  const value = i32(bytes, start);
  const family = value >>> 16 === 0 ? value : u8(bytes, start) | (u8(bytes, start + 1) << 8);
  switch (family) {
    case 2: // AF_INET everywhere
      layers.ipv4(start + 4, end);
      return;
    case 10: // AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, Darwin, Windows
    case 23:
    case 24:
    case 28:
    case 30:
      layers.ipv6(start + 4, end);
      return;
    default:
      layers.event(events.LTNULL_UNSUPPORTED_TYPE);
  }
}

/** Raw IP: the version is in the first byte. */
export function raw(layers: Layers, start: number, end: number): void {
  layers.counts[COUNTER.raw]!++;
  layers.network(start, end);
}

const NFLOG_PAYLOAD = 9;
const TYPE_FLAGS = 0x7fff;
/** Attributes of one message that are looked at. */
const MAX_ATTRIBUTES = 64;

/** A netfilter log message (LINKTYPE_NFLOG): attributes in the byte order of the machine, one is the packet. */
export function nflog(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  layers.counts[COUNTER.nflog]!++;
  if (end - start < 4) {
    layers.event(events.NFLOG_MALFORMED);
    return;
  }
  let at = start + 4;
  for (let count = 0; count < MAX_ATTRIBUTES && end - at >= 4; count++) {
    let size = u8(bytes, at) | (u8(bytes, at + 1) << 8);
    let type = (u8(bytes, at + 2) | (u8(bytes, at + 3) << 8)) & TYPE_FLAGS;
    if (type > 0xff) {
      size = u16(bytes, at);
      type = u16(bytes, at + 2) & TYPE_FLAGS;
    }
    // An attribute's length has its header in it; writers are known to leave it out of the last one's.
    if (size < 4 || at + size > end) {
      if (type === NFLOG_PAYLOAD && at + 4 < end) layers.network(at + 4, end);
      else layers.event(events.NFLOG_MALFORMED);
      return;
    }
    if (type === NFLOG_PAYLOAD) {
      layers.network(at + 4, at + size);
      return;
    }
    at += (size + 3) & ~3;
  }
}
