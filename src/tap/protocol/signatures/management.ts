import { u8, u16, u32 } from '../../../net/index.ts';
import { contentOf, lengthOf } from './ber.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { find, printable, textAt, u32le } from './text.ts';

/** RFC 1157, RFC 3416, RFC 3412: SEQUENCE, version 0, 1 or 3, then the community or the global data. */
function snmp(bytes: Uint8Array, start: number, end: number): Verdict {
  const content = contentOf(bytes, start, end);
  if (content < 0 || content + 3 > end || lengthOf(bytes, start, end) > end - content) return 'no';
  if (u16(bytes, content) !== 0x0201) return 'no';
  const version = u8(bytes, content + 2);
  const next = content + 3;
  if (next + 2 > end) return 'no';
  if (version === 3) return u8(bytes, next) === 0x30 ? 'yes' : 'no';
  if (version > 1 || u8(bytes, next) !== 4) return 'no';
  const community = contentOf(bytes, next, end);
  const unit = community + lengthOf(bytes, next, end);
  if (community < 0 || unit >= end) return 'no';
  const type = u8(bytes, unit);
  return type >= 0xa0 && type <= 0xa8 ? 'yes' : 'no';
}

/** RFC 5424 and RFC 3164: a priority of at most 191 in angle brackets, text behind it. */
function syslog(bytes: Uint8Array, start: number, end: number): Verdict {
  let at = start + 1;
  let priority = 0;
  while (at < end && at < start + 4 && u8(bytes, at) >= 0x30 && u8(bytes, at) <= 0x39) {
    priority = priority * 10 + u8(bytes, at++) - 0x30;
  }
  if (at === start + 1 || at >= end || u8(bytes, at) !== 0x3e || priority > 191) return 'no';
  if (!printable(bytes, at + 1, Math.min(end, at + 16))) return 'no';
  const from = at + 1;
  if (from >= end) return 'no';
  return 'yes';
}

/** RFC 2865, section 3: code, identifier, length that fits, attributes that fill it. */
function radius(bytes: Uint8Array, start: number, end: number): Verdict {
  const code = u8(bytes, start);
  const length = u16(bytes, start + 2);
  const known = (code >= 1 && code <= 5) || (code >= 11 && code <= 13) || (code >= 40 && code <= 45);
  return known && length >= 20 && length <= end - start ? 'yes' : 'no';
}

/** RFC 6733, section 3: version 1, length of 3 bytes, flags without reserved bits, a known command. */
function diameter(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u32(bytes, start) & 0xffffff;
  if (u8(bytes, start) !== 1 || length < 20 || (length & 3) !== 0 || (u8(bytes, start + 4) & 0x0f) !== 0)
    return 'no';
  const command = u32(bytes, start + 4) & 0xffffff;
  const base =
    command === 257 ||
    command === 280 ||
    command === 282 ||
    command === 258 ||
    command === 271 ||
    command === 272 ||
    command === 274 ||
    command === 275;
  const known = base || (command >= 259 && command <= 330) || (command >= 8388608 && command <= 8388740);
  return known && length <= end - start + 4096 ? 'yes' : 'no';
}

/** RFC 8907, section 4.1: version c0 or c1, a type, sequence, flags, session, length that fits. */
function tacacs(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start + 1);
  return type >= 1 && type <= 3 && u32(bytes, start + 8) + 12 === end - start ? 'yes' : 'no';
}

/** RFC 4511, section 4.1: SEQUENCE, message number, an operation's tag. */
function ldap(bytes: Uint8Array, start: number, end: number): Verdict {
  const content = contentOf(bytes, start, end);
  if (content < 0 || content + 4 > end || u8(bytes, content) !== 2) return 'no';
  const size = u8(bytes, content + 1);
  const operation = content + 2 + size;
  if (size < 1 || size > 4 || operation + 2 > end) return 'no';
  const length = lengthOf(bytes, start, end);
  if (length < 5 || length > 1 << 24) return 'no';
  const tag = u8(bytes, operation);
  switch (tag) {
    case 0x60: // bindRequest: version 2 or 3
      return find(bytes, operation, Math.min(end, operation + 8), '\x02\x01\x03') >= 0 ||
        find(bytes, operation, Math.min(end, operation + 8), '\x02\x01\x02') >= 0
        ? 'yes'
        : 'no';
    case 0x61: // results begin with an ENUMERATED code
    case 0x65:
      return find(bytes, operation, Math.min(end, operation + 8), '\x0a\x01') >= 0 ? 'yes' : 'no';
    case 0x63: // searchRequest: base, scope, dereferencing
      return find(bytes, operation, Math.min(end, operation + 300), '\x0a\x01') >= 0 ? 'yes' : 'no';
    case 0x64: // searchResEntry: a name
      return length <= end - content + 65536 &&
        find(bytes, operation, Math.min(end, operation + 8), '\x04') >= 0
        ? 'yes'
        : 'no';
    case 0x42: // unbindRequest: NULL
      return u8(bytes, operation + 1) === 0 ? 'yes' : 'no';
    case 0x77: // extendedReq: a name in context 0
      return find(bytes, operation, Math.min(end, operation + 8), '\x80') >= 0 ? 'yes' : 'no';
    default:
      return 'no';
  }
}

