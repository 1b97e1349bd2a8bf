import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { filled, textAt } from './text.ts';

/** RFC 5880, section 4.1: version 1, detection multiplier, length that fits. */
function bfd(bytes: Uint8Array, start: number, end: number): Verdict {
  return u8(bytes, start) >> 5 === 1 && u8(bytes, start + 2) !== 0 && u8(bytes, start + 3) === end - start
    ? 'yes'
    : 'no';
}

/** HSRP: version 0 of 20 bytes (RFC 2281), or version 2's group TLV. */
function hsrp(bytes: Uint8Array, start: number, end: number): Verdict {
  const first = u8(bytes, start);
  if (first === 0)
    return u8(bytes, start + 1) <= 3 && end - start >= 20
      ? 'yes'
      : end - start >= 16 && u8(bytes, start + 1) <= 3
        ? 'yes'
        : 'no';
  return first <= 4 && u8(bytes, start + 1) >= 2 && u8(bytes, start + 1) + 2 <= end - start ? 'yes' : 'no';
}

/** Cisco's GLBP: version 1 on 3222. */
const glbp = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u8(bytes, start) === 1 && end - start >= 40 && u8(bytes, start + 12) >= 1 && u8(bytes, start + 12) <= 4
    ? 'yes'
    : 'no';

/** RFC 5036, section 3.1: version 1, PDU length, LSR, then a message. */
function ldp(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = u16(bytes, start + 2);
  if (u16(bytes, start) !== 1 || length < 14 || length + 4 > end - start) return 'no';
  const type = u16(bytes, start + 10) & 0x7fff;
  return type === 1 || (type >= 0x100 && type <= 0x404) || type === 0x201 || type === 0x200 ? 'yes' : 'no';
}

/** RFC 4271, section 4.1: a marker of ones, length, type 1 to 5. */
function bgp(bytes: Uint8Array, start: number, end: number): Verdict {
  if (!filled(bytes, start, start + 16, 255)) return 'no';
  const length = u16(bytes, start + 16);
  const type = u8(bytes, start + 18);
  return length >= 19 && length <= 4096 && type >= 1 && type <= 5 && end - start >= 19 ? 'yes' : 'no';
}

/** RFC 5415, section 4: preamble of version 0, DTLS behind type 1, or a control header of 8 bytes. */
function capwap(bytes: Uint8Array, start: number, end: number): Verdict {
  const first = u8(bytes, start);
  if (first >> 4 !== 0) return 'no';
  if ((first & 15) === 1) return filled(bytes, start + 1, start + 4, 0) && end - start > 14 ? 'yes' : 'no';
  if (first !== 0) return 'no';
  const header = (u8(bytes, start + 1) >> 3) * 4;
  if (header < 8 || header > 64) return 'no';
  const control = start + header;
  if (u32(bytes, control) > 0 && u32(bytes, control) <= 26 && control + 8 <= end) return 'yes';
  return 'yes';
}

/** IEEE 1588-2008, section 13.3: version 2, a message type, length that fits. */
function ptp(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start) & 15;
  return (u8(bytes, start + 1) & 15) === 2 &&
    (type <= 3 || (type >= 8 && type <= 13)) &&
    u16(bytes, start + 2) <= end - start &&
    u16(bytes, start + 2) >= 34
    ? 'yes'
    : 'no';
}

/** RFC 6886, section 3, and RFC 6887 (PCP, version 2). */
function natPmp(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u8(bytes, start);
  const operation = u8(bytes, start + 1) & 0x7f;
  const length = end - start;
  if (version === 0) {
    if (operation > 2) return 'no';
    return length === 2 || length === 8 || length === 12 || length === 16 ? 'yes' : 'no';
  }
  return version === 2 && operation <= 3 && length >= 24 && length % 4 === 0 ? 'yes' : 'no';
}

/** SLP: version 1 (RFC 2165) with its length at 2, version 2 (RFC 2608) with it at 2 in three bytes. */
function slp(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u8(bytes, start);
  const operation = u8(bytes, start + 1);
  const length = end - start;
  if (version === 1)
    return operation >= 1 && operation <= 10 && u16(bytes, start + 2) === length ? 'yes' : 'no';
  if (version !== 2 || operation < 1 || operation > 11) return 'no';
  return u32(bytes, start + 1) % 0x1000000 === length ? 'yes' : 'no';
}

/** Check Point's cluster control: magic 1a90. */
const cpha = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u16(bytes, start) === 0x1a90 ? 'yes' : 'no';

/** Meraki's devices to their cloud: fe f7 and a device number. */
const meraki = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u16(bytes, start) === 0xfef7 && end - start >= 20 && u16(bytes, start + 2) !== 0 ? 'yes' : 'no';

/** RFC 6830: on its control port the type in the high bits; on its data port the N, L, E bits and a nonce. */
function lisp(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  if (talk.server === 4342 || talk.client === 4342) {
    const type = u8(bytes, start) >> 4;
    return (type >= 1 && type <= 4) || type === 8 || type === 7 ? 'yes' : 'no';
  }
  const version = end - start > 8 ? u8(bytes, start + 8) >> 4 : 0;
  return version === 4 || version === 6 ? 'yes' : 'no';
}

