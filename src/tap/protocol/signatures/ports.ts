/**
 * What nDPI takes a flow for by its port alone when nothing else is known of it (its `Match by port`): assigned or
 * customary ports (IANA's registry, the vendors' documentation). One line per protocol; a bare number is a port.
 */
const TCP = `
FTP_DATA 20
FTP_CONTROL 21
SSH 22
Telnet 23
SMTP 25 587
Whois-DAS 43 4343
DNS 53
HTTP 80 81 8181
Kerberos 88
S7Comm 102
POP3 110
DCERPC 135
NetBIOS 139
IMAP 143
XDMCP 177
BGP 179 2605
IRC 194
Z3950 210
LDAP 389
Service_Location_Protocol 427
TLS 443
SMBv23 445
SMTPS 465
IPSec 500
Modbus 502
Syslog 514
AFP 548
RTSP 554
LDP 646
TINC 655
DoH_DoT 853
RSYNC 873
VMware 903
IMAPS 993
POPS 995
SOCKS 1080
JRMI 1099
Starcraft 1119
OpenVPN 1194
LotusNotes 1352
MsSQL-TDS 1433 1434
Citrix 1494
Oracle 1521
H323 1719 1720
Radius 1812 1813
MQTT 1883 8883
RTMP 1935
CiscoSkinny 2000
Roughtime 2002
NFS 2049
TiVoConnect 2190
IEC60870 2404
OSPF 2604
ntop 3000
HTTP_Proxy 3128 8080
SAP 3201
iSCSI 3260
Ceph 3300 6789
MySQL 3306
RDP 3389
Diameter 3868
NoMachine 4000
Viber 4244 5242 5243 7985
IAX 4569
OPC-UA 4840
Radmin 4899
TargusDataspeed 5001 5201
SIP 5060 5061
LLMNR 5355
PostgreSQL 5432
AMQP 5672
VNC 5800 5900 5901
TeamViewer 5938
RemoteScan 6077
Redis 6379
CHECKMK 6556
Cassandra 7000 9042
CiscoVPN 8008 10000
AJP 8009 8010
BITCOIN 8333
Kafka 9092
Elasticsearch 9002
Git 9418
TPLINK_SHP 9999
Zabbix 10050 10051
NestLogSink 11095
Memcached 11211
DNP3 20000
HART-IP 5094
MongoDB 27017
ETHEREUM 30303
SOMEIP 30491 30501
EthernetIP 44818
BeckhoffADS 48898
BitTorrent 51413 53646
`;

const UDP = `
DNS 53
DHCP 67 68
TFTP 69
Kerberos 88
NTP 123
NetBIOS 137 138 139
SNMP 161 162
XDMCP 177
IRC 194
LDAP 389
Service_Location_Protocol 427
QUIC 443
IPSec 500 4500
Syslog 514
AFP 548
RTSP 554
LDP 646
TINC 655
DoH_DoT 784
VMware 902 903
SOCKS 1080
Starcraft 1119
OpenVPN 1194
H323 1719 1720
Radius 1812 1813
HSRP 1985 2029
Roughtime 2002
NFS 2049
NetFlow 2055
GTP 2123 2152
TiVoConnect 2190
Megaco 2944
RDP 3389
STUN 3478
WSD 3702
BFD 3784 3785
LISP 4341 4342
IAX 4569
SIP 5060 5061
TocaBoca 5055
Ayiya 5072
HART-IP 5094
Viber 5242 5243 4244 7985 7987
CAPWAP 5246 5247
NAT-PMP 5351
MDNS 5353 5354
LLMNR 5355
COAP 5683 5684
TeamViewer 5938
sFlow 6343
BitTorrent 6771 51413
TargusDataspeed 5001 5201
MerakiCloud 7351
CPHA 8116
BJNP 8612
CiscoVPN 10000
UBNTAC2 10001
Memcached 11211
Dropbox 17500
AmongUs 22023
GenshinImpact 22102
collectd 25826
SOMEIP 30490 30491 30501
EthernetIP 44818
BACnet 47808
WireGuard 51820
VHUA 58267
PTPv2 319 320
`;

function read(table: string): ReadonlyMap<number, string> {
  const ports = new Map<number, string>();
  for (const line of table.trim().split('\n')) {
    const [name = '', ...numbers] = line.split(' ');
    for (const number of numbers) ports.set(Number(number), name);
  }
  return ports;
}

const tcp = read(TCP);
const udp = read(UDP);

/** nDPI's name for a flow of which only the ports are known; the lower port counts first. Undefined: none. */
export function protocolOfPorts(protocol: number, a: number, b: number): string | undefined {
  const ports = protocol === 6 ? tcp : protocol === 17 ? udp : undefined;
  if (ports === undefined) return undefined;
  return a <= b ? (ports.get(a) ?? ports.get(b)) : (ports.get(b) ?? ports.get(a));
}
