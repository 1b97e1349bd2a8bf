import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { filled, find, printable, textAt, u32le, wordAt } from './text.ts';

/** An acknowledgement of options (RFC 2347): their names and values, each with a zero behind it. */
function optionsOf(bytes: Uint8Array, start: number, end: number): boolean {
  for (const option of ['blksize', 'tsize', 'timeout', 'windowsize'])
    if (wordAt(bytes, start, end, option)) return u8(bytes, end - 1) === 0;
  return false;
}

/** RFC 1350 and RFC 2347: a request with a file name and a mode. */
function tftp(bytes: Uint8Array, start: number, end: number): Verdict {
  const operation = u16(bytes, start);
  if (operation === 6) return optionsOf(bytes, start + 2, end) ? 'yes' : 'no';
  if (operation !== 1 && operation !== 2) return 'no';
  let zero = start + 2;
  while (zero < end && bytes[zero] !== 0) zero++;
  if (zero === start + 2 || !printable(bytes, start + 2, zero)) return 'no';
  for (const mode of ['octet', 'netascii', 'mail', 'binary'])
    if (wordAt(bytes, zero + 1, end, mode)) return 'yes';
  return 'no';
}

/**
 * The transfer itself uses ports of its own: DATA in blocks of 512 bytes and ACKs of 4 bytes, block numbers that go
 * together. Kept: the last block and the direction of data.
 */
function tftpTransfer(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const operation = u16(bytes, start);
  const length = end - start;
  const block = u16(bytes, start + 2);
  if (operation === 3 && length <= 516) {
    if (talk.memory === block + 0x10000) return 'yes';
    if (talk.memory === 0 && block === 1 && length === 516) {
      talk.memory = block + 0x20000;
      return 'maybe';
    }
    return 'no';
  }
  if (operation === 4 && length === 4) {
    if (talk.memory === block + 0x20000) return 'yes';
    if (talk.memory === 0 && block <= 1) {
      talk.memory = block + 1 + 0x10000;
      return 'maybe';
    }
  }
  return 'no';
}

/** Apple's DSI: request or reply, a command, a data length; OpenSession or GetStatus first. */
function afp(bytes: Uint8Array, start: number, end: number): Verdict {
  const flags = u8(bytes, start);
  const command = u8(bytes, start + 1);
  if (flags > 1 || command < 1 || command > 8 || u32(bytes, start + 12) !== 0) return 'no';
  if (u32(bytes, start + 8) + 16 !== end - start) return 'no';
  if (command === 3) return 'yes';
  if (command !== 4) return 'no';
  // OpenSession carries a request quantum (0) or a server's one (1): length 4.
  return end - start > 18 && u8(bytes, start + 16) <= 1 && u8(bytes, start + 17) === 4 ? 'yes' : 'no';
}

/** BitTorrent's handshake (BEP 3). */
const bittorrent = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '\x13BitTorrent protocol') ? 'yes' : 'no';

/** The mainline DHT (BEP 5): a bencoded dictionary that begins with the argument, the answer or the error. */
function dht(bytes: Uint8Array, start: number, end: number): Verdict {
  for (const opening of ['d1:ad2:id20:', 'd1:rd2:id20:', 'd1:eli', 'd2:ip', 'd1:q', 'd1:y1:']) {
    if (textAt(bytes, start, end, opening))
      return find(bytes, start, Math.min(end, start + 512), '1:y1:') >= 0 ? 'yes' : 'no';
  }
  return 'no';
}

/** Local peer discovery (BEP 14). */
const localPeers = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'BT-SEARCH * HTTP/1.1') ? 'yes' : 'no';

/** UDP trackers (BEP 15): connect with the magic connection number. */
const tracker = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u32(bytes, start) === 0x417 && u32(bytes, start + 4) === 0x27101980 && u32(bytes, start + 8) <= 3
    ? 'yes'
    : 'no';

/**
 * Micro transport (BEP 29): version 1, a type, extensions that end; a SYN has nothing behind them, a STATE neither.
 * Two in a row of the same connection, or one that carries the handshake.
 */