/** RFC 4120, section 5: an application tag with pvno 5 and a message type that repeats it. */
function kerberosMessage(bytes: Uint8Array, at: number, end: number): Verdict {
  const tag = u8(bytes, at);
  const type = tag & 0x1f;
  if (type < 10 || type > 30) return 'no';
  const content = contentOf(bytes, at, end);
  if (content < 0 || content + 12 > end || u8(bytes, content) !== 0x30) return 'no';
  const inner = contentOf(bytes, content, end);
  if (inner < 0 || inner + 10 > end) return 'no';
  // AS-REQ and TGS-REQ number pvno 1, the others 0: [n] { INTEGER 5 } [n+1] { INTEGER type }.
  const version = u16(bytes, inner + 1) === 0x0302 && u16(bytes, inner + 3) === 0x0105;
  return version && u8(bytes, inner + 9) === type ? 'yes' : 'no';
}

function kerberosStream(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u32(bytes, start);
  return length >= 16 && length < 1 << 20 ? kerberosMessage(bytes, start + 4, end) : 'no';
}

/** NetFlow 1, 5, 7 (Cisco), 9 (RFC 3954) and IPFIX (RFC 7011): version, counts, a time. */
function netflow(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u16(bytes, start);
  const count = u16(bytes, start + 2);
  const length = end - start;
  switch (version) {
    case 1:
      return count > 0 && count <= 24 && length === 16 + count * 52 ? 'yes' : 'no';
    case 5:
      return count > 0 && count <= 30 && length === 24 + count * 48 ? 'yes' : 'no';
    case 7:
      return count > 0 && count <= 28 && length === 24 + count * 52 ? 'yes' : 'no';
    case 9: {
      const seconds = u32(bytes, start + 8);
      return count > 0 && count < 512 && seconds > 946_684_800 && length > 20 ? 'yes' : 'no';
    }
    case 10:
      return count === length && u32(bytes, start + 4) > 946_684_800 ? 'yes' : 'no';
    default:
      return 'no';
  }
}

/** sFlow 5 (sflow.org): version, address type and address, sub-agent, sequence, uptime, samples. */
function sflow(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u32(bytes, start);
  const kind = u32(bytes, start + 4);
  if ((version !== 5 && version !== 2 && version !== 4) || (kind !== 1 && kind !== 2)) return 'no';
  const samples = start + 8 + (kind === 1 ? 4 : 16) + (version === 5 ? 12 : 8);
  return samples + 4 <= end && u32(bytes, samples) < 256 ? 'yes' : 'no';
}

/** collectd's binary protocol: parts of type and length; the first names the host. */
function collectd(bytes: Uint8Array, start: number, end: number): Verdict {
  let at = start;
  let parts = 0;
  while (at + 4 <= end) {
    const type = u16(bytes, at);
    const length = u16(bytes, at + 2);
    const known = type <= 9 || type === 0x100 || type === 0x101 || type === 0x200 || type === 0x210;
    if (!known || length < 5 || at + length > end) return 'no';
    if (parts === 0 && type !== 0 && type < 0x200) return 'no';
    at += length;
    parts++;
  }
  return at === end && parts >= 3 ? 'yes' : 'no';
}

/** Zabbix: `ZBXD`, flags with bit 0, a length. */
const zabbix = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'ZBXD') && (u8(bytes, start + 4) & 0xf8) === 0 ? 'yes' : 'no';

/** Checkmk's agent: a section header. */
const checkmk = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '<<<check_mk>>>') || textAt(bytes, start, end, '<<<cmk') ? 'yes' : 'no';

/** Munin's greeting. */
const munin = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '# munin node at ') ? 'yes' : 'no';

/** XDMCP (X.Org), section 5: version 1, an opcode, the rest's length. */
function xdmcp(bytes: Uint8Array, start: number, end: number): Verdict {
  const operation = u16(bytes, start + 2);
  return u16(bytes, start) === 1 &&
    operation >= 1 &&
    operation <= 14 &&
    u16(bytes, start + 4) + 6 === end - start
    ? 'yes'
    : 'no';
}

