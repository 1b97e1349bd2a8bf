import { u8, u16 } from '../../../net/index.ts';
import { COUNTER } from '../counters.ts';
import type { Layers } from '../layers.ts';
import { wlanSwapped } from '../link/wlan.ts';

/** The data channel between wireless access points and their controller (RFC 5415 section 4.3). */

const LEAST_HEADER = 8;
/** Bits of the 16 that hold the wireless binding and the flags behind it. */
const NATIVE = 0x0100;
const FRAGMENT = 0x0080;
const KEEP_ALIVE = 0x0008;
const IEEE_802_11 = 1;

/** Takes the payload of the present UDP layer for a data message that holds a whole frame. */
export function capwapData(layers: Layers): boolean {
  const packet = layers.packet;
  const bytes = packet.bytes;
  const start = packet.payloadStart;
  const end = packet.payloadEnd;
  // Version 0, type 0: the rest is not encrypted.
  if (end - start < LEAST_HEADER || u8(bytes, start) !== 0) return false;
  const field = u16(bytes, start + 1);
  const flags = u16(bytes, start + 2);
  const header = (field >> 11) << 2;
  const inner = start + header;
  if (header < LEAST_HEADER || inner >= end || (flags & (FRAGMENT | KEEP_ALIVE)) !== 0) return false;
  const binding = (flags >> 9) & 0x1f;
  const native = (flags & NATIVE) !== 0;
  if (native && binding !== IEEE_802_11) return false;
  layers.counts[COUNTER.capwap]!++;
  if (!layers.enter('capwap', 0, 0, inner, packet.payloadLength - header)) return true;
  if (native) wlanSwapped(layers, inner, end);
  else layers.ethernet(inner, end);
  return true;
}
