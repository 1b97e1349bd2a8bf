import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { filled, find, printable, textAt, u16le } from './text.ts';

/** RFC 6120: the opening of a stream, or a stanza in a flow without its beginning. */
function jabber(bytes: Uint8Array, start: number, end: number): Verdict {
  const near = Math.min(end, start + 400);
  if (textAt(bytes, start, end, '<?xml')) {
    if (find(bytes, start, near, '<stream:stream') >= 0) return 'yes';
    return end - start < 60 ? 'maybe' : 'no';
  }
  if (textAt(bytes, start, end, '<stream:')) return 'yes';
  if (
    textAt(bytes, start, end, '<iq ') ||
    textAt(bytes, start, end, '<presence ') ||
    textAt(bytes, start, end, '<message ')
  ) {
    return find(bytes, start, near, "='") >= 0 || find(bytes, start, near, '="') >= 0 ? 'yes' : 'no';
  }
  return 'no';
}

/** WhatsApp's noise handshake: `WA`, a version; an edge routing prologue `ED` may come first. */
function whatsapp(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start, end, 'WA')) {
    const version = u8(bytes, start + 2);
    return version >= 1 && version <= 8 && u8(bytes, start + 3) <= 16 ? 'yes' : 'no';
  }
  return u32(bytes, start) === 0x45440001 ? 'yes' : 'no';
}

/** OICQ, QQ's own: 02, version, command, sequence, number of the account, 03 at the end. */
function oicq(bytes: Uint8Array, start: number, end: number): Verdict {
  const command = u16(bytes, start + 3);
  return u8(bytes, end - 1) === 3 &&
    command > 0 &&
    command < 0x0200 &&
    u8(bytes, start + 1) < 0x50 &&
    u32(bytes, start + 7) !== 0
    ? 'yes'
    : 'no';
}

/** RFC 3977: the server's greeting on the port of news, or a command that only a news client sends. */
function nntp(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const code = textAt(bytes, start, end, '200 ') || textAt(bytes, start, end, '201 ');
  if (code && talk.direction === 1) {
    return talk.server === 119 ||
      ['NNTP', 'news', 'News', 'osting'].some(
        (word) => find(bytes, start, Math.min(end, start + 160), word) >= 0,
      )
      ? 'yes'
      : 'no';
  }
  return textAt(bytes, start, end, 'MODE READER\r\n') || textAt(bytes, start, end, 'AUTHINFO USER ')
    ? 'yes'
    : 'no';
}

/** NATS' protocol: the server's INFO, the client's CONNECT, both with JSON. */
const nats = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'INFO {"') || textAt(bytes, start, end, 'CONNECT {"') ? 'yes' : 'no';

/** AMQP: the protocol header, or frames of type 1 to 8 whose length ends in ce. */
function amqp(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  if (textAt(bytes, start, end, 'AMQP')) return u8(bytes, start + 4) <= 3 ? 'yes' : 'no';
  if (talk.server !== 5672 && talk.client !== 5672) return 'no';
  const size = u32(bytes, start + 3);
  const last = start + 7 + size;
  return u8(bytes, start) <= 8 && size < 1 << 20 && last < end && bytes[last] === 0xce ? 'yes' : 'no';
}

/** ZMTP: the signature ff, padding, 7f; version 1 begins with a length and flags. */
function zmtp(bytes: Uint8Array, start: number, end: number): Verdict {
  return filled(bytes, start + 1, start + 8, 0) && u8(bytes, start + 9) === 0x7f && end - start >= 10
    ? 'yes'
    : 'no';
}

/** GIOP (OMG CORBA, section 15.4), MIOP over UDP, ZIOP. */
const giop = (bytes: Uint8Array, start: number, end: number): Verdict =>
  (textAt(bytes, start, end, 'GIOP') ||
    textAt(bytes, start, end, 'ZIOP') ||
    textAt(bytes, start, end, 'MIOP')) &&
  u8(bytes, start + 4) <= 0x20
    ? 'yes'
    : 'no';

/** Java RMI: `JRMI`, version 2, a stream, single operation or multiplex protocol. */
const jrmi = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'JRMI') &&
  u16(bytes, start + 4) <= 2 &&
  u8(bytes, start + 6) >= 0x4b &&
  u8(bytes, start + 6) <= 0x4d
    ? 'yes'
    : 'no';

/** DDS interoperability (RTPS 2.3, section 8.3.3). */
const rtps = (bytes: Uint8Array, start: number, end: number): Verdict =>
  (textAt(bytes, start, end, 'RTPS') || textAt(bytes, start, end, 'RTPX')) && u8(bytes, start + 4) <= 2
    ? 'yes'
    : 'no';

/** FIX: tag 8 with the version. */
const fix = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '8=FIX') ? 'yes' : 'no';

