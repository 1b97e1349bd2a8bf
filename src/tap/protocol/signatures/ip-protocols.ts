/** nDPI's names by IP protocol number (IANA), for what has no ports. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'ICMP'],
  [2, 'IGMP'],
  [4, 'IP_in_IP'],
  [8, 'EGP'],
  [47, 'GRE'],
  [50, 'IPSec'],
  [51, 'IPSec'],
  [58, 'ICMPV6'],
  [89, 'OSPF'],
  [103, 'IP_PIM'],
  [112, 'VRRP'],
  [113, 'PGM'],
  [132, 'SCTP'],
]);

/** nDPI's name of an IP protocol; undefined where it has none, and for TCP and UDP. */
export function protocolOfNumber(protocol: number): string | undefined {
  return NAMES.get(protocol);
}
