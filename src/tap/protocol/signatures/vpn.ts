import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { textAt } from './text.ts';

/** RFC 7296, section 3.1 (and RFC 2408, section 3.1): SPIs, next payload, version 1.0 or 2.0, exchange, length. */
function ike(bytes: Uint8Array, at: number, end: number): Verdict {
  if (at + 28 > end) return 'no';
  const version = u8(bytes, at + 17);
  if (version !== 0x10 && version !== 0x20) return 'no';
  const exchange = u8(bytes, at + 18);
  const known =
    version === 0x10
      ? exchange >= 1 && (exchange <= 6 || exchange === 32 || exchange === 33)
      : exchange >= 34 && exchange <= 45;
  if (!known || (u32(bytes, at) === 0 && u32(bytes, at + 4) === 0)) return 'no';
  const length = u32(bytes, at + 24);
  return length >= 28 && length <= end - at + 4 ? 'yes' : 'no';
}

/** UDP encapsulation on 4500 (RFC 3948): IKE behind four zero bytes, ESP otherwise, a single ff to keep alive. */
function natTraversal(bytes: Uint8Array, start: number, end: number): Verdict {
  if (end - start === 1) return u8(bytes, start) === 0xff ? 'yes' : 'no';
  if (end - start < 12) return 'no';
  if (u32(bytes, start) === 0) return ike(bytes, start + 4, end);
  return u32(bytes, start + 4) !== 0 && (end - start) % 4 === 0 ? 'yes' : 'no';
}

/** WireGuard, section 5.4: a type with three zero bytes and its length; data in blocks of 16 bytes. */
function wireguard(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const type = u8(bytes, start);
  const length = end - start;
  if ((u32(bytes, start) & 0x00ffffff) !== 0 && talk.server !== 2408) return 'no';
  switch (type) {
    case 1:
      if (length !== 148) return 'no';
      talk.application = applicationOf(talk);
      return 'yes';
    case 2:
      return length === 92 && talk.memory !== 0 ? 'yes' : length === 92 ? 'maybe' : 'no';
    case 3:
      return length === 64 ? 'maybe' : 'no';
    case 4: {
      if (length < 32 || length % 16 !== 0 || u32(bytes, start + 12) !== 0) return 'no';
      const receiver = u32(bytes, start + 4) | 1;
      // The counter of one receiver goes up.
      if (talk.memory === receiver) {
        talk.application = applicationOf(talk);
        return 'yes';
      }
      talk.memory = receiver;
      return 'maybe';
    }
    default:
      return 'no';
  }
}

function applicationOf(talk: Talk): string {
  const network = talk.network();
  if (network === 'Mullvad') return 'Mullvad';
  if (network === 'NordVPN') return 'NordVPN';
  if (network === 'ProtonVPN') return 'ProtonVPN';
  if (network === 'CloudflareWarp' || talk.server === 2408) return 'CloudflareWarp';
  return '';
}

/** Tailscale's discovery (disco.go): `TS` and the bytes of a speech balloon, then the sender's key. */
const tailscale = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'TS\xf0\x9f\x92\xac') ? 'yes' : 'no';

// OpenVPN's operations: the upper five bits of the first byte.
const RESET_CLIENT_1 = 1;
const RESET_CLIENT_2 = 7;
const RESET_CLIENT_3 = 10;
const RESET_SERVER_2 = 8;

/**
 * OpenVPN's control channel: a hard reset of the client with its session number, without a HMAC, with one, or behind
 * tls-crypt; answered by the server's own. Over TCP a length comes first.
 */
function openvpn(bytes: Uint8Array, at: number, end: number, talk: Talk): Verdict {
  const length = end - at;
  const operation = u8(bytes, at) >> 3;
  const key = u8(bytes, at) & 7;
  if (key !== 0 || length < 14) return 'no';
  if (operation === RESET_CLIENT_2 || operation === RESET_CLIENT_1 || operation === RESET_CLIENT_3) {
    if (u32(bytes, at + 1) === 0 && u32(bytes, at + 5) === 0) return 'no';
    // No HMAC: no acknowledgements, packet number 0.
    if (length === 14 && u8(bytes, at + 9) === 0 && u32(bytes, at + 10) === 0) return 'yes';
    const hash = hmacLength(bytes, at, end);
    if (hash === 0) return 'no';
    talk.memory = 1;
    return operation === RESET_CLIENT_3
      ? 'yes'
      : talk.server === 1194 || talk.client === 1194
        ? 'yes'
        : 'maybe';
  }
  if (operation === RESET_SERVER_2) {
    if (talk.memory !== 0) return 'yes';
    // Session, one acknowledgement of packet 0 and the peer's session.
    if (length >= 26 && u8(bytes, at + 9) === 1 && u32(bytes, at + 10) === 0) return 'yes';
    return hmacLength(bytes, at, end) > 0 && (talk.server === 1194 || talk.client === 1194) ? 'yes' : 'no';
  }
  return 'no';
}

