import { u8, u16, u24, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { find, printable, textAt, u32le, wordAt } from './text.ts';

const SIP_METHODS = [
  'INVITE ',
  'ACK ',
  'BYE ',
  'CANCEL ',
  'REGISTER ',
  'OPTIONS ',
  'INFO ',
  'PRACK ',
  'SUBSCRIBE ',
  'NOTIFY ',
  'UPDATE ',
  'MESSAGE ',
  'REFER ',
  'PUBLISH ',
];

/** RFC 3261, section 7: a status line, or a method with a sip, sips or tel URI. */
function sip(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start, end, 'SIP/2.0 ')) return 'yes';
  for (const method of SIP_METHODS) {
    if (!textAt(bytes, start, end, method)) continue;
    const uri = start + method.length;
    if (
      wordAt(bytes, uri, end, 'sip:') ||
      wordAt(bytes, uri, end, 'sips:') ||
      wordAt(bytes, uri, end, 'tel:')
    ) {
      return 'yes';
    }
    return find(bytes, uri, Math.min(end, uri + 256), ' SIP/2.0') >= 0 ? 'yes' : 'no';
  }
  return 'no';
}

const MGCP_VERBS = ['AUEP ', 'AUCX ', 'CRCX ', 'DLCX ', 'EPCF ', 'MDCX ', 'NTFY ', 'RQNT ', 'RSIP '];

/** RFC 3435, section 3.2: verb, transaction, endpoint, `MGCP 1.0`; or a three-digit response code. */
function mgcp(bytes: Uint8Array, start: number, end: number): Verdict {
  for (const verb of MGCP_VERBS) {
    if (textAt(bytes, start, end, verb)) {
      return find(bytes, start, Math.min(end, start + 160), 'MGCP ') >= 0 ? 'yes' : 'no';
    }
  }
  return 'no';
}

/** RFC 3525: `!/1` or `MEGACO/1`, then the sender. */
function megaco(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = textAt(bytes, start, end, '!/')
    ? start + 2
    : textAt(bytes, start, end, 'MEGACO/')
      ? start + 7
      : -1;
  if (version < 0 || version + 2 > end) return 'no';
  const digit = u8(bytes, version);
  if (digit < 0x31 || digit > 0x34) return 'no';
  const sender = u8(bytes, version + 1);
  return (sender === 0x20 || sender === 0x0a || sender === 0x0d) &&
    find(bytes, version, Math.min(end, version + 20), '[') >= 0
    ? 'yes'
    : 'no';
}

/** Q.931 in TPKT (RFC 1006; ITU-T H.225.0): protocol discriminator 8, a call reference, a message type. */
function h225(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u16(bytes, start) !== 0x0300 || u8(bytes, start + 4) !== 8) return 'no';
  const size = u16(bytes, start + 2);
  const reference = u8(bytes, start + 5);
  if (size < 9 || size > 4096 || (reference !== 2 && reference !== 1)) return 'no';
  const type = start + 6 + reference;
  if (type >= end) return 'maybe';
  const message = u8(bytes, type);
  return message > 0 && message < 0x80 ? 'yes' : 'no';
}

/** RAS (ITU-T H.225.0) on its port: the PER-coded choice of the message in the first byte. */
function ras(bytes: Uint8Array, start: number, end: number): Verdict {
  const choice = u8(bytes, start);
  if (end - start < 8) return 'no';
  if (choice === 0x80 && u8(bytes, start + 1) === 8) return 'yes';
  return (choice <= 0x24 || choice === 0x0e) &&
    find(bytes, start, Math.min(end, start + 16), '\x08\x91\x4a') >= 0
    ? 'yes'
    : 'no';
}

/** RFC 5456, section 8.1.1: a full frame, type IAX, NEW or another of the known subclasses, sequence numbers small. */
function iax(bytes: Uint8Array, start: number, end: number): Verdict {
  if ((u8(bytes, start) & 0x80) === 0 || u8(bytes, start + 10) !== 6) return 'no';
  const subclass = u8(bytes, start + 11);
  if (subclass === 0 || subclass > 0x28 || u8(bytes, start + 9) > 1 || u8(bytes, start + 8) > 1) return 'no';
  if ((u16(bytes, start) & 0x7fff) === 0) return 'no';
  let at = start + 12;
  // Information elements: type, length, value.
  while (at + 2 <= end) at += 2 + u8(bytes, at + 1);
  return at === end ? 'yes' : 'no';
}

