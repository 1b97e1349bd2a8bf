import { u8, u16, u24, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { find, printable, textAt, u16le, u32le } from './text.ts';

/** Schneider's own function inside Modbus. */
const UMAS = 0x5a;

/** Modbus Messaging on TCP/IP 1.0b, section 3.1: transaction, protocol 0, length that fits, unit, function. */
function modbus(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = u16(bytes, start + 4);
  if (u16(bytes, start + 2) !== 0 || length < 2 || length > 254 || length + 6 > end - start) return 'no';
  const code = u8(bytes, start + 7) & 0x7f;
  if (code === UMAS) {
    talk.application = 'UMAS';
    return 'yes';
  }
  const known =
    (code >= 1 && code <= 8) ||
    (code >= 11 && code <= 24) ||
    code === 43 ||
    (code >= 65 && code <= 72) ||
    (code >= 100 && code <= 110);
  if (!known) return 'no';
  // Several may stand in one segment, each with its length.
  let at = start + 6 + length;
  while (at + 6 <= end) {
    if (u16(bytes, at + 2) !== 0) return 'no';
    at += 6 + u16(bytes, at + 4);
  }
  return at === end ? 'yes' : 'no';
}

/** IEEE 1815, section 9: start bytes 05 64, length of at least 5, a control byte with a known function. */
function dnp3(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u16(bytes, start) !== 0x0564 || u8(bytes, start + 2) < 5) return 'no';
  return end - start >= 10 ? 'yes' : 'maybe';
}

/** IEC 60870-5-104, section 5: start byte 68, APDU length, control fields of format I, S or U. */
function iec104(bytes: Uint8Array, start: number, end: number): Verdict {
  let at = start;
  let units = 0;
  while (at + 6 <= end && units < 8) {
    const length = u8(bytes, at + 1);
    if (u8(bytes, at) !== 0x68 || length < 4 || length > 253) return 'no';
    const control = u8(bytes, at + 2);
    const kind = control & 3;
    if (kind === 3 && (length !== 4 || u24(bytes, at + 3) !== 0)) return 'no';
    if (kind === 1 && (length !== 4 || control !== 1 || u8(bytes, at + 3) !== 0)) return 'no';
    if ((kind & 1) === 0 && (length < 10 || (u8(bytes, at + 4) & 1) !== 0)) return 'no';
    at += length + 2;
    units++;
  }
  return units > 0 && at <= end + 255 ? 'yes' : 'no';
}

/** ISO on TCP (RFC 1006) with a COTP connection or data, inside which Siemens' S7 or MMS speaks. */
function tpkt(bytes: Uint8Array, start: number, end: number, protocol: (at: number) => boolean): Verdict {
  const size = u16(bytes, start + 2);
  if (u16(bytes, start) !== 0x0300 || size < 7 || u8(bytes, start + 5) !== 0xf0 || u8(bytes, start + 4) !== 2)
    return 'no';
  return start + 8 <= end && protocol(start + 7) ? 'yes' : 'no';
}

const s7 = (bytes: Uint8Array, start: number, end: number): Verdict =>
  tpkt(bytes, start, end, (at) => bytes[at] === 0x32);
const s7plus = (bytes: Uint8Array, start: number, end: number): Verdict =>
  tpkt(bytes, start, end, (at) => bytes[at] === 0x72);
/** ISO 9506: session data of MMS behind COTP, confirmed request or initiate in the presentation layer. */
const mms = (bytes: Uint8Array, start: number, end: number): Verdict =>
  tpkt(
    bytes,
    start,
    end,
    (at) =>
      u32(bytes, at) === 0x01000100 ||
      (bytes[at] === 0x0d && find(bytes, at, Math.min(end, at + 160), '\x28\xca\x22') >= 0),
  );

/**
 * COTP's connection request comes before any of them (ISO 8073); the S7 one asks for a rack and slot with TSAPs of two
 * bytes. What the next packet is decides.
 */
function cotp(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const size = u16(bytes, start + 2);
  const kind = u8(bytes, start + 5) & 0xf0;
  if (u16(bytes, start) !== 0x0300 || size < 11 || (kind !== 0xe0 && kind !== 0xd0)) return 'no';
  if (u8(bytes, start + 4) + 5 !== size) return 'no';
  const next = start + size;
  if (next + 8 > end) return talk.earlier < 4 ? 'maybe' : 'no';
  if (s7(bytes, next, end) === 'yes') return 'yes';
  return 'no';
}
function after(probe: typeof s7): (bytes: Uint8Array, start: number, end: number) => Verdict {
  return (bytes, start, end) => {
    if (u16(bytes, start) !== 0x0300) return 'no';
    const kind = u8(bytes, start + 5) & 0xf0;
    const next = start + u16(bytes, start + 2);
    if (kind !== 0xe0 && kind !== 0xd0) return probe(bytes, start, end);
    return next + 8 <= end ? probe(bytes, next, end) : 'no';
  };
}