/** Length of the HMAC of a reset packet by where its packet number 1 and time stand; 0 when there is none. */
function hmacLength(bytes: Uint8Array, at: number, end: number): number {
  // tls-crypt: number and time stand before the HMAC.
  if (at + 49 <= end && u32(bytes, at + 9) <= 16 && plausibleTime(u32(bytes, at + 13))) return 32;
  for (const hash of [16, 20, 32, 48, 64]) {
    const number = at + 9 + hash;
    if (
      number + 9 <= end &&
      u32(bytes, number) <= 16 &&
      u32(bytes, number) > 0 &&
      plausibleTime(u32(bytes, number + 4))
    )
      return hash;
  }
  return 0;
}

/** Between 2001 and 2065: seconds since 1970. */
function plausibleTime(seconds: number): boolean {
  return seconds > 1_000_000_000 && seconds < 3_000_000_000;
}

function openvpnStream(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = u16(bytes, start);
  if (length < 14 || length > 1600 || start + 2 + length > end) return 'no';
  return openvpn(bytes, start + 2, start + 2 + length, talk);
}

/** RFC 2637, section 1.4: length, control message 1, magic cookie. */
const pptp = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u16(bytes, start + 2) === 1 && u32(bytes, start + 4) === 0x1a2b3c4d ? 'yes' : 'no';

/** RFC 2661, section 3.1: version 2, a control message with length and sequence numbers; SCCRQ has tunnel 0. */
function l2tp(bytes: Uint8Array, start: number, end: number): Verdict {
  const flags = u16(bytes, start);
  if ((flags & 0x000f) !== 2 && (flags & 0x000f) !== 3) return 'no';
  if ((flags & 0xc800) !== 0xc800)
    return (flags & 0x3030) === 0 && (flags & 0x8000) === 0 && (flags & 0x4000) !== 0
      ? u16(bytes, start + 2) === end - start
        ? 'yes'
        : 'no'
      : 'no';
  return u16(bytes, start + 2) === end - start ? 'yes' : 'no';
}

/** Cisco's IPsec over TCP: 20 zero-ish bytes before ISAKMP, and its trailer. */
function ciscoStream(bytes: Uint8Array, start: number, end: number): Verdict {
  return textAt(bytes, start, end, '\x17\x01\x00\x00') ||
    (u32(bytes, start) === 0xfe577e2b && end - start >= 12)
    ? 'yes'
    : 'no';
}

/** RFC 1928 and SOCKS 4: a greeting whose methods fill it, or a CONNECT with a user name. */
function socks(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = end - start;
  const version = u8(bytes, start);
  if (version === 5) {
    if (talk.direction === 0) {
      const methods = u8(bytes, start + 1);
      if (methods === 0 || methods > 16 || length < methods + 2) return 'no';
      for (let i = start + 2; i < start + 2 + methods; i++) {
        const method = u8(bytes, i);
        if (method > 9 && method < 0x80) return 'no';
      }
      // A request may be sent at once, by a client that knows.
      return length === methods + 2 ||
        u8(bytes, start + 2 + methods) === 5 ||
        u8(bytes, start + 2 + methods) === 1
        ? 'yes'
        : 'no';
    }
    return 'no';
  }
  if (talk.direction !== 0 || length < 9 || length > 300) return 'no';
  const command = u8(bytes, start + 1);
  if ((command !== 1 && command !== 2) || u16(bytes, start + 2) === 0) return 'no';
  return u8(bytes, end - 1) === 0 ? 'yes' : 'no';
}