/** ASF's RMCP (DSP0136), in which IPMI travels: version 6, sequence, class 6 or 7. */
function rmcp(bytes: Uint8Array, start: number, _end: number): Verdict {
  const kind = u8(bytes, start + 3) & 0x7f;
  return u8(bytes, start) === 6 && u8(bytes, start + 1) === 0 && (kind === 6 || kind === 7) ? 'yes' : 'no';
}

/** Roughtime (draft-ietf-ntp-roughtime): `ROUGHTIM` and a length, or Google's form: a count of tags and known ones. */
function roughtime(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start, end, 'ROUGHTIM')) return 'yes';
  const tags = u32le(bytes, start);
  if (tags < 2 || tags > 16 || start + tags * 8 > end) return 'no';
  const names = start + 4 + (tags - 1) * 4;
  for (const tag of ['NONC', 'PAD\xff', 'SIG\0', 'VER\0', 'SREP', 'CERT', 'INDX', 'PATH', 'ROOT']) {
    if (textAt(bytes, names, end, tag) || textAt(bytes, names + 4, end, tag)) return 'yes';
  }
  return 'no';
}

/** Apache JServ 1.3: 12 34 from the web server, `AB` from the container; length; a known message. */
const ajp = (bytes: Uint8Array, start: number, end: number): Verdict => {
  const magic = u16(bytes, start);
  if (magic !== 0x1234 && magic !== 0x4142) return 'no';
  const length = u16(bytes, start + 2);
  const type = u8(bytes, start + 4);
  if (length === 0 || length + 4 > end - start + 8192) return 'no';
  return magic === 0x1234
    ? type === 2 || type === 7 || type === 8 || type === 10
      ? 'yes'
      : 'no'
    : type >= 3 && type <= 9
      ? 'yes'
      : 'no';
};

/** Kismet's old line protocol. */
const kismet = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '*KISMET: ') ? 'yes' : 'no';

/** HAProxy's PROXY protocol: version 1's line, version 2's signature. */
const haproxy = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'PROXY TCP') ||
  textAt(bytes, start, end, 'PROXY UNKNOWN') ||
  textAt(bytes, start, end, '\r\n\r\n\0\r\nQUIT\n')
    ? 'yes'
    : 'no';

/** C-Raft (Canonical): messages of little-endian words of 64 bits: type, length of the rest. */
function raft(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u32le(bytes, start);
  if (type < 1 || type > 8 || u32(bytes, start + 4) !== 0 || u32(bytes, start + 12) !== 0) return 'no';
  if (type === 1 && textOf(bytes, start + 24, end)) return 'yes';
  const length = u32le(bytes, start + 8);
  return length >= 8 && length % 8 === 0 && length + 16 <= end - start ? 'yes' : 'no';
}
/** An address with its port stands in the first message. */
function textOf(bytes: Uint8Array, at: number, end: number): boolean {
  return at + 8 <= end && printable(bytes, at, at + 8) && find(bytes, at, end, ':') >= 0;
}

/** EasyWeather's stations: `PC2000` or `HP2000` and a command. */
const easyWeather = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'PC2000') || textAt(bytes, start, end, 'HP2000') ? 'yes' : 'no';

/** Whois and DAS on their ports: one line of text. */
function whois(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  return talk.direction === 0 && u8(bytes, end - 1) === 10 && printable(bytes, start, end) ? 'yes' : 'no';
}

/** Z39.50 (ISO 23950): BER of an initialisation: tags 20 or 21, reference or protocol version, options. */
function z3950(bytes: Uint8Array, start: number, end: number): Verdict {
  const content = contentOf(bytes, start, end);
  if (content < 0 || lengthOf(bytes, start, end) + content !== end) return 'no';
  return textAt(bytes, content, end, '\x83\x02') && u8(bytes, content + 2) <= 7 ? 'yes' : 'no';
}

/** FASTCGI 1.0: version 1, BEGIN_REQUEST with a role. */
const fastcgi = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u16(bytes, start) === 0x0101 &&
  u16(bytes, start + 4) === 8 &&
  u16(bytes, start + 8) >= 1 &&
  u16(bytes, start + 8) <= 3
    ? 'yes'
    : 'no';

/** Gearman: \0REQ or \0RES, a type. */
const gearman = (bytes: Uint8Array, start: number, end: number): Verdict =>
  (textAt(bytes, start, end, '\0REQ') || textAt(bytes, start, end, '\0RES')) && u32(bytes, start + 4) <= 42
    ? 'yes'
    : 'no';

