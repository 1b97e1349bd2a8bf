import { dhcp } from './dhcp/index.ts';
import { dhcpv6 } from './dhcpv6/index.ts';
import { dnsTcp, dnsUdp, llmnr, mdns } from './dns/index.ts';
import { dtls } from './dtls/index.ts';
import { ftp } from './ftp/index.ts';
import { ftpData } from './ftp-data/index.ts';
import { http1 } from './http1/index.ts';
import { doh2, http2 } from './http2/index.ts';
import { imap } from './imap/index.ts';
import { irc } from './irc/index.ts';
import { krb5, krb5Udp } from './krb5/index.ts';
import { ldap } from './ldap/index.ts';
import { mysql } from './mysql/index.ts';
import { ntp } from './ntp/index.ts';
import type { Protocol } from './parser.ts';
import { pop3 } from './pop3/index.ts';
import { postgresql } from './postgresql/index.ts';
import { quic } from './quic/index.ts';
import { rdp } from './rdp/index.ts';
import { smtp } from './smtp/index.ts';
import { ssh } from './ssh/index.ts';
import { tls } from './tls/index.ts';
import { xmpp } from './xmpp/index.ts';

/** Every protocol that weir parses, asked in this order. A new one is its folder and one line here. */
export const PROTOCOLS: readonly Protocol[] = [
  tls,
  http1,
  http2,
  doh2,
  dnsUdp,
  dnsTcp,
  mdns,
  llmnr,
  quic,
  dtls,
  ssh,
  smtp,
  ftp,
  ftpData,
  pop3,
  imap,
  irc,
  dhcp,
  dhcpv6,
  ntp,
  krb5,
  krb5Udp,
  ldap,
  mysql,
  postgresql,
  rdp,
  xmpp,
];
