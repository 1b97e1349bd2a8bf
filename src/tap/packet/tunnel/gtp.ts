import { u8, u16, u32 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import type { Layers } from '../layers.ts';

/** GTP user plane, version 1 (3GPP TS 29.281): the data messages of mobile networks. */

const HEADER = 8;
/** Version 1, protocol type GTP; the three low bits say which optional fields are there. */
const VERSION_AND_TYPE = 0xf0;
const VERSION1_GTP = 0x30;
const EXTENSION = 0x04;
const OPTIONAL = 0x07;
const DATA = 0xff;
/** Extension headers of one message that are walked. */
const MAX_EXTENSIONS = 16;

/** Takes the payload of the present UDP layer for a data message, when it holds a plausible IP packet. */
export function gtpUser(layers: Layers): boolean {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const start = packet.payloadStart;
  const end = packet.payloadEnd;
  if (end - start < HEADER) return false;
  const flags = u8(bytes, start);
  if ((flags & VERSION_AND_TYPE) !== VERSION1_GTP || u8(bytes, start + 1) !== DATA) return false;
  const length = u16(bytes, start + 2);
  if (length !== packet.payloadLength - HEADER) return false;
  let at = start + HEADER;
  if ((flags & OPTIONAL) !== 0) {
    if (end - at < 4) return false;
    let next = (flags & EXTENSION) !== 0 ? u8(bytes, at + 3) : 0;
    at += 4;
    for (let count = 0; next !== 0; count++) {
      if (count === MAX_EXTENSIONS || at >= end) return false;
      const size = u8(bytes, at) << 2;
      if (size === 0 || at + size > end) return false;
      next = u8(bytes, at + size - 1);
      at += size;
    }
  }
  const rest = packet.payloadLength - (at - start);
  if (!plausible(bytes, at, end, rest)) return false;
  layers.counts[COUNTER.gtp_u]!++;
  if (layers.enter('gtp-u', u32(bytes, start + 4), 0, at, rest)) layers.network(at, end);
  return true;
}

/** True when an IP header stands at `at` and its length is that of the rest. */
function plausible(bytes: Uint8Array, at: number, end: number, rest: number): boolean {
  if (end - at < 20) return false;
  const version = u8(bytes, at) >> 4;
  if (version === 4) {
    const header = (u8(bytes, at) & 15) << 2;
    const total = u16(bytes, at + 2);
    return header >= 20 && total >= header && total <= rest;
  }
  return version === 6 && end - at >= 40 && 40 + u16(bytes, at + 4) <= rest;
}