function microTransport(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const first = u8(bytes, start);
  const type = first >> 4;
  if ((first & 15) !== 1 || type > 4) return 'no';
  let extension = u8(bytes, start + 1);
  let at = start + 20;
  for (let i = 0; extension !== 0; i++) {
    if (i > 3 || extension > 2 || at + 2 > end) return 'no';
    extension = u8(bytes, at);
    at += 2 + u8(bytes, at + 1);
  }
  const connection = u16(bytes, start + 2);
  if (at > end || connection === 0 || u32(bytes, start + 4) === 0 || u32(bytes, start + 12) >= 1 << 28)
    return 'no';
  const empty = at === end;
  if (type === 4 && (!empty || u32(bytes, start + 8) !== 0)) return 'no';
  if ((type === 0 && empty) || (type !== 0 && type !== 1 && !empty)) return 'no';
  if (type === 0 && (bittorrent(bytes, at, end) === 'yes' || textAt(bytes, at, end, 'd5:added')))
    return 'yes';
  // The clock of the sender moves on between two packets.
  const clock = u32(bytes, start + 4);
  const before = talk.memory % 65536;
  if (talk.memory !== 0 && Math.abs(before - connection) <= 1) {
    if (Math.floor(talk.memory / 65536) !== clock) return 'yes';
  }
  talk.memory = clock * 65536 + connection;
  return 'maybe';
}

/** eDonkey and eMule over TCP: e3, c5 or d4, a length with the lowest byte first, an operation. */
function edonkey(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u32le(bytes, start + 1);
  const operation = u8(bytes, start + 5);
  if (length + 5 !== end - start || length < 2) return 'no';
  if (u8(bytes, start) === 0xe3) {
    // HELLO: 16 bytes of user hash follow a length; HELLO ANSWER: at once.
    if (operation === 1) return u8(bytes, start + 6) === 16 ? 'yes' : 'no';
    return operation === 0x4c || operation === 0x14 || operation === 0x38 || operation === 0x15
      ? 'yes'
      : 'no';
  }
  return operation === 1 || operation === 2 || operation === 0x81 || operation === 0x60 ? 'yes' : 'no';
}

/** Kademlia of eMule over UDP: e4 or e5 and an operation with its known length. */
function kad(bytes: Uint8Array, start: number, end: number): Verdict {
  const operation = u8(bytes, start + 1);
  const length = end - start;
  switch (operation) {
    case 0x01: // KADEMLIA2_BOOTSTRAP_REQ
      return length === 2 ? 'yes' : 'no';
    case 0x21: // KADEMLIA2_REQ
      return length === 35 ? 'yes' : 'no';
    case 0x29: // KADEMLIA2_RES
      return length >= 19 && (length - 19) % 25 === 0 ? 'yes' : 'no';
    case 0x11: // KADEMLIA2_HELLO_REQ
    case 0x19:
      return length >= 22 && length < 100 ? 'maybe' : 'no';
    default:
      return 'no';
  }
}

/** Gnutella 0.6's handshake, and its files over HTTP. */
function gnutella(bytes: Uint8Array, start: number, end: number): Verdict {
  return textAt(bytes, start, end, 'GNUTELLA CONNECT/') ||
    textAt(bytes, start, end, 'GNUTELLA/0.6 ') ||
    textAt(bytes, start, end, 'GNUTELLA OK')
    ? 'yes'
    : 'no';
}

/** Gnutella 2 and out-of-band messages over UDP: GND and a flag byte. */
const gnutellaDatagram = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'GND') && u8(bytes, start + 3) < 4 ? 'yes' : 'no';

/** Gnutella's ping and pong: 16 bytes of identity, type, TTL, hops, length with the lowest byte first. */
function gnutellaPing(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start + 16);
  if (type > 1 || u8(bytes, start + 17) > 7 || u8(bytes, start + 18) > 7) return 'no';
  return u8(bytes, start + 8) === 0xff &&
    u8(bytes, start + 15) === 0 &&
    u32le(bytes, start + 19) + 23 === end - start
    ? 'yes'
    : 'no';
}