/** ODVA's EtherNet/IP encapsulation (CIP volume 2, section 2-3): command, length, session, status, options 0. */
function ethernetIp(bytes: Uint8Array, start: number, end: number): Verdict {
  const command = u16le(bytes, start);
  const length = u16le(bytes, start + 2);
  const known =
    command === 0 ||
    command === 4 ||
    command === 0x63 ||
    command === 0x64 ||
    command === 0x65 ||
    command === 0x66 ||
    command === 0x6f ||
    command === 0x70;
  if (!known || length + 24 > end - start || u32le(bytes, start + 20) !== 0) return 'no';
  const status = u32le(bytes, start + 8);
  if (status > 0x6a) return 'no';
  if (command === 0x65) return length === 4 && u16le(bytes, start + 24) === 1 ? 'yes' : 'no';
  return command !== 0 && length + 24 === end - start ? 'yes' : 'no';
}

/** CIP's own implicit messages over UDP 2222: two items, a sequenced address of 8 bytes and connected data. */
function cip(bytes: Uint8Array, start: number, end: number): Verdict {
  return u16le(bytes, start) === 2 &&
    u16le(bytes, start + 2) === 0x8002 &&
    u16le(bytes, start + 4) === 8 &&
    u16le(bytes, start + 14) === 0x00b1 &&
    u16le(bytes, start + 16) + 18 === end - start
    ? 'yes'
    : 'no';
}

/** ASHRAE 135, annex J.2: BACnet/IP type 81, a BVLC function, the length of the whole. */
function bacnet(bytes: Uint8Array, start: number, end: number): Verdict {
  return u8(bytes, start) === 0x81 && u8(bytes, start + 1) <= 0x0c && u16(bytes, start + 2) === end - start
    ? 'yes'
    : 'no';
}

/** OMRON's FINS: over UDP ICF with its fixed bits, RSV 0, GCT; over TCP the word FINS and a length. */
function finsDatagram(bytes: Uint8Array, start: number, end: number): Verdict {
  const control = u8(bytes, start);
  if (
    (control & 0x3e) !== 0 ||
    (control & 0x80) === 0 ||
    u8(bytes, start + 1) !== 0 ||
    u8(bytes, start + 2) > 7
  )
    return 'no';
  if (end - start < 12 || u8(bytes, start + 2) === 0) return 'no';
  const command = u16(bytes, start + 10);
  const group = command >> 8;
  return group >= 1 &&
    group <= 0x26 &&
    (command & 0xff) <= 0x40 &&
    u8(bytes, start + 3) <= 0x7f &&
    u8(bytes, start + 6) <= 0x7f
    ? 'yes'
    : 'no';
}
const finsStream = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'FINS') && u32(bytes, start + 4) + 8 <= end - start && u32(bytes, start + 8) <= 6
    ? 'yes'
    : 'no';

/** OPC UA part 6, section 7.1.2: HEL, ACK, OPN, MSG, CLO, ERR, a chunk letter, a length. */
function opcUa(bytes: Uint8Array, start: number, end: number): Verdict {
  const known = ['HELF', 'ACKF', 'OPNF', 'MSGF', 'MSGC', 'CLOF', 'ERRF', 'RHEF'].some((magic) =>
    textAt(bytes, start, end, magic),
  );
  const length = u32le(bytes, start + 4);
  return known && length >= 12 && length <= 1 << 24 ? 'yes' : 'no';
}

/** HART-IP (HCF_SPEC-085): version 1 or 2, message type, identifier, status, sequence, length of the whole. */
function hart(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u8(bytes, start);
  if (version < 1 || version > 2 || u8(bytes, start + 1) > 2 || u8(bytes, start + 2) > 4) return 'no';
  return u16(bytes, start + 6) === end - start ? 'yes' : 'no';
}

/** Beckhoff's AMS/TCP: two bytes of 0, length, then AMS with NetIds; the data's length fits. */
function ads(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u16(bytes, start) !== 0 || u32le(bytes, start + 2) + 6 !== end - start) return 'no';
  const data = start + 6;
  return u16le(bytes, data + 16) <= 9 && u32le(bytes, data + 20) + 38 === end - start ? 'yes' : 'no';
}

