import { COUNTER } from '../counters.ts';
import * as events from '../events.ts';
import type { Layers } from '../layers.ts';
import { cooked1, cooked2, loopback, nflog, raw } from './cooked.ts';
import { cisco, ppp, pppoeSession } from './ppp.ts';
import { perPacketInformation, prism, radiotap, wlan } from './wlan.ts';

/** A frame of the given LINKTYPE_ number, other than Ethernet. */
export function link(layers: Layers, linkType: number, start: number, end: number): void {
  switch (linkType) {
    case 0: // NULL
    case 108: // LOOP
      loopback(layers, start, end);
      return;
    case 9: // PPP
    case 50: // PPP_HDLC
      ppp(layers, start, end);
      return;
    case 166: // PPP_PPPD: a direction byte stands for the address
      ppp(layers, start + 2, end);
      return;
    case 51: // PPP_ETHER
      pppoeSession(layers, start, end);
      return;
    case 104: // C_HDLC
      cisco(layers, start, end);
      return;
    case 12: // RAW of most systems
    case 14: // RAW of OpenBSD
    case 101: // RAW
    case 228: // IPV4
    case 229: // IPV6
      raw(layers, start, end);
      return;
    case 105: // IEEE802_11
      wlan(layers, start, end, false);
      return;
    case 119: // IEEE802_11_PRISM
    case 163: // IEEE802_11_AVS
      prism(layers, start, end);
      return;
    case 127: // IEEE802_11_RADIOTAP
      radiotap(layers, start, end);
      return;
    case 192: // PPI
      perPacketInformation(layers, start, end);
      return;
    case 113: // LINUX_SLL
      cooked1(layers, start, end);
      return;
    case 276: // LINUX_SLL2
      cooked2(layers, start, end);
      return;
    case 239: // NFLOG
      nflog(layers, start, end);
      return;
    default:
      layers.counts[COUNTER.unknown_linktype]!++;
      layers.event(events.UNKNOWN_LINKTYPE);
  }
}