/** tinc's first line: `0 name 17.0`. */
function tinc(bytes: Uint8Array, start: number, end: number): Verdict {
  if (!textAt(bytes, start, end, '0 ') || u8(bytes, end - 1) !== 10 || end - start > 80) return 'no';
  let spaces = 0;
  for (let i = start; i < end; i++) if (bytes[i] === 0x20) spaces++;
  if (spaces !== 2) return 'no';
  return textAt(bytes, end - 4, end, ' 17\n') || textAt(bytes, end - 6, end, ' 17.') ? 'yes' : 'no';
}

/** SoftEther over UDP: its NAT traversal's requests name an operation in a packed value. */
const softether = (bytes: Uint8Array, start: number, end: number): Verdict =>
  end - start > 20 &&
  u32(bytes, start) <= 8 &&
  u32(bytes, start) > 0 &&
  textAt(bytes, start + 8, end, 'opcode')
    ? 'yes'
    : 'no';

/** DNSCrypt v2: a query begins with the resolver's client magic and a public key; the answer with r6fnvWj8. */
function dnscrypt(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  if (textAt(bytes, start, end, 'r6fnvWj8')) return 'yes';
  if (textAt(bytes, start, end, '\x32TXT') || textAt(bytes, start + 13, end, '2.dnscrypt-cert')) return 'yes';
  const length = end - start;
  return talk.direction === 0 && length >= 256 && length % 64 === 0 && talk.earlier < 3 && talk.server !== 443
    ? 'maybe'
    : 'no';
}

/** Teredo (RFC 4380, section 5.1.1): origin or authentication before IPv6, or IPv6 of 2001::/32 alone. */
function teredo(bytes: Uint8Array, start: number, end: number): Verdict {
  const mark = u16(bytes, start);
  if (mark === 0x0001)
    return end - start >= 13 && u8(bytes, start + 2) <= 20 && u8(bytes, start + 3) <= 20 ? 'yes' : 'no';
  if (mark === 0) return end - start >= 48 && u8(bytes, start + 8) >> 4 === 6 ? 'yes' : 'no';
  if (u8(bytes, start) >> 4 !== 6 || end - start < 40) return 'no';
  return u16(bytes, start + 4) + 40 === end - start &&
    (u32(bytes, start + 8) === 0x20010000 || u32(bytes, start + 24) === 0x20010000)
    ? 'yes'
    : 'no';
}

/** AYIYA (draft-massar-v6ops-ayiya): identity of 16 bytes, SHA-1, operation, next header 41, a time. */
function ayiya(bytes: Uint8Array, start: number, _end: number): Verdict {
  return u8(bytes, start) === 0x44 && u8(bytes, start + 1) === 0x52 && plausibleTime(u32(bytes, start + 4))
    ? 'yes'
    : 'no';
}

export const VPN: readonly Signature[] = [
  { name: 'IPSec', suricata: 'ike', transports: ['udp'], ports: [500], least: 28, probe: ike },
  { name: 'IPSec', suricata: 'ike', transports: ['udp'], ports: [4500], probe: natTraversal },
  { name: 'IPSec', suricata: 'ike', transports: ['udp'], least: 28, probe: ike },
  { name: 'Tailscale', transports: ['udp'], first: 'T', least: 38, probe: tailscale },
  { name: 'WireGuard', transports: ['udp'], first: [1, 2, 3, 4], least: 32, probe: wireguard },
  { name: 'OpenVPN', transports: ['udp'], first: [0x08, 0x38, 0x40, 0x50], least: 14, probe: openvpn },
  { name: 'OpenVPN', transports: ['tcp'], first: [0, 1, 2, 3, 4, 5], least: 16, probe: openvpnStream },
  { name: 'PPTP', transports: ['tcp'], first: [0], least: 12, probe: pptp },
  { name: 'L2TP', transports: ['udp'], ports: [1701], least: 6, probe: l2tp },
  { name: 'CiscoVPN', transports: ['tcp', 'udp'], ports: [10000], least: 8, probe: ciscoStream },
  { name: 'SOCKS', service: 'socks', transports: ['tcp'], first: [4, 5], least: 3, probe: socks },
  { name: 'TINC', transports: ['tcp'], first: '0', least: 8, probe: tinc },
  { name: 'Softether', transports: ['udp'], first: [0], least: 24, probe: softether },
  { name: 'DNScrypt', transports: ['udp'], least: 48, probe: dnscrypt },
  { name: 'Teredo', transports: ['udp'], ports: [3544], least: 13, probe: teredo },
  { name: 'Ayiya', transports: ['udp'], ports: [5072], first: [0x44], least: 44, probe: ayiya },
];
