import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { find, printable, textAt, u16le, u32le } from './text.ts';

/**
 * [MS-TDS] 2.2.3.1: type, status, length in network order, channel, packet number, window 0. A login or pre-login
 * begins the client's side, a table response the server's.
 */
function tds(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start);
  const status = u8(bytes, start + 1);
  const length = u16(bytes, start + 2);
  if (status > 0x19 || length < 9 || u8(bytes, start + 7) !== 0) return 'no';
  if (type === 0x12) {
    // PRELOGIN: the first option is VERSION with an offset right behind the options.
    return length <= end - start && u8(bytes, start + 8) === 0 && u8(bytes, start + 9) === 0 ? 'yes' : 'no';
  }
  if (type === 0x10) {
    return u32le(bytes, start + 8) + 8 === length || (length === 512 && end - start >= 512) ? 'yes' : 'no';
  }
  if (type === 1 || type === 2 || type === 3 || type === 4 || type === 14) {
    return length === end - start && u16(bytes, start + 4) <= 0xff && u8(bytes, start + 6) <= 1
      ? 'yes'
      : 'no';
  }
  return 'no';
}

/** SQL Server Resolution Protocol ([MC-SQLR]): one byte questions, an answer with the instance's properties. */
function sqlBrowser(bytes: Uint8Array, start: number, end: number): Verdict {
  const first = u8(bytes, start);
  if (first === 5) return textAt(bytes, start + 3, end, 'ServerName;') ? 'yes' : 'no';
  return (first === 2 || first === 3) && end - start === 1 ? 'yes' : 'no';
}

/** PostgreSQL 3.0, chapter 55.7: the startup packet, SSLRequest, GSSENCRequest, CancelRequest. */
function postgresql(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = u32(bytes, start);
  if (talk.direction === 0 && length >= 8 && length <= 10000) {
    const code = u32(bytes, start + 4);
    if (length === 8 && (code === 80877103 || code === 80877104)) return 'yes';
    if (length === 16 && code === 80877102) return 'yes';
    if (code === 0x00030000 && length <= end - start)
      return find(bytes, start + 8, Math.min(end, start + 64), 'user\0') >= 0 ? 'yes' : 'no';
    return 'no';
  }
  return 'no';
}

/** The server's first message: Authentication, with a length and one of the known methods. */
function postgresqlAnswer(bytes: Uint8Array, start: number, _end: number): Verdict {
  const length = u32(bytes, start + 1);
  return length >= 8 && length < 256 && u32(bytes, start + 5) <= 12 ? 'yes' : 'no';
}

/** MySQL's initial handshake: length of 3 bytes, sequence 0, protocol 10, a version with a dot, zero-terminated. */
function mysql(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u16le(bytes, start) | (u8(bytes, start + 2) << 16);
  if (u8(bytes, start + 3) !== 0 || length + 4 !== end - start) return 'no';
  const protocol = u8(bytes, start + 4);
  if (protocol === 0xff) {
    // "Host ... is not allowed to connect", error 1130 and its kin.
    const error = u16le(bytes, start + 5);
    return error >= 1000 && error < 2000 && printable(bytes, start + 7, end) ? 'yes' : 'no';
  }
  if (protocol !== 10 && protocol !== 9) return 'no';
  let at = start + 5;
  let dot = false;
  while (at < end && at < start + 64 && u8(bytes, at) !== 0) dot = u8(bytes, at++) === 0x2e || dot;
  return dot && u8(bytes, at) === 0 && printable(bytes, start + 5, at) ? 'yes' : 'no';
}

/** Oracle's TNS: length, checksum 0, type, reserved 0, header checksum 0; CONNECT, ACCEPT, REFUSE, REDIRECT, RESEND. */
function oracle(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u16(bytes, start);
  const type = u8(bytes, start + 4);
  if (u16(bytes, start + 2) !== 0 || u16(bytes, start + 6) !== 0 || length < 8 || length > end - start)
    return 'no';
  if (type === 1) {
    const version = u16(bytes, start + 8);
    return length >= 26 && version >= 300 && version < 400 ? 'yes' : 'no';
  }
  return (type === 2 || type === 4 || type === 5) && length > 8 && end - start >= 12
    ? u16(bytes, start + 8) < 400 || type !== 2
      ? 'maybe'
      : 'no'
    : 'no';
}