/** GTP (3GPP TS 29.060, 29.274, 32.295): version, protocol type, length. Which of the three the ports tell. */
function gtp(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const flags = u8(bytes, start);
  const version = flags >> 5;
  const length = u16(bytes, start + 2);
  const { server, client } = talk;
  const type = u8(bytes, start + 1);
  if (version > 2) return 'no';
  if (server === 2152 || client === 2152) {
    if (version !== 1 || (flags & 0x10) === 0 || length + 8 > end - start) return 'no';
    if (type !== 1 && type !== 2 && type !== 26 && type !== 31 && type !== 254 && type !== 255) return 'no';
    talk.application = 'GTP_U';
    return 'yes';
  }
  if (server === 2123 || client === 2123) {
    if (version === 0) return 'no';
    const header = version === 2 ? 4 : 8;
    if (length + header > end - start || type === 0) return 'no';
    talk.application = 'GTP_C';
    return 'yes';
  }
  const known = (type >= 1 && type <= 7) || type === 240 || type === 241;
  if (!known || (flags & 0x10) !== 0) return 'no';
  if (length + 6 !== end - start && length + 20 !== end - start) return 'no';
  talk.application = 'GTP_PRIME';
  return 'yes';
}

/** PFCP (3GPP TS 29.244, section 7.2): version 1, a message type, length that fits. */
function pfcp(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start + 1);
  return u8(bytes, start) >> 5 === 1 &&
    ((type >= 1 && type <= 15) || (type >= 50 && type <= 57)) &&
    u16(bytes, start + 2) + 4 === end - start
    ? 'yes'
    : 'no';
}

/** VXLAN (RFC 7348, section 5): only the I flag, reserved bytes of 0. */
const vxlan = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u32(bytes, start) === 0x08000000 && u8(bytes, start + 7) === 0 && end - start > 22 ? 'yes' : 'no';

/** OpenFlow (ONF): version 1 to 6, HELLO first, length of the whole. */
function openflow(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u8(bytes, start);
  const type = u8(bytes, start + 1);
  const length = u16(bytes, start + 2);
  if (version < 1 || version > 6 || type > 35 || length < 8 || length > end - start) return 'no';
  if (type === 0) return length === 8 || (length >= 16 && u16(bytes, start + 8) === 1) ? 'yes' : 'no';
  return 'no';
}

/** DLEP (RFC 8175, section 11): the signal's prefix, or a session initialisation. */
const dlep = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'DLEP') && u16(bytes, start + 6) + 8 === end - start ? 'yes' : 'no';

export const ROUTING: readonly Signature[] = [
  {
    name: 'BFD',
    transports: ['udp'],
    ports: [3784, 3785, 4784, 7784],
    first: range(0x20, 0x3f),
    least: 24,
    probe: bfd,
  },
  { name: 'HSRP', transports: ['udp'], ports: [1985, 2029], least: 16, probe: hsrp },
  { name: 'GLBP', transports: ['udp'], ports: [3222], first: [1], least: 40, probe: glbp },
  { name: 'LDP', transports: ['udp', 'tcp'], ports: [646], least: 14, probe: ldp },
  { name: 'BGP', transports: ['tcp'], first: [255], least: 19, probe: bgp },
  { name: 'CAPWAP', transports: ['udp'], ports: [5246, 5247], least: 8, probe: capwap },
  { name: 'PTPv2', transports: ['udp'], ports: [319, 320], least: 34, probe: ptp },
  { name: 'NAT-PMP', transports: ['udp'], ports: [5350, 5351], least: 2, probe: natPmp },
  { name: 'Service_Location_Protocol', transports: ['udp', 'tcp'], first: [1, 2], least: 12, probe: slp },
  { name: 'CPHA', transports: ['udp'], ports: [8116], least: 6, probe: cpha },
  { name: 'MerakiCloud', transports: ['udp'], first: [0xfe], least: 20, probe: meraki },
  { name: 'LISP', transports: ['udp'], ports: [4341, 4342], least: 8, probe: lisp },
  { name: 'GTP', service: 'gtpv1', transports: ['udp'], ports: [2123, 2152, 3386], least: 8, probe: gtp },
  { name: 'PFCP', transports: ['udp'], ports: [8805], first: range(0x20, 0x3f), least: 8, probe: pfcp },
  {
    name: 'VXLAN',
    service: 'vxlan',
    transports: ['udp'],
    ports: [4789, 8472],
    first: [8],
    least: 23,
    probe: vxlan,
  },
  { name: 'OpenFlow', transports: ['tcp'], first: [1, 2, 3, 4, 5, 6], least: 8, probe: openflow },
  { name: 'DLEP', transports: ['udp', 'tcp'], first: 'D', least: 8, probe: dlep },
];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