/** SAIA Burgess' Ether-S-Bus: the length of the whole, version, protocol 0, a telegram type; CRC behind. */
function sbus(bytes: Uint8Array, start: number, end: number): Verdict {
  return u32(bytes, start) === end - start &&
    u8(bytes, start + 4) <= 1 &&
    u8(bytes, start + 5) === 0 &&
    u8(bytes, start + 8) <= 2
    ? 'yes'
    : 'no';
}

/** SAIA's EtherSIO: the word ESIO. */
const ethersio = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'ESIO') && u16(bytes, start + 4) <= 2 ? 'yes' : 'no';

/** GE's Ethernet Global Data: type 13, version 1, on its port. */
const egd = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u16(bytes, start) === 0x0d01 ? 'yes' : 'no';

/** HiSLIP (IVI-6.1): `HS`, message type, control code, parameter, payload length of 8 bytes. */
function hislip(bytes: Uint8Array, start: number, end: number): Verdict {
  if (!textAt(bytes, start, end, 'HS') || u32(bytes, start + 8) !== 0) return 'no';
  const type = u8(bytes, start + 2);
  return (type <= 28 || type >= 128) && u32(bytes, start + 12) + 16 <= end - start + 65536 ? 'yes' : 'no';
}

/** Veeder-Root's automatic tank gauges: SOH and a function code `I20100`, echoed in the answer's text. */
function tankGauge(bytes: Uint8Array, start: number, end: number): Verdict {
  const letter = u8(bytes, start + 1);
  if (letter !== 0x49 && letter !== 0x69 && letter !== 0x53 && letter !== 0x73) return 'no';
  for (let i = start + 2; i < start + 7; i++) {
    const digit = u8(bytes, i);
    if (digit < 0x30 || digit > 0x39) return 'no';
  }
  return end - start >= 7 ? 'yes' : 'no';
}

/** EIA-852 (CN/IP): length of the whole, version 1, packet type, vendor, session. */
function cnIp(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start + 3);
  if (u16(bytes, start) !== end - start || u8(bytes, start + 2) !== 1) return 'no';
  return (type === 1 || (type >= 3 && type <= 0x0f) || (type >= 0x60 && type <= 0x7f)) &&
    u8(bytes, start + 4) <= 4
    ? 'yes'
    : 'no';
}

/** ANSI C12.22: an ACSE unit whose AP titles lie under 1.3.6.1.4.1.33507 or 2.16.124.113620.1.22 (IEEE 1703). */
function c1222(bytes: Uint8Array, start: number, end: number): Verdict {
  const near = Math.min(end, start + 48);
  return find(bytes, start, near, '\x2b\x06\x01\x04\x01\x82\x85\x63') >= 0 ||
    find(bytes, start, near, '\x60\x7c\x86\xf7\x54\x01\x16') >= 0
    ? 'yes'
    : 'no';
}

/** IEEE C37.118.2, section 6: aa and a frame type, version, size of the whole. */
function synchrophasor(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start + 1);
  return (type & 0x80) === 0 &&
    type >> 4 <= 5 &&
    (type & 15) >= 1 &&
    (type & 15) <= 3 &&
    u16(bytes, start + 2) === end - start
    ? 'yes'
    : 'no';
}

/** DLMS/COSEM (IEC 62056): HDLC framing 7e a..7e with its length, or the TCP wrapper of version 1. */
function dlms(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u8(bytes, start) === 0x7e) {
    const format = u16(bytes, start + 1);
    return format >> 12 === 10 && (format & 0x07ff) + 2 === end - start && u8(bytes, end - 1) === 0x7e
      ? 'yes'
      : 'no';
  }
  if (u16(bytes, start) !== 1 || u16(bytes, start + 6) + 8 !== end - start) return 'no';
  const tag = u8(bytes, start + 8);
  return tag === 0x60 || tag === 0x61 || (tag >= 0xc0 && tag <= 0xcf) ? 'yes' : 'no';
}

/** Train Real-time Data Protocol (IEC 61375-2-3, annex A): sequence, version 1, a message type of two letters. */
function trdp(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u8(bytes, start + 4) !== 1) return 'no';
  for (const type of ['Pr', 'Pp', 'Pd', 'Pe', 'Mn', 'Mr', 'Mp', 'Mq', 'Mc', 'Me']) {
    if (textAt(bytes, start + 6, end, type)) return u32(bytes, start + 20) <= end - start ? 'yes' : 'no';
  }
  return 'no';
}

/** HL7 v2 in its minimal lower layer: VT, then the MSH segment. */
const hl7 = (bytes: Uint8Array, start: number, end: number): Verdict =>
  (textAt(bytes, start, end, '\x0bMSH|') || textAt(bytes, start, end, '\x0bFHS|')) &&
  printable(bytes, start + 1, start + 9)
    ? 'yes'
    : 'no';

