import type { Layers } from '../layers.ts';
import { arp } from './arp.ts';
import { unknownEtherType } from './known.ts';
import { llc } from './llc.ts';
import { mpls } from './mpls.ts';
import { nsh } from './nsh.ts';
import { pppoeDiscovery, pppoeSession } from './ppp.ts';
import { arista, etag, fabricPath, macsec, metadata, providerBackbone, vlan, vntag } from './tags.ts';

/** What an EtherType announces at `start` (IANA's registry of IEEE 802 numbers). */
export function etherType(layers: Layers, type: number, start: number, end: number): void {
  layers.packet.etherType = type;
  switch (type) {
    case 0x0800:
      layers.ipv4(start, end);
      return;
    case 0x86dd:
      layers.ipv6(start, end);
      return;
    case 0x0806:
      arp(layers, start, end);
      return;
    case 0x8100:
    case 0x88a8:
    case 0x9100:
      vlan(layers, start, end);
      return;
    case 0x8847:
    case 0x8848:
      mpls(layers, start, end);
      return;
    case 0x8863:
      pppoeDiscovery(layers, start, end);
      return;
    case 0x8864:
      pppoeSession(layers, start, end);
      return;
    case 0x6558:
      layers.ethernet(start, end);
      return;
    case 0x8903:
      fabricPath(layers, start, end);
      return;
    case 0x8926:
      vntag(layers, start, end);
      return;
    case 0x893f:
      etag(layers, start, end);
      return;
    case 0x88e7:
      providerBackbone(layers, start, end);
      return;
    case 0x88e5:
      macsec(layers, start, end);
      return;
    case 0x894f:
      nsh(layers, start, end);
      return;
    case 0xd28b:
      arista(layers, start, end);
      return;
    case 0x8909:
      metadata(layers, start, end);
      return;
    default:
      // Up to 1500 it is a length (IEEE 802.3 section 3.2.6), and LLC follows.
      if (type > 1500) unknownEtherType(layers);
      else llc(layers, start, Math.min(end, start + type));
  }
}
