/**
 * Ports that only servers have: a flow whose first packet comes from one of them was picked up in the answer. These
 * are the ports that Zeek's scripts add to `likely_server_ports`, with the tunnels' ones.
 */
const TCP_PORTS: readonly number[] = [
  // FTP, SSH, SMTP, DNS, finger, HTTP and proxies
  21, 2811, 22, 25, 587, 53, 5353, 79, 80, 81, 631, 1080, 3128, 8000, 8080, 8888,
  // Kerberos, POP3, DCE/RPC, SMB, IMAP, LDAP
  88, 110, 135, 139, 445, 143, 389, 3268,
  // TLS
  443, 563, 585, 614, 636, 853, 989, 990, 992, 993, 995, 5223,
  // Modbus, DNP3, databases, MQTT, RDP, RFB, IRC, XMPP, SIP
  502, 20000, 1434, 3306, 5432, 6379, 1883, 3389, 6666, 6667, 6668, 6669, 5222, 5269, 5060,
];
const UDP_PORTS: readonly number[] = [
  // DNS and its relatives, DHCP, Kerberos, NTP, SNMP, LDAP, DTLS and QUIC, syslog
  53, 137, 5353, 5355, 67, 88, 123, 161, 162, 389, 443, 514,
  // RADIUS, RDP, SIP, DNP3
  1812, 3389, 5060, 20000,
  // Tunnels: AYIYA, Teredo, GTP, VXLAN, Geneve
  5072, 3544, 2152, 2123, 4789, 6081,
];

function table(ports: readonly number[]): Uint8Array {
  const flags = new Uint8Array(65536);
  for (const port of ports) flags[port] = 1;
  return flags;
}

/** 1 at the ports of servers, by transport. */
export const TCP_SERVER_PORTS: Uint8Array = table(TCP_PORTS);
export const UDP_SERVER_PORTS: Uint8Array = table(UDP_PORTS);