/** SOME/IP (AUTOSAR PRS_SOMEIP): service, method, length, client, session, protocol version 1, types, return code. */
function someip(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start + 14) & 0xdf;
  if (u8(bytes, start + 12) !== 1 || u8(bytes, start + 13) > 8 || u8(bytes, start + 15) > 0x20) return 'no';
  if (type > 2 && type !== 0x80 && type !== 0x81) return 'no';
  const magic = u32(bytes, start);
  if (magic === 0xffff0000 || magic === 0xffff8000) return 'yes';
  const length = u32(bytes, start + 4);
  return length >= 8 && length + 8 <= end - start && u16(bytes, start) !== 0 && u16(bytes, start) !== 0xffff
    ? 'yes'
    : 'no';
}

export const INDUSTRIAL: readonly Signature[] = [
  {
    name: 'Modbus',
    suricata: 'modbus',
    service: 'modbus',
    transports: ['tcp'],
    ports: [502],
    least: 8,
    probe: modbus,
  },
  {
    name: 'DNP3',
    suricata: 'dnp3',
    service: 'dnp3_tcp',
    transports: ['tcp'],
    first: [5],
    least: 3,
    probe: dnp3,
  },
  {
    name: 'DNP3',
    suricata: 'dnp3',
    service: 'dnp3_udp',
    transports: ['udp'],
    first: [5],
    least: 10,
    probe: dnp3,
  },
  { name: 'IEC60870', transports: ['tcp'], first: [0x68], least: 6, probe: iec104 },
  { name: 'S7CommPlus', transports: ['tcp'], first: [3], least: 8, probe: after(s7plus) },
  { name: 'S7Comm', transports: ['tcp'], first: [3], least: 8, probe: after(s7) },
  { name: 'ISO9506-1-MMS', transports: ['tcp'], first: [3], least: 8, probe: after(mms) },
  { name: 'S7Comm', transports: ['tcp'], ports: [102], first: [3], least: 11, probe: cotp },
  {
    name: 'EthernetIP',
    suricata: 'enip',
    transports: ['tcp', 'udp'],
    ports: [44818],
    least: 24,
    probe: ethernetIp,
  },
  { name: 'EthernetIP', suricata: 'enip', transports: ['tcp'], first: [0x65], least: 28, probe: ethernetIp },
  { name: 'CIP', transports: ['udp'], first: [2], least: 18, probe: cip },
  { name: 'BACnet', transports: ['udp'], first: [0x81], least: 6, probe: bacnet },
  { name: 'FINS', transports: ['udp'], first: [0x80, 0x81, 0xc0, 0xc1], least: 12, probe: finsDatagram },
  { name: 'FINS', transports: ['tcp'], first: 'F', least: 16, probe: finsStream },
  { name: 'OPC-UA', transports: ['tcp'], first: 'HAOMCER', least: 12, probe: opcUa },
  { name: 'HART-IP', transports: ['tcp', 'udp'], ports: [5094], first: [1, 2], least: 8, probe: hart },
  { name: 'BeckhoffADS', transports: ['tcp'], first: [0], least: 38, probe: ads },
  { name: 'Ether-S-Bus', transports: ['udp'], ports: [5050], first: [0], least: 11, probe: sbus },
  { name: 'EtherSIO', transports: ['udp'], first: 'E', least: 12, probe: ethersio },
  { name: 'EthernetGlobalData', transports: ['udp'], ports: [18246], first: [0x0d], least: 32, probe: egd },
  { name: 'HiSLIP', transports: ['tcp'], first: 'H', least: 16, probe: hislip },
  { name: 'ATG', transports: ['tcp'], first: [1], least: 7, probe: tankGauge },
  { name: 'CNP-IP', transports: ['udp'], first: [0], least: 20, probe: cnIp },
  { name: 'ANSI_C1222', transports: ['tcp', 'udp'], first: [0x60], least: 24, probe: c1222 },
  { name: 'IEEE-C37118', transports: ['tcp', 'udp'], first: [0xaa], least: 16, probe: synchrophasor },
  { name: 'IEC62056', transports: ['tcp', 'udp'], first: [0x7e, 0], least: 9, probe: dlms },
  { name: 'TRDP', transports: ['udp', 'tcp'], ports: [17224, 17225], least: 40, probe: trdp },
  { name: 'HL7', transports: ['tcp'], first: [0x0b], least: 9, probe: hl7 },
  { name: 'SOMEIP', transports: ['udp', 'tcp'], least: 16, probe: someip },
];