/** OpenWire of ActiveMQ: length, WIREFORMAT_INFO, `ActiveMQ`. */
const openwire = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u8(bytes, start + 4) === 1 && textAt(bytes, start + 5, end, 'ActiveMQ') ? 'yes' : 'no';

/** Remote shell: a port as digits and a zero; then names, each with a zero. */
function rsh(bytes: Uint8Array, start: number, end: number): Verdict {
  let at = start;
  while (at < end && u8(bytes, at) >= 0x30 && u8(bytes, at) <= 0x39) at++;
  return at > start && at - start <= 5 && at < end && u8(bytes, at) === 0 ? 'yes' : 'no';
}

export const MANAGEMENT: readonly Signature[] = [
  {
    name: 'SNMP',
    suricata: 'snmp',
    service: 'snmp',
    transports: ['udp'],
    first: [0x30],
    least: 10,
    probe: snmp,
  },
  { name: 'RSH', transports: ['tcp'], ports: [514], first: '0123456789', least: 2, probe: rsh },
  { name: 'Syslog', service: 'syslog', transports: ['udp', 'tcp'], first: '<', least: 5, probe: syslog },
  {
    name: 'Radius',
    service: 'radius',
    transports: ['udp'],
    ports: [1812, 1813, 1645, 1646, 3799],
    least: 20,
    probe: radius,
  },
  { name: 'Diameter', transports: ['tcp'], first: [1], least: 20, probe: diameter },
  { name: 'TACACS', transports: ['tcp'], first: [0xc0, 0xc1], least: 12, probe: tacacs },
  {
    name: 'LDAP',
    suricata: 'ldap',
    service: 'ldap_tcp',
    transports: ['tcp'],
    first: [0x30],
    least: 7,
    probe: ldap,
  },
  {
    name: 'LDAP',
    suricata: 'ldap',
    service: 'ldap_udp',
    transports: ['udp'],
    first: [0x30],
    least: 7,
    probe: ldap,
  },
  {
    name: 'Kerberos',
    suricata: 'krb5',
    service: 'krb',
    transports: ['udp'],
    first: applicationTags(),
    least: 16,
    probe: kerberosMessage,
  },
  {
    name: 'Kerberos',
    suricata: 'krb5',
    service: 'krb_tcp',
    transports: ['tcp'],
    first: [0],
    least: 20,
    probe: kerberosStream,
  },
  { name: 'NetFlow', transports: ['udp'], first: [0], least: 20, probe: netflow },
  { name: 'sFlow', transports: ['udp'], first: [0], least: 28, probe: sflow },
  { name: 'collectd', transports: ['udp'], first: [0, 2], least: 15, probe: collectd },
  { name: 'Zabbix', transports: ['tcp'], first: 'Z', least: 5, probe: zabbix },
  { name: 'CHECKMK', transports: ['tcp'], first: '<', least: 10, probe: checkmk },
  { name: 'Munin', transports: ['tcp'], first: '#', least: 16, probe: munin },
  { name: 'XDMCP', transports: ['udp'], first: [0], least: 6, probe: xdmcp },
  { name: 'RMCP', transports: ['udp'], first: [6], ports: [623, 664], least: 4, probe: rmcp },
  { name: 'Roughtime', transports: ['udp'], least: 32, probe: roughtime },
  { name: 'AJP', transports: ['tcp'], first: [0x12, 0x41], least: 5, probe: ajp },
  { name: 'Kismet', transports: ['tcp'], first: '*', least: 12, probe: kismet },
  { name: 'HAProxy', transports: ['tcp'], first: 'P\r', least: 12, probe: haproxy },
  { name: 'Raft', transports: ['tcp'], first: [1, 2, 3, 4, 5, 6, 7, 8], least: 16, probe: raft },
  { name: 'EasyWeather', transports: ['udp'], first: 'PH', least: 10, probe: easyWeather },
  { name: 'Whois-DAS', transports: ['tcp'], ports: [43, 4343], least: 3, probe: whois },
  { name: 'Z3950', transports: ['tcp'], first: [0xb4, 0xb5], least: 12, probe: z3950 },
  { name: 'FastCGI', transports: ['tcp'], first: [1], least: 16, probe: fastcgi },
  { name: 'Gearman', transports: ['tcp'], first: [0], least: 12, probe: gearman },
  { name: 'OpenWire', transports: ['tcp'], first: [0], least: 16, probe: openwire },
];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

function applicationTags(): number[] {
  return range(0x6a, 0x7e);
}