/** Neo-Modus Direct Connect and ADC: `$Lock ...|`, `$MyNick ...|`, `HSUP ADBASE`. */
function directConnect(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start, end, '$Lock ') || textAt(bytes, start, end, '$MyNick ')) {
    return find(bytes, start, Math.min(end, start + 256), '|') >= 0 ? 'yes' : 'maybe';
  }
  return /^[BCDHIU]SUP AD/.test(String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 7))))
    ? 'yes'
    : 'no';
}

/** Soulseek: length, message 1 (login) or a peer's PierceFirewall and PeerInit, the lowest byte first. */
function soulseek(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u32le(bytes, start);
  if (length + 4 !== end - start) return 'no';
  if (u32le(bytes, start + 4) === 1) {
    const name = u32le(bytes, start + 8);
    const password = start + 12 + name;
    return name > 0 &&
      name < 64 &&
      password + 8 <= end &&
      printable(bytes, start + 12, password) &&
      u32le(bytes, password) < 64
      ? 'yes'
      : 'no';
  }
  if (u8(bytes, start + 4) !== 1) return 'no';
  const name = u32le(bytes, start + 5);
  const kind = start + 9 + name;
  if (name === 0 || name > 64 || kind + 5 > end || u32le(bytes, kind) !== 1) return 'no';
  const letter = u8(bytes, kind + 4);
  return letter === 0x50 || letter === 0x46 || letter === 0x44 ? 'yes' : 'no';
}

/** rsync's greeting: `@RSYNCD: ` and a version. */
const rsync = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '@RSYNCD: ') ? 'yes' : 'no';

/** Syncthing's local discovery (v4): the magic number, a protobuf with the device's identity of 32 bytes. */
const syncthing = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u32(bytes, start) === 0x2ea7d90b && u16(bytes, start + 4) === 0x0a20 ? 'yes' : 'no';

/** Lustre's LNet over sockets: ksock message (c1, c2) with no checksum, then an LNet header; or its hello magic. */
function lustre(bytes: Uint8Array, start: number, end: number): Verdict {
  const magic = u32le(bytes, start);
  if (magic === 0x45726963 || magic === 0xacce7100) return 'yes';
  if (magic !== 0xc0 && magic !== 0xc1) return 'no';
  if (end - start === 24) return filled(bytes, start + 4, start + 8, 0) ? 'yes' : 'no';
  return end - start >= 96 && u32le(bytes, start + 24 + 24) <= 4 ? 'yes' : 'no';
}

/** Ceph's messenger: a banner of either version. */
const ceph = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'ceph v') ? 'yes' : 'no';

/** RFC 7143, section 11.12: a login request at the beginning of a connection. */
function iscsi(bytes: Uint8Array, start: number, end: number): Verdict {
  const operation = u8(bytes, start);
  if (operation !== 0x43 && operation !== 0x03 && operation !== 0x23) return 'no';
  const text = start + 48;
  if (u16(bytes, start + 2) !== 0 || text >= end) return 'no';
  return find(bytes, text, Math.min(end, text + 128), '=') >= 0 &&
    printable(bytes, text, text + Math.min(8, end - text))
    ? 'yes'
    : 'no';
}

/** ALC/LCT for FLUTE (RFC 5651, section 5.1; RFC 6726): version 1, a header whose length is told, a TSI. */
function flute(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u8(bytes, start) >> 4 !== 1) return 'no';
  const header = u8(bytes, start + 2) * 4;
  if (header < 12 || header > 64 || start + header > end || u32(bytes, start + 4) !== 0) return 'no';
  // The file delivery table extension is number 192; without it, an ordinary object number.
  for (let at = start + 12; at + 4 <= start + header; ) {
    const extension = u8(bytes, at);
    if (extension === 192) return u8(bytes, at + 1) >> 4 === 1 || u8(bytes, at + 1) >> 4 === 2 ? 'yes' : 'no';
    if (extension > 128) at += 4;
    else if (u8(bytes, at + 1) === 0) break;
    else at += u8(bytes, at + 1) * 4;
  }
  return 'no';
}

/** UFTP (protocol document 5.0): version 0x50 or 0x51 behind which one of the known functions stands. */
function uftp(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u8(bytes, start);
  if (version !== 0x50 && version !== 0x51 && version !== 0x40) return 'no';
  const message = u8(bytes, start + 1);
  return message >= 1 && message <= 15 && end - start >= 16 && u8(bytes, start + 16) === message
    ? 'yes'
    : 'no';
}

