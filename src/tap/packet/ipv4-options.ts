import { u8 } from '../../net/index.ts';
import * as events from './events.ts';
import type { Layers } from './layers.ts';

/** IPv4 options (RFC 791 section 3.1): nothing of them is kept, their shape is checked. */

const END = 0;
const NO_OPERATION = 1;
const RECORD_ROUTE = 7;
const QUICK_START = 25;
const TIMESTAMP = 68;
const SECURITY = 130;
const LOOSE_ROUTE = 131;
const EXTENDED_SECURITY = 133;
const COMMERCIAL_SECURITY = 134;
const STREAM = 136;
const STRICT_ROUTE = 137;
const ROUTER_ALERT = 148;

/** Bit of each known option, to find one that comes twice; 0 for the others. */
function bit(type: number): number {
  switch (type) {
    case RECORD_ROUTE:
      return 1;
    case QUICK_START:
      return 2;
    case TIMESTAMP:
      return 4;
    case SECURITY:
      return 8;
    case LOOSE_ROUTE:
      return 16;
    case COMMERCIAL_SECURITY:
      return 32;
    case STREAM:
      return 64;
    case STRICT_ROUTE:
      return 128;
    case ROUTER_ALERT:
      return 256;
    case EXTENDED_SECURITY:
      return 512;
    default:
      return 0;
  }
}

/** Checks the options in `[start, end)` and notes what is wrong. */
export function ipv4Options(layers: Layers, start: number, end: number): void {
  const bytes = layers.packet.bytes;
  if ((end - start) % 8 !== 0) layers.event(events.IPV4_OPT_PAD_REQUIRED);
  let seen = 0;
  let at = start;
  while (at < end) {
    const type = u8(bytes, at);
    if (type === END) return;
    if (type === NO_OPERATION) {
      at++;
      continue;
    }
    if (end - at < 2) {
      layers.event(events.IPV4_OPT_EOL_REQUIRED);
      return;
    }
    const length = u8(bytes, at + 1);
    if (length < 2 || length > end - at) {
      layers.event(events.IPV4_OPT_INVALID_LEN);
      return;
    }
    const mask = bit(type);
    if (mask === 0) layers.event(events.IPV4_OPT_INVALID);
    else if ((seen & mask) !== 0) layers.event(events.IPV4_OPT_DUPLICATE);
    else {
      const wrong = check(bytes, type, at, length);
      if (wrong >= 0) {
        layers.event(wrong);
        return;
      }
    }
    seen |= mask;
    at += length;
  }
}

/** The event that a known option of `length` bytes at `at` deserves, or -1. */
function check(bytes: Uint8Array, type: number, at: number, length: number): number {
  switch (type) {
    case QUICK_START: // RFC 4782 section 3.1
      return length < 8 ? events.IPV4_OPT_INVALID_LEN : -1;
    case SECURITY: // RFC 1108 section 2
      return length === 11 ? -1 : events.IPV4_OPT_INVALID_LEN;
    case EXTENDED_SECURITY: // RFC 1108 section 3
      return length < 3 ? events.IPV4_OPT_INVALID_LEN : -1;
    case STREAM:
    case ROUTER_ALERT: // RFC 2113 section 2.1
      return length === 4 ? -1 : events.IPV4_OPT_INVALID_LEN;
    case RECORD_ROUTE:
    case LOOSE_ROUTE:
    case STRICT_ROUTE: {
      if (length < 3) return events.IPV4_OPT_INVALID_LEN;
      const pointer = u8(bytes, at + 2);
      return pointer < 4 || pointer % 4 !== 0 || pointer > length + 1 ? events.IPV4_OPT_MALFORMED : -1;
    }
    case TIMESTAMP: {
      if (length < 5) return events.IPV4_OPT_INVALID_LEN;
      const pointer = u8(bytes, at + 2);
      const flag = u8(bytes, at + 3) & 15;
      const record = flag === 1 || flag === 3 ? 8 : 4;
      return pointer < 5 || (pointer - 5) % record !== 0 || pointer > length + 1
        ? events.IPV4_OPT_MALFORMED
        : -1;
    }
    case COMMERCIAL_SECURITY:
      return commercialSecurity(bytes, at, length);
    default:
      return -1;
  }
}

/** CIPSO (FIPS 188): a domain of interpretation and tags of type and length. */
function commercialSecurity(bytes: Uint8Array, at: number, length: number): number {
  if (length < 10) return events.IPV4_OPT_INVALID_LEN;
  const end = at + length;
  let tag = at + 6;
  while (tag < end) {
    if (end - tag < 2) return events.IPV4_OPT_MALFORMED;
    const type = u8(bytes, tag);
    const size = u8(bytes, tag + 1);
    if (type !== 1 && type !== 2 && (type < 5 || type > 7)) return events.IPV4_OPT_MALFORMED;
    if (size < 4 || size > end - tag) return events.IPV4_OPT_MALFORMED;
    // The alignment octet is 0 in all tags but the free-form one.
    if (type !== 7 && u8(bytes, tag + 2) !== 0) return events.IPV4_OPT_MALFORMED;
    tag += size;
  }
  return -1;
}
