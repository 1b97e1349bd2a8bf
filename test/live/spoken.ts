import type { EveRecord } from '../support/eve-records.ts';

/** Flow records that an errand leads to: `app.protocol` and `proto` of each. */
type Spoken = readonly (readonly [protocol: string, transport: string])[];

/** What the errands of the lab speak, by their names; ICMP has a protocol of each family. */
export const SPOKEN: Readonly<Record<string, Spoken>> = {
  DNS: [['DNS', 'UDP']],
  'DNS, no such name': [['DNS', 'UDP']],
  'DNS, a reverse name': [['DNS', 'UDP']],
  'DNS over TCP': [['DNS', 'TCP']],
  HTTP: [['HTTP', 'TCP']],
  'HTTP, a form': [['HTTP', 'TCP']],
  'HTTP/2 in clear': [['HTTP2', 'TCP']],
  'HTTP/3': [['QUIC', 'UDP']],
  HTTPS: [['TLS', 'TCP']],
  'HTTPS, TLS 1.2': [['TLS', 'TCP']],
  'visitors to the shop': [['TLS', 'TCP']],
  NTP: [['NTP', 'UDP']],
  SSH: [['SSH', 'TCP']],
  ping: [['ICMP', 'ICMP']],
  'mail with STARTTLS': [['SMTPS', 'TCP']],
  FTP: [
    ['FTP_CONTROL', 'TCP'],
    ['FTP_DATA', 'TCP'],
  ],
  // The carrier, and what it carries.
  'HTTP in VXLAN': [
    ['VXLAN', 'UDP'],
    ['HTTP', 'TCP'],
  ],
  DHCP: [['DHCP', 'UDP']],
};

/** What a flow record says of itself: as `IPv6 TCP TLS`. */
export function spokenIn(record: EveRecord): string {
  const { protocol } = record.app as { readonly protocol: string };
  return `IPv${record.ip_v} ${record.proto} ${protocol}`;
}

/** What the flow records of an errand over a family say. */
export function spokenBy(what: string, family: number): string[] {
  const list = SPOKEN[what];
  if (list === undefined) throw new Error(`what the errand '${what}' speaks is not known here`);
  return list.map(([protocol, transport]) =>
    family === 6 && transport === 'ICMP' ? 'IPv6 IPv6-ICMP ICMPV6' : `IPv${family} ${transport} ${protocol}`,
  );
}
