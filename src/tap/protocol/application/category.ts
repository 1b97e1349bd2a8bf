import { hostRules } from './host.ts';

/** Protocols by category, in nDPI's spelling of both. */
const PROTOCOLS: readonly (readonly [category: string, names: string])[] = [
  [
    'Web',
    'HTTP HTTP2 HTTP_Proxy HTTP_Connect TLS DTLS QUIC SOCKS AJP HAProxy OCSP Usenet HLS WebSocket Jabber',
  ],
  [
    'Network',
    'DNS MDNS LLMNR DHCP DHCPV6 ICMP ICMPV6 IGMP OSPF BGP BFD GRE GTP GTP_U GTP_C GTP_PRIME EGP HSRP VRRP IP_PIM ' +
      'LDP Radius Kerberos NAT-PMP STUN Teredo WSD Zabbix SNMP DoH_DoT DNScrypt sFlow NetFlow OpenFlow PGM SCTP ' +
      'CAPWAP CPHA Diameter EthernetIP Kismet Memcached Protobuf Raft VXLAN Whois-DAS Z3950 TargusDataspeed ' +
      'TiVoConnect MerakiCloud HP_VIRTGRP Ookla Citrix Geneve ProtocolBuffers Thrift IPinIP 6to4',
  ],
  ['Email', 'SMTP SMTPS POP3 POPS IMAP IMAPS'],
  ['Download', 'FTP_CONTROL FTP_DATA FTPS BitTorrent eDonkey Gnutella Syncthing FLUTE'],
  ['DataTransfer', 'AFP CHECKMK Ceph Lustre NFS RSYNC TFTP Crashlytics'],
  ['RemoteAccess', 'SSH RDP VNC Telnet AnyDesk TeamViewer NoMachine RSH Radmin VMware XDMCP'],
  ['VPN', 'IPSec OpenVPN WireGuard CiscoVPN Tailscale Tor UltraSurf FortiClient L2TP PPTP Softether ESP AH'],
  ['Chat', 'IRC OICQ Threema WhatsApp Telegram Signal KakaoTalk'],
  [
    'VoIP',
    'SIP H323 MGCP Megaco RTCP IAX CiscoSkinny WhatsAppCall SignalVoip TelegramVoip Skype_TeamsCall IMO',
  ],
  ['Media', 'RTP RTMP RTSP SD-RTN'],
  ['Video', 'BFCP Zoom'],
  [
    'System',
    'NTP SSDP SMBv1 SMBv23 NetBIOS LDAP Syslog BJNP Elasticsearch IPP Munin PTPv2 Roughtime collectd LPR TACACS',
  ],
  ['RPC', 'DCERPC COAP MQTT AMQP Corba HL7 JRMI JSON-RPC RTPS SOMEIP Service_Location_Protocol RPC SOAP'],
  ['Database', 'MySQL PostgreSQL MongoDB Oracle MsSQL-TDS Cassandra DRDA Redis ClickHouse'],
  ['Collaborative', 'Git LotusNotes WebDAV Teams'],
  [
    'IoT-Scada',
    'Modbus DNP3 S7Comm S7CommPlus BACnet IEC60870 IEC62056 IEEE-C37118 OPC-UA PROFINET_IO TPLINK_SHP TuyaLP UMAS ' +
      'FINS HiSLIP Ether-S-Bus EtherSIO EthernetGlobalData BeckhoffADS CNP-IP ANSI_C1222 ATG KNXnet_IP HART-IP',
  ],
  ['Game', 'RakNet Source_Engine AmongUs CryNetwork TocaBoca GenshinImpact LoLWildRift TencentGames Yojimbo'],
  ['Crypto_Currency', 'BITCOIN ETHEREUM Nano ZUG'],
  ['Mining', 'Mining'],
];

let categories: ReadonlyMap<string, string> | undefined;

/** nDPI's category of a protocol or application by its name; `Unspecified` when it is not known. */
export function categoryOf(protocol: string): string {
  if (categories === undefined) {
    const map = new Map(hostRules().categories);
    for (const [category, names] of PROTOCOLS) for (const name of names.split(' ')) map.set(name, category);
    categories = map;
  }
  return categories.get(protocol) ?? 'Unspecified';
}