/** Thrift's strict binary protocol, framed or not; its compact one: a name of a function in clear. */
function thrift(bytes: Uint8Array, start: number, end: number): Verdict {
  const at = u32(bytes, start) === end - start - 4 ? start + 4 : start;
  if (at + 12 > end) return 'no';
  if (u16(bytes, at) === 0x8001) {
    const length = u32(bytes, at + 4);
    return u16(bytes, at + 2) >= 1 &&
      u16(bytes, at + 2) <= 4 &&
      length > 0 &&
      length < 128 &&
      at + 8 + length <= end &&
      printable(bytes, at + 8, at + 8 + length)
      ? 'yes'
      : 'no';
  }
  if (u8(bytes, at) !== 0x82 || (u8(bytes, at + 1) & 0x1f) !== 1) return 'no';
  const kind = u8(bytes, at + 1) >> 5;
  for (let name = at + 3; name < at + 6; name++) {
    const length = u8(bytes, name);
    if (length > 2 && length < 64 && name + 1 + length < end && printable(bytes, name + 1, name + 1 + length))
      return kind >= 1 && kind <= 4 ? 'yes' : 'no';
  }
  return 'no';
}

/** Kafka's requests: length, a known key and version, correlation, a client's name. */
function kafka(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u32(bytes, start);
  const key = u16(bytes, start + 4);
  const version = u16(bytes, start + 6);
  const name = u16(bytes, start + 12);
  if (length + 4 !== end - start || key > 75 || version > 20) return 'no';
  return name > 2 && name < 128 && start + 14 + name <= end && printable(bytes, start + 14, start + 14 + name)
    ? 'yes'
    : 'no';
}

/** Mumble's ping: 12 bytes with a number that the answer of 24 bytes repeats (Mumble's protocol document). */
function mumble(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = end - start;
  const number = (u32(bytes, start + 4) ^ u32(bytes, start + 8)) & 0x7fffffff;
  if (length === 12 && u32(bytes, start) === 0 && number !== 0) {
    talk.memory = number;
    return 'maybe';
  }
  return length === 24 && u16(bytes, start) === 1 && talk.memory === number ? 'yes' : 'no';
}

/** TeamSpeak 3: TS3INIT1, or its version 2's f4be. */
function teamspeak(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start, end, 'TS3INIT1')) return 'yes';
  return u16(bytes, start) === 0xf4be &&
    u16le(bytes, start + 2) <= 4 &&
    u8(bytes, start + 2) >= 3 &&
    u8(bytes, start + 3) === 0
    ? 'yes'
    : 'no';
}

/** Discord's discovery of one's own address: type 1 or 2, length 70, the source, then room for the answer. */
function discord(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u16(bytes, start);
  if (end - start !== 74 || u16(bytes, start + 2) !== 70) return 'no';
  if (type === 1) return filled(bytes, start + 8, end, 0) ? 'yes' : 'no';
  return type === 2 && printable(bytes, start + 8, start + 15) ? 'yes' : 'no';
}

/** Zoom between two participants, and to its media servers, whose ports are 8801 to 8810. */
function zoom(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = end - start;
  if (u16(bytes, start) === 0x1f02 && u8(bytes, start + 2) === 1 && u8(bytes, start + 3) === 0 && length > 36)
    return 'yes';
  const media = (talk.server >= 8801 && talk.server <= 8810) || (talk.client >= 8801 && talk.client <= 8810);
  if (!media) return 'no';
  const type = u8(bytes, start);
  return type >= 1 && type <= 7 && (filled(bytes, start + 1, start + 4, 0) || type === 5) && length > 24
    ? 'yes'
    : 'no';
}

/** IMO's calls: probes of one byte, then of ten and eleven. */
function imo(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = end - start;
  if (length === 10) return u16(bytes, start) === 0x0902 ? 'yes' : 'no';
  return length === 11 && u16(bytes, start) === 0x0009 && u8(bytes, start + 2) === 3 ? 'yes' : 'no';
}

/** Line's calls: relays in its own networks, messages of type 6 at the fifth byte. */
function line(bytes: Uint8Array, start: number, _end: number, talk: Talk): Verdict {
  return u8(bytes, start) >> 4 === 0x0d && u8(bytes, start + 4) === 6 && talk.network() === 'Line'
    ? 'yes'
    : 'no';
}

/** Huawei's push service (labelled by its port as HP's management): 16, length, version 0. */
const hpGroup = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u16(bytes, start + 1) === end - start && u8(bytes, start + 3) === 0 && end - start > 16 ? 'yes' : 'no';

/** The same service in its older form, which nDPI calls after the port: 25, the length of the whole. */
const push = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u16(bytes, start + 1) === end - start && end - start > 16 ? 'yes' : 'no';

/** JSON-RPC 2.0 without HTTP: an object that names the version; over stratum it digs for coins. */
function jsonRpc(bytes: Uint8Array, start: number, end: number): Verdict {
  const near = Math.min(end, start + 256);
  return find(bytes, start, near, '"jsonrpc"') >= 0 ? 'yes' : 'no';
}