/** DICOM's upper layer (PS3.8, section 9.3.2): A-ASSOCIATE-RQ with version 1 and two titles of 16 characters. */
function dicom(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start);
  if ((type !== 1 && type !== 2) || u8(bytes, start + 1) !== 0 || u16(bytes, start + 6) !== 1) return 'no';
  if (u32(bytes, start + 2) + 6 < 74 || end - start < 74) return 'no';
  return printable(bytes, start + 10, start + 42) && filled(bytes, start + 42, start + 74, 0) ? 'yes' : 'no';
}

/** SMPP 3.4, section 3.2: length, a bind operation, status 0. */
function smpp(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u32(bytes, start);
  const operation = u32(bytes, start + 4);
  if (length < 16 || length > 4096 || length > end - start) return 'no';
  const kind = operation & 0x7fffffff;
  const known = kind === 1 || kind === 2 || kind === 9 || (kind === 0x15 && length === 16) || kind === 4;
  return known && (operation >>> 31 === 1 || u32(bytes, start + 8) === 0) && u32(bytes, start + 12) > 0
    ? 'yes'
    : 'no';
}

export const FILES: readonly Signature[] = [
  { name: 'TFTP', suricata: 'tftp', transports: ['udp'], first: [0], least: 9, probe: tftp },
  { name: 'TFTP', transports: ['udp'], first: [0], least: 4, probe: tftpTransfer },
  { name: 'AFP', transports: ['tcp'], first: [0, 1], least: 16, probe: afp },
  {
    name: 'BitTorrent',
    service: 'bittorrent',
    transports: ['tcp'],
    first: [0x13],
    least: 20,
    probe: bittorrent,
  },
  { name: 'BitTorrent', suricata: 'bittorrent-dht', transports: ['udp'], first: 'd', least: 12, probe: dht },
  { name: 'BitTorrent', transports: ['udp'], first: 'B', least: 20, probe: localPeers },
  { name: 'BitTorrent', transports: ['udp'], first: [0], least: 16, probe: tracker },
  {
    name: 'BitTorrent',
    transports: ['udp'],
    first: [0x01, 0x11, 0x21, 0x31, 0x41],
    least: 20,
    probe: microTransport,
  },
  { name: 'eDonkey', transports: ['tcp'], first: [0xe3, 0xc5], least: 7, probe: edonkey },
  { name: 'eDonkey', transports: ['udp'], first: [0xe4], least: 2, payloads: 2, probe: kad },
  { name: 'Gnutella', transports: ['tcp'], first: 'G', least: 16, probe: gnutella },
  { name: 'Gnutella', transports: ['udp'], first: 'G', least: 8, probe: gnutellaDatagram },
  { name: 'Gnutella', transports: ['udp'], least: 23, probe: gnutellaPing },
  { name: 'DirectConnect', transports: ['tcp'], first: '$BCDHIU', least: 8, probe: directConnect },
  { name: 'Soulseek', transports: ['tcp'], least: 12, probe: soulseek },
  { name: 'RSYNC', transports: ['tcp'], first: '@', least: 12, probe: rsync },
  { name: 'Syncthing', transports: ['udp'], first: [0x2e], least: 8, probe: syncthing },
  { name: 'Lustre', transports: ['tcp'], first: [0x63, 0xc0, 0xc1, 0x00], least: 24, probe: lustre },
  { name: 'Ceph', transports: ['tcp'], first: 'c', least: 8, probe: ceph },
  { name: 'iSCSI', transports: ['tcp'], first: [0x43, 0x03, 0x23], least: 49, probe: iscsi },
  { name: 'FLUTE', transports: ['udp'], first: [0x10], least: 16, probe: flute },
  { name: 'UFTP', transports: ['udp'], ports: [1044], least: 20, probe: uftp },
  { name: 'DICOM', transports: ['tcp'], first: [1, 2], least: 74, probe: dicom },
  { name: 'SMPP', transports: ['tcp'], first: [0], least: 16, probe: smpp },
];
