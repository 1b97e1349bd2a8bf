import { u8 } from '../../net/index.ts';
import * as events from './events.ts';
import type { Layers } from './layers.ts';

/** Options of hop-by-hop and destination headers (RFC 8200 section 4.2): their shape is checked. */

const PAD1 = 0;
const PADN = 1;
const ROUTER_ALERT = 5;
const JUMBO = 0xc2;
const HOME_ADDRESS = 0xc9;

/** Least length of the data of an option that is known, -1 of one that is not. */
function leastLength(type: number): number {
  switch (type) {
    case ROUTER_ALERT:
      return 2;
    case JUMBO:
      return 4;
    case HOME_ADDRESS:
      return 16;
    default:
      return -1;
  }
}

/** Checks the options in `[start, end)` and notes what is wrong. */
export function ipv6Options(layers: Layers, start: number, end: number, hopByHop: boolean): void {
  const bytes = layers.packet.bytes;
  let padding = 0;
  let others = 0;
  let at = start;
  while (at < end) {
    const type = u8(bytes, at);
    if (type === PAD1) {
      padding++;
      at++;
      continue;
    }
    if (at + 2 > end) {
      layers.event(events.IPV6_EXTHDR_INVALID_OPTLEN);
      break;
    }
    const length = u8(bytes, at + 1);
    if (at + 2 + length > end) {
      layers.event(events.IPV6_EXTHDR_INVALID_OPTLEN);
      break;
    }
    if (type === PADN) {
      padding++;
      if (length === 0) layers.event(events.IPV6_ZERO_LEN_PADN);
    } else {
      const least = leastLength(type);
      if (least < 0) {
        layers.event(hopByHop ? events.IPV6_HOPOPTS_UNKNOWN_OPT : events.IPV6_DSTOPTS_UNKNOWN_OPT);
      } else if (length < least) {
        layers.event(events.IPV6_EXTHDR_INVALID_OPTLEN);
        break;
      }
      others++;
    }
    at += 2 + length;
  }
  if (padding > 0 && others === 0) {
    layers.event(hopByHop ? events.IPV6_HOPOPTS_ONLY_PADDING : events.IPV6_DSTOPTS_ONLY_PADDING);
  }
}