/** MongoDB's wire protocol: length, request, response, operation, the lowest byte first. */
function mongodb(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u32le(bytes, start);
  const operation = u32le(bytes, start + 12);
  if (length < 17 || length > 48_000_000 || length < Math.min(end - start, 17)) return 'no';
  switch (operation) {
    case 2004: // OP_QUERY: flags, a collection `database.name`
      return u32le(bytes, start + 16) < 0x100 && find(bytes, start + 20, Math.min(end, start + 160), '.') >= 0
        ? 'yes'
        : 'no';
    case 2013: // OP_MSG: flags, a section of kind 0 or 1
      return end - start >= 21 && u32le(bytes, start + 16) <= 0x10003 && u8(bytes, start + 20) <= 1
        ? 'yes'
        : 'no';
    case 1: // OP_REPLY
      return length === end - start && u32le(bytes, start + 16) < 16 && end - start >= 36 ? 'yes' : 'no';
    case 2001:
    case 2002:
    case 2005:
    case 2006:
    case 2007:
    case 2010:
    case 2011:
    case 2012:
      return length === end - start && u32le(bytes, start + 8) === 0 ? 'yes' : 'no';
    default:
      return 'no';
  }
}

/** Cassandra's native protocol (v1 to v5): version, flags, stream, opcode, length that fits. */
function cassandra(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u8(bytes, start) & 0x7f;
  const answer = u8(bytes, start) >> 7;
  const wide = version >= 3;
  if (version < 1 || version > 6 || u8(bytes, start + 1) > 0x1f) return 'no';
  const operation = u8(bytes, start + (wide ? 4 : 3));
  const length = u32(bytes, start + (wide ? 5 : 4));
  if (length + (wide ? 9 : 8) > end - start) return 'no';
  if (answer === 0) {
    // STARTUP is a string map with CQL_VERSION; OPTIONS is empty.
    if (operation === 1)
      return find(bytes, start + 8, Math.min(end, start + 64), 'CQL_VERSION') >= 0 ? 'yes' : 'no';
    return operation === 5 && length === 0 && wide ? 'yes' : 'no';
  }
  if (operation === 6)
    return find(bytes, start + 8, Math.min(end, start + 160), 'CQL_VERSION') >= 0 ? 'yes' : 'no';
  return 'no';
}

/** DRDA (The Open Group): DSS with magic d0 at 2, a format, then DDM with a shorter length. */
function drda(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u16(bytes, start);
  if (u8(bytes, start + 2) !== 0xd0 || length < 10 || length > end - start) return 'no';
  const format = u8(bytes, start + 3) & 15;
  return format >= 1 && format <= 5 && u16(bytes, start + 6) === length - 6 ? 'yes' : 'no';
}

/** Redis' RESP: an array of bulk strings, or a simple answer that ends in CRLF. */
function resp(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u8(bytes, start) !== 0x2a) {
    if (u8(bytes, end - 1) !== 10 || u8(bytes, end - 2) !== 13) return 'no';
    return textAt(bytes, start, end, '+PONG\r\n') ||
      textAt(bytes, start, end, '+OK\r\n') ||
      textAt(bytes, start, end, '-ERR ') ||
      textAt(bytes, start, end, '-NOAUTH ') ||
      textAt(bytes, start, end, '-DENIED ')
      ? 'yes'
      : 'no';
  }
  let at = start + 1;
  while (at < end && at < start + 5 && u8(bytes, at) >= 0x30 && u8(bytes, at) <= 0x39) at++;
  if (at === start + 1) return 'no';
  if (at + 3 > end) return 'maybe';
  return textAt(bytes, at, end, '\r\n$') || textAt(bytes, at, end, '\r\n*') ? 'yes' : 'no';
}

