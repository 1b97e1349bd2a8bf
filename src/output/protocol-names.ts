/** IP protocol numbers (IANA) by the names that EVE records carry. */
const NAMES = new Map<number, string>([
  [0, 'HOPOPT'],
  [1, 'ICMP'],
  [2, 'IGMP'],
  [3, 'GGP'],
  [4, 'IPv4'],
  [5, 'ST'],
  [6, 'TCP'],
  [8, 'EGP'],
  [9, 'IGP'],
  [12, 'PUP'],
  [17, 'UDP'],
  [27, 'RDP'],
  [33, 'DCCP'],
  [41, 'IPv6'],
  [43, 'IPv6-Route'],
  [44, 'IPv6-Frag'],
  [46, 'RSVP'],
  [47, 'GRE'],
  [50, 'ESP'],
  [51, 'AH'],
  [58, 'IPv6-ICMP'],
  [59, 'IPv6-NoNxt'],
  [60, 'IPv6-Opts'],
  [88, 'EIGRP'],
  [89, 'OSPFIGP'],
  [94, 'IPIP'],
  [97, 'ETHERIP'],
  [98, 'ENCAP'],
  [103, 'PIM'],
  [108, 'IPComp'],
  [112, 'VRRP'],
  [113, 'PGM'],
  [115, 'L2TP'],
  [124, 'ISIS over IPv4'],
  [132, 'SCTP'],
  [133, 'FC'],
  [136, 'UDPLite'],
  [137, 'MPLS-in-IP'],
  [139, 'HIP'],
]);

/** True for TCP, UDP and SCTP: the records of these carry ports. */
export function hasPorts(protocol: number): boolean {
  return protocol === 6 || protocol === 17 || protocol === 132;
}

/** EVE's `proto` of an IP protocol number; a number without a name in three digits. */
export function protocolName(protocol: number): string {
  return NAMES.get(protocol) ?? protocol.toString().padStart(3, '0');
}