/** Cisco's SCCP: length, version 0 or above 0x0a, message number, the lowest byte first. */
function skinny(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u32le(bytes, start);
  const version = u32le(bytes, start + 4);
  const message = u32le(bytes, start + 8);
  if (length < 4 || length > 2000 || (version !== 0 && (version < 0x0a || version > 0x20))) return 'no';
  return message <= 0x163 && length + 8 <= end - start ? 'yes' : 'no';
}

/** RFC 8855, section 5.1: version 1 or 2, a primitive, the payload's length in words. */
function bfcp(bytes: Uint8Array, start: number, end: number): Verdict {
  const first = u8(bytes, start);
  const version = first >> 5;
  const primitive = u8(bytes, start + 1);
  if ((version !== 1 && version !== 2) || (first & 7) !== 0 || primitive < 1 || primitive > 18) return 'no';
  if (u32(bytes, start + 4) === 0) return 'no';
  // Some count the last word of the header as payload.
  const rest = end - start - u16(bytes, start + 2) * 4;
  if (rest !== 12 && rest !== 8) return 'no';
  return u16(bytes, start + 8) !== 0 || primitive === 11 ? 'yes' : 'no';
}

/** Alcatel-Lucent's New Office Environment: single bytes 4 and 5 as polls, lengths in the others. */
function noe(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = end - start;
  const first = u8(bytes, start);
  if (length === 1) return first === 4 || first === 5 ? 'yes' : 'no';
  if (length >= 12 && first === 7 && u8(bytes, start + 1) === 0 && u8(bytes, start + 2) !== 0) return 'yes';
  return length >= 25 && textAt(bytes, start, end, '\x00\x06bl') && u8(bytes, start + 7) === 0x10
    ? 'yes'
    : 'no';
}

/** KakaoTalk's calls: RTCP-shaped reports on fixed relay ports, lengths that fall short of the datagram. */
function kakaoVoice(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const network = talk.server >= 23044 && talk.server <= 23050;
  const other = talk.client >= 23044 && talk.client <= 23050;
  if (!network && !other) return 'no';
  const type = u8(bytes, start + 1);
  return (u8(bytes, start) & 0xf8) === 0x80 &&
    (type === 200 || type === 201) &&
    u24(bytes, start) !== 0 &&
    end - start >= 40
    ? 'yes'
    : 'no';
}

export const VOICE: readonly Signature[] = [
  { name: 'KakaoTalk_Voice', transports: ['udp'], first: [0x80, 0x81, 0x82], least: 20, probe: kakaoVoice },
  {
    name: 'SIP',
    suricata: 'sip',
    service: 'sip',
    transports: ['udp', 'tcp'],
    first: 'SIABCROPUNMinv',
    least: 12,
    probe: sip,
  },
  { name: 'MGCP', transports: ['udp'], first: 'ACDEMNR', least: 8, probe: mgcp },
  {
    name: 'MGCP',
    transports: ['udp'],
    ports: [2427, 2727],
    first: '12345678',
    least: 8,
    // Responses: a code, a transaction, a line's end (RFC 3435, section 3.3).
    probe: (bytes, start, end) =>
      u8(bytes, start + 3) === 0x20 && printable(bytes, start, Math.min(end, start + 12)) ? 'yes' : 'no',
  },
  { name: 'Megaco', transports: ['udp', 'tcp'], first: '!M', least: 8, probe: megaco },
  { name: 'H323', transports: ['tcp'], first: [3], least: 7, probe: h225 },
  { name: 'H323', transports: ['udp'], ports: [1718, 1719], least: 8, probe: ras },
  { name: 'IAX', transports: ['udp'], ports: [4569], least: 12, probe: iax },
  { name: 'CiscoSkinny', transports: ['tcp'], ports: [2000], least: 12, probe: skinny },
  { name: 'BFCP', transports: ['tcp', 'udp'], first: [0x20, 0x30, 0x40, 0x50], least: 12, probe: bfcp },
  { name: 'NOE', transports: ['udp'], ports: [32512], probe: noe },
];