const MEMCACHED = [
  'get ',
  'gets ',
  'set ',
  'add ',
  'stats\r\n',
  'stats ',
  'delete ',
  'incr ',
  'decr ',
  'touch ',
  'version\r\n',
  'flush_all',
  'STAT ',
  'VALUE ',
  'END\r\n',
  'STORED\r\n',
  'NOT_FOUND\r\n',
  'VERSION ',
];

/** memcached's text protocol on its port (protocol.txt); over UDP a frame header of 8 bytes comes first. */
function memcached(bytes: Uint8Array, start: number, end: number): Verdict {
  for (const word of MEMCACHED) if (textAt(bytes, start, end, word)) return 'yes';
  // The binary protocol: magic 80 or 81, an operation.
  const magic = u8(bytes, start);
  return (magic === 0x80 || magic === 0x81) &&
    end - start >= 24 &&
    u8(bytes, start + 1) <= 0x36 &&
    u8(bytes, start + 5) === 0
    ? 'yes'
    : 'no';
}

/** Elasticsearch's transport protocol: `ES` and a length. */
function elasticsearch(bytes: Uint8Array, start: number, end: number): Verdict {
  return textAt(bytes, start, end, 'ES') &&
    u32(bytes, start + 2) + 6 >= end - start &&
    u32(bytes, start + 2) < 1 << 27 &&
    end - start >= 19 &&
    u8(bytes, start + 14) <= 0x1f
    ? 'yes'
    : 'no';
}

/** ClickHouse's Hello: packet 0, the client's name as a counted string. */
function clickhouse(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u8(bytes, start + 1);
  return length >= 6 &&
    length < 64 &&
    find(bytes, start + 2, Math.min(end, start + 2 + length), 'ClickHouse') >= 0
    ? 'yes'
    : 'no';
}

export const DATABASES: readonly Signature[] = [
  { name: 'MsSQL-TDS', transports: ['tcp'], first: [0x12, 0x10], least: 12, probe: tds },
  {
    name: 'MsSQL-TDS',
    transports: ['tcp'],
    ports: [1433, 1434, 2433],
    first: [1, 2, 3, 4, 14],
    least: 9,
    probe: tds,
  },
  { name: 'MsSQL-TDS', transports: ['udp'], ports: [1434], first: [2, 3, 5], probe: sqlBrowser },
  {
    name: 'PostgreSQL',
    suricata: 'pgsql',
    service: 'postgresql',
    transports: ['tcp'],
    first: [0],
    least: 8,
    probe: postgresql,
  },
  {
    name: 'PostgreSQL',
    suricata: 'pgsql',
    transports: ['tcp'],
    ports: [5432],
    first: 'R',
    least: 9,
    probe: postgresqlAnswer,
  },
  { name: 'MySQL', service: 'mysql', transports: ['tcp'], least: 10, probe: mysql },
  { name: 'Oracle', transports: ['tcp'], first: [0, 1], least: 12, probe: oracle },
  { name: 'MongoDB', transports: ['tcp'], least: 20, probe: mongodb },
  {
    name: 'Cassandra',
    transports: ['tcp'],
    first: [1, 2, 3, 4, 5, 6, 0x81, 0x82, 0x83, 0x84, 0x85],
    least: 9,
    probe: cassandra,
  },
  { name: 'DRDA', transports: ['tcp'], first: [0, 1, 2], least: 10, probe: drda },
  { name: 'RESP', service: 'redis', transports: ['tcp'], first: '*+-', least: 4, probe: resp },
  { name: 'Memcached', transports: ['tcp'], ports: [11211], least: 5, probe: memcached },
  {
    name: 'Memcached',
    transports: ['udp'],
    ports: [11211],
    least: 13,
    probe: (bytes, start, end) => (u16(bytes, start + 6) === 0 ? memcached(bytes, start + 8, end) : 'no'),
  },
  { name: 'Elasticsearch', transports: ['tcp'], first: 'E', least: 19, probe: elasticsearch },
  { name: 'ClickHouse', transports: ['tcp'], first: [0], least: 12, probe: clickhouse },
];
