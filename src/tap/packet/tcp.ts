import { i32, u8, u16 } from '../../net/index.ts';
import { COUNTER } from './counters.ts';
import * as events from './events.ts';
import type { Layers } from './layers.ts';

const HEADER = 20;
const END = 0;
const NO_OPERATION = 1;
const SEGMENT_SIZE = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;
const MD5_SIGNATURE = 19;
const AUTHENTICATION = 29;
const FAST_OPEN = 34;
/** No operation twice, then time stamps: what nearly every segment of a running connection has. */
const USUAL = 0x0101080a;
const PACKETS = COUNTER.tcp;

/** A TCP segment at `start` (RFC 9293 section 3.1): `length` bytes by the IP header, captured up to `end`. */
export function tcp(layers: Layers, start: number, end: number, length: number): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  layers.counts[PACKETS]!++;
  if (length < HEADER || end - start < HEADER) {
    packet.withoutTransport(start);
    if (length < HEADER) layers.event(events.TCP_PKT_TOO_SMALL);
    layers.handOut();
    return;
  }
  const header = (u8(bytes, start + 12) >> 4) << 2;
  if (header < HEADER || header > length) {
    packet.withoutTransport(start);
    layers.event(header < HEADER ? events.TCP_HLEN_TOO_SMALL : events.TCP_INVALID_OPTLEN);
    layers.handOut();
    return;
  }
  packet.transport = true;
  packet.transportStart = start;
  packet.srcPort = u16(bytes, start);
  packet.dstPort = u16(bytes, start + 2);
  packet.seq = i32(bytes, start + 4);
  packet.ack = i32(bytes, start + 8);
  packet.tcpFlags = u8(bytes, start + 13);
  packet.window = u16(bytes, start + 14);
  packet.urgent = u16(bytes, start + 18);
  const payload = start + header;
  packet.payloadStart = Math.min(payload, end);
  packet.payloadEnd = end;
  packet.payloadLength = length - header;
  packet.quoted = -1;

  packet.windowScale = -1;
  packet.mss = 0;
  packet.sackPermitted = false;
  packet.hasTimestamp = false;
  if (header > HEADER) {
    const stop = Math.min(payload, end);
    if (header === 32 && stop === payload && i32(bytes, start + HEADER) === USUAL) {
      packet.hasTimestamp = true;
      packet.tsValue = i32(bytes, start + 24);
      packet.tsEcho = i32(bytes, start + 28);
    } else {
      options(layers, start + HEADER, stop, stop < payload);
    }
  }
  packet.transportChecksum =
    layers.checksums.active && end - start === length ? layers.checksums.transport(packet, 6, start, end) : 0;
  layers.handOut();
}

/** Reads the options in `[start, end)`; `cut`: the capture ended before they did. */
function options(layers: Layers, start: number, end: number, cut: boolean): void {
  const packet = layers.packet;
  const bytes = packet.bytes;
  let seen = 0;
  let at = start;
  while (at < end) {
    const kind = u8(bytes, at);
    if (kind === END) return;
    if (kind === NO_OPERATION) {
      at++;
      continue;
    }
    if (end - at < 2) {
      if (!cut) layers.event(events.TCP_OPT_INVALID_LEN);
      return;
    }
    const length = u8(bytes, at + 1);
    if (length < 2 || length > end - at) {
      if (!cut || length < 2) layers.event(events.TCP_OPT_INVALID_LEN);
      return;
    }
    const repeated = kind < 32 && (seen & (1 << kind)) !== 0;
    if (kind < 32) seen |= 1 << kind;
    if (!lengthIsRight(kind, length)) layers.event(events.TCP_OPT_INVALID_LEN);
    else if (repeated && isKnown(kind)) layers.event(events.TCP_OPT_DUPLICATE);
    else if (kind === SEGMENT_SIZE) packet.mss = u16(bytes, at + 2);
    else if (kind === WINDOW_SCALE)
      packet.windowScale = Math.min(14, u8(bytes, at + 2)); // RFC 7323 section 2.3
    else if (kind === SACK_PERMITTED) packet.sackPermitted = true;
    else if (kind === TIMESTAMPS) {
      packet.hasTimestamp = true;
      packet.tsValue = i32(bytes, at + 2);
      packet.tsEcho = i32(bytes, at + 6);
    }
    at += length;
  }
}

function isKnown(kind: number): boolean {
  return kind <= SACK || kind === TIMESTAMPS || kind === MD5_SIGNATURE || kind === AUTHENTICATION;
}

function lengthIsRight(kind: number, length: number): boolean {
  switch (kind) {
    case SEGMENT_SIZE:
      return length === 4;
    case WINDOW_SCALE:
      return length === 3;
    case SACK_PERMITTED:
      return length === 2;
    case SACK:
      // An empty one is sent by broken stacks and does no harm.
      return length === 2 || (length >= 10 && length <= 34 && (length - 2) % 8 === 0);
    case TIMESTAMPS:
      return length === 10;
    case MD5_SIGNATURE:
      return length === 18;
    case AUTHENTICATION:
      return length >= 4;
    case FAST_OPEN:
      return length === 2 || (length >= 6 && length <= 18 && length % 2 === 0);
    default:
      return true;
  }
}