/** How many bytes a variable-length number takes at `at`, 0 when it does not end; its value comes from `varint`. */
function varintLength(bytes: Uint8Array, at: number, end: number): number {
  for (let i = 0; i < 10 && at + i < end; i++) if (u8(bytes, at + i) < 0x80) return i + 1;
  return 0;
}
function varint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let i = length - 1; i >= 0; i--) value = value * 128 + (u8(bytes, at + i) & 0x7f);
  return value;
}

/** Bare Protocol Buffers: nothing but well-formed fields of small numbers, among them text. */
function protobuf(bytes: Uint8Array, start: number, end: number): Verdict {
  let at = start;
  let fields = 0;
  let text = false;
  while (at < end && fields < 512) {
    // A line's end behind the message.
    if (at === end - 1 && bytes[at] === 10) {
      at = end;
      break;
    }
    const key = varintLength(bytes, at, end);
    if (key === 0 || key > 2) return 'no';
    const tag = varint(bytes, at, key);
    const number = tag >>> 3;
    if (number === 0 || number > 128) return 'no';
    at += key;
    const kind = tag & 7;
    if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const size = varintLength(bytes, at, end);
      if (size === 0) return 'no';
      if (kind === 2) {
        const length = varint(bytes, at, size);
        if (length > end - at - size) return 'no';
        text ||= length >= 3 && printable(bytes, at + size, at + size + length);
        at += size + length;
      } else if (kind === 0) at += size;
      else return 'no';
    }
    fields++;
  }
  return at === end && text && fields >= 2 ? 'yes' : 'no';
}

/** Telegram's MTProto over UDP relays of calls: a peer tag and twelve bytes of ff. */
function telegram(bytes: Uint8Array, start: number, end: number): Verdict {
  return end - start >= 32 && filled(bytes, start + 16, start + 28, 255) ? 'yes' : 'no';
}

export const MESSAGING: readonly Signature[] = [
  { name: 'Jabber', transports: ['tcp'], first: '<', least: 8, probe: jabber },
  { name: 'WhatsApp', transports: ['tcp'], first: 'WE', least: 4, probe: whatsapp },
  { name: 'OICQ', transports: ['udp'], first: [2], least: 16, probe: oicq },
  { name: 'Usenet', transports: ['tcp'], first: '2MA', least: 12, probe: nntp },
  { name: 'Nats', transports: ['tcp'], first: 'IC', least: 8, probe: nats },
  { name: 'AMQP', transports: ['tcp'], first: [0x41, 1, 2, 3, 8], least: 8, probe: amqp },
  { name: 'ZeroMQ', transports: ['tcp'], first: [0xff], least: 10, probe: zmtp },
  { name: 'Corba', transports: ['tcp', 'udp'], first: 'GMZ', least: 12, probe: giop },
  { name: 'JRMI', transports: ['tcp'], first: 'J', least: 7, probe: jrmi },
  { name: 'RTPS', transports: ['udp', 'tcp'], first: 'R', least: 16, probe: rtps },
  { name: 'FIX', transports: ['tcp'], first: '8', least: 8, probe: fix },
  { name: 'Thrift', transports: ['tcp', 'udp'], first: [0x80, 0x82, 0], least: 12, probe: thrift },
  { name: 'Kafka', transports: ['tcp'], ports: [9092], first: [0], least: 16, probe: kafka },
  { name: 'Mumble', transports: ['udp'], first: [0], least: 12, probe: mumble },
  { name: 'TeamSpeak', transports: ['udp', 'tcp'], first: [0x54, 0xf4], least: 8, probe: teamspeak },
  { name: 'Discord', transports: ['udp'], first: [0], least: 74, probe: discord },
  { name: 'Zoom', transports: ['udp'], first: [1, 2, 3, 4, 5, 6, 7, 0x1f], least: 8, probe: zoom },
  { name: 'IMO', transports: ['udp'], first: [0, 9], least: 10, probe: imo },
  { name: 'LineCall', transports: ['udp'], first: relays(), least: 24, probe: line },
  { name: 'HP_VIRTGRP', transports: ['tcp'], ports: [5223], first: [0x16], least: 5, probe: hpGroup },
  { name: 'Jabber', transports: ['tcp'], ports: [5223], first: [0x25], least: 5, probe: push },
  { name: 'JSON-RPC', transports: ['tcp'], first: '{[', least: 24, probe: jsonRpc },
  { name: 'Telegram', transports: ['udp'], least: 32, probe: telegram },
];

/** Asked last: they say the least. */
export const GENERIC: readonly Signature[] = [
  { name: 'Protobuf', transports: ['tcp'], first: fieldTags(), least: 24, probe: protobuf },
];

/** First bytes d0 to df. */
function relays(): number[] {
  return Array.from({ length: 16 }, (_, i) => 0xd0 + i);
}

/** Keys of fields 1 to 15 of the four wire types. */
function fieldTags(): number[] {
  const tags: number[] = [];
  for (let number = 1; number <= 15; number++)
    for (const kind of [0, 1, 2, 5]) tags.push((number << 3) | kind);
  return tags;
}
