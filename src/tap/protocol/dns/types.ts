/** Names of the numbers in DNS messages (IANA, Domain Name System Parameters), as the two outputs write them. */

export const A = 1;
export const NS = 2;
export const CNAME = 5;
export const SOA = 6;
export const NULL = 10;
export const WKS = 11;
export const PTR = 12;
export const MX = 15;
export const TXT = 16;
export const AAAA = 28;
export const LOC = 29;
export const SRV = 33;
export const NAPTR = 35;
export const A6 = 38;
export const OPT = 41;
export const DS = 43;
export const SSHFP = 44;
export const RRSIG = 46;
export const NSEC = 47;
export const DNSKEY = 48;
export const NSEC3 = 50;
export const NSEC3PARAM = 51;
export const SPF = 99;
export const TSIG = 250;
export const ANY = 255;
/** BIND's private type that tracks the signing of a zone. */
export const BINDS = 65534;

export const CLASS_NONE = 254;
export const CLASS_ANY = 255;

export const OPCODE_UPDATE = 5;

/** Record types by number, under the names that IANA gives them. */
const TYPES: readonly (readonly [number, string])[] = [
  [1, 'A'],
  [2, 'NS'],
  [3, 'MD'],
  [4, 'MF'],
  [5, 'CNAME'],
  [6, 'SOA'],
  [7, 'MB'],
  [8, 'MG'],
  [9, 'MR'],
  [10, 'NULL'],
  [11, 'WKS'],
  [12, 'PTR'],
  [13, 'HINFO'],
  [14, 'MINFO'],
  [15, 'MX'],
  [16, 'TXT'],
  [17, 'RP'],
  [18, 'AFSDB'],
  [19, 'X25'],
  [20, 'ISDN'],
  [21, 'RT'],
  [22, 'NSAP'],
  [23, 'NSAP-PTR'],
  [24, 'SIG'],
  [25, 'KEY'],
  [26, 'PX'],
  [27, 'GPOS'],
  [28, 'AAAA'],
  [29, 'LOC'],
  [30, 'NXT'],
  [31, 'EID'],
  [32, 'NIMLOC'],
  [33, 'SRV'],
  [34, 'ATMA'],
  [35, 'NAPTR'],
  [36, 'KX'],
  [37, 'CERT'],
  [38, 'A6'],
  [39, 'DNAME'],
  [40, 'SINK'],
  [41, 'OPT'],
  [42, 'APL'],
  [43, 'DS'],
  [44, 'SSHFP'],
  [45, 'IPSECKEY'],
  [46, 'RRSIG'],
  [47, 'NSEC'],
  [48, 'DNSKEY'],
  [49, 'DHCID'],
  [50, 'NSEC3'],
  [51, 'NSEC3PARAM'],
  [52, 'TLSA'],
  [53, 'SMIMEA'],
  [55, 'HIP'],
  [56, 'NINFO'],
  [57, 'RKEY'],
  [58, 'TALINK'],
  [59, 'CDS'],
  [60, 'CDNSKEY'],
  [61, 'OPENPGPKEY'],
  [62, 'CSYNC'],
  [63, 'ZONEMD'],
  [64, 'SVCB'],
  [65, 'HTTPS'],
  [99, 'SPF'],
  [100, 'UINFO'],
  [101, 'UID'],
  [102, 'GID'],
  [103, 'UNSPEC'],
  [104, 'NID'],
  [105, 'L32'],
  [106, 'L64'],
  [107, 'LP'],
  [108, 'EUI48'],
  [109, 'EUI64'],
  [249, 'TKEY'],
  [250, 'TSIG'],
  [251, 'IXFR'],
  [252, 'AXFR'],
  [253, 'MAILB'],
  [254, 'MAILA'],
  [255, 'ANY'],
  [256, 'URI'],
  [257, 'CAA'],
  [32768, 'TA'],
  [32769, 'DLV'],
  [65281, 'WINS'],
  [65282, 'WINS-R'],
  [65422, 'XPF'],
  [65521, 'INTEGRITY'],
];

/** Types that Suricata 8 writes by number, since its own table lacks them. */
const NUMBERED_IN_EVE = new Set([
  31, 32, 40, 53, 56, 57, 58, 61, 62, 63, 64, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 251, 252, 253,
  257, 32768, 32769, 65281, 65282, 65422, 65521,
]);

const zeekTypes = new Map<number, string>(TYPES);
zeekTypes.set(ANY, '*');
const eveTypes = new Map<number, string>(TYPES.filter(([number]) => !NUMBERED_IN_EVE.has(number)));
eveTypes.set(23, 'NSAPPTR');
const knownTypes = new Set<number>(TYPES.map(([number]) => number));

/** A record type as EVE's `rrtype`. */
export function eveType(type: number): string {
  return eveTypes.get(type) ?? String(type);
}

/** A query type as Zeek's `qtype_name`. */
export function zeekType(type: number): string {
  return zeekTypes.get(type) ?? `query-${type}`;
}

/** Whether a record type is registered: what detection by content asks. */
export function isKnownType(type: number): boolean {
  return knownTypes.has(type);
}

const RCODES = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
];

/** The response code of a message's flags as EVE's `rcode`. */
export function eveRcode(flags: number): string {
  return RCODES[flags & 15] ?? String(flags & 15);
}

/** The response code of a message's flags as Zeek's `rcode_name`. */
export function zeekRcode(flags: number): string {
  const code = flags & 15;
  return code === 8 ? 'NXRRSet' : (RCODES[code] ?? `unassigned-${code}`);
}

const CLASSES = new Map([
  [1, 'C_INTERNET'],
  [2, 'C_CSNET'],
  [3, 'C_CHAOS'],
  [4, 'C_HESIOD'],
  [CLASS_NONE, 'C_NONE'],
  [CLASS_ANY, 'C_ANY'],
]);

/** A class as Zeek's `qclass_name`. */
export function zeekClass(number: number): string {
  return CLASSES.get(number) ?? `qclass-${number}`;
}

const OPCODES = new Map([
  [0, 'query'],
  [1, 'iquery'],
  [2, 'server-status'],
  [4, 'notify'],
  [OPCODE_UPDATE, 'dynamic-update'],
  [6, 'dso'],
]);

/** An operation code as Zeek's `opcode_name`. */
export function zeekOpcode(number: number): string {
  return OPCODES.get(number) ?? `opcode-${number}`;
}
