import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Verdict } from './signature.ts';
import { find, textAt, u32le } from './text.ts';

/** [MS-RDPBCGR] 2.2.1.1 and 2.2.1.2: COTP's connection request or confirm with a cookie or a negotiation. */
function rdp(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u16(bytes, start) !== 0x0300) return 'no';
  const size = u16(bytes, start + 2);
  const code = u8(bytes, start + 5);
  if (size < 11 || size > 512 || u8(bytes, start + 4) + 5 !== size || size > end - start) return 'no';
  if (code === 0xe0) {
    if (
      textAt(bytes, start + 11, end, 'Cookie: mstshash=') ||
      textAt(bytes, start + 11, end, 'Cookie: msts=')
    )
      return 'yes';
    const negotiation = start + size - 8;
    return size >= 19 && u8(bytes, negotiation) === 1 && u16(bytes, negotiation + 2) === 0x0800
      ? 'yes'
      : 'no';
  }
  if (code !== 0xd0) return 'no';
  const kind = u8(bytes, start + 11);
  return size === 19 && (kind === 2 || kind === 3) && u16(bytes, start + 13) === 0x0800 ? 'yes' : 'no';
}

/** [MS-RDPEUDP] 2.2.2.1: a SYN has ff ff ff ff as source acknowledgement and is padded to the MTU. */
const rdpDatagram = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u32(bytes, start) === 0xffffffff && (u16(bytes, start + 6) & 1) === 1 && end - start >= 1000 ? 'yes' : 'no';

/** RFC 6143, section 7.1.1. */
const rfb = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'RFB 00') && u8(bytes, start + 7) === 0x2e && u8(bytes, start + 11) === 10
    ? 'yes'
    : 'no';

/** RFC 854: option negotiation at once, IAC and one of WILL, WONT, DO, DONT with a known option. */
function telnet(bytes: Uint8Array, start: number, end: number): Verdict {
  const verb = u8(bytes, start + 1);
  if (verb === 0xfa) return u8(bytes, start + 2) < 0x30 ? 'yes' : 'no';
  if (verb < 0xfb || verb > 0xfe || u8(bytes, start + 2) > 0x31) return 'no';
  return end - start === 3 || u8(bytes, start + 3) === 0xff || end - start > 6 ? 'yes' : 'no';
}

/** TeamViewer: the magic 17 24 or 11 30 over TCP; over UDP it stands at 11 behind a zero header. */
const teamviewer = (bytes: Uint8Array, start: number, end: number): Verdict =>
  (u16(bytes, start) === 0x1724 || u16(bytes, start) === 0x1130) &&
  end - start >= 5 &&
  u8(bytes, start + 2) < 0x30
    ? 'yes'
    : 'no';
const teamviewerDatagram = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u16(bytes, start + 11) === 0x1724 && u8(bytes, start) === 0 ? 'yes' : 'no';

/** AnyDesk's discovery on UDP 50001: 3e d1 and a word. */
const anydesk = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u32(bytes, start) === 0x3ed101d5 || u16(bytes, start) === 0x3ed1 ? 'yes' : 'no';

/** NoMachine: `NXD-` and a version; over UDP small packets of length 10 with a counter. */
const nomachine = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'NXD-') || textAt(bytes, start, end, 'NXSH-') ? 'yes' : 'no';
function nomachineDatagram(bytes: Uint8Array, start: number, end: number): Verdict {
  return end - start === 10 &&
    u8(bytes, start) <= 2 &&
    u8(bytes, start + 1) === 0 &&
    u16(bytes, start + 2) === 0x0100 &&
    u16(bytes, start + 4) === 0x0a00
    ? 'yes'
    : 'no';
}

/** Radmin 3: length 1, two bytes 08 08. */
const radmin = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u32(bytes, start) === 0x01000000 &&
  (u32(bytes, start + 4) === 0x01000000 || u32le(bytes, start + 4) === end - start) &&
  end - start >= 10
    ? 'yes'
    : 'no';

/** Citrix: ICA's greeting, or the common gateway protocol. */
function citrix(bytes: Uint8Array, start: number, end: number): Verdict {
  return textAt(bytes, start, end, '\x7f\x7fICA\0') ||
    textAt(bytes, start, end, '\x1aCGP/01') ||
    find(bytes, start, Math.min(end, start + 16), 'TcpProxyService') >= 0
    ? 'yes'
    : 'no';
}

/** VMware's authentication daemon, and its heartbeat over UDP 902. */
const vmware = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '220 VMware Auth') ? 'yes' : 'no';
const vmwareDatagram = (bytes: Uint8Array, start: number, end: number): Verdict =>
  end - start === 66 && u8(bytes, start) === 0xa4 ? 'yes' : 'no';

export const REMOTE: readonly Signature[] = [
  { name: 'RDP', suricata: 'rdp', service: 'rdp', transports: ['tcp'], first: [3], least: 11, probe: rdp },
  { name: 'RDP', transports: ['udp'], ports: [3389], first: [0xff], least: 8, probe: rdpDatagram },
  { name: 'VNC', suricata: 'rfb', service: 'rfb', transports: ['tcp'], first: 'R', least: 12, probe: rfb },
  { name: 'Telnet', suricata: 'telnet', transports: ['tcp'], first: [0xff], least: 3, probe: telnet },
  { name: 'TeamViewer', transports: ['tcp'], first: [0x17, 0x11], least: 5, probe: teamviewer },
  { name: 'TeamViewer', transports: ['udp'], first: [0], least: 14, probe: teamviewerDatagram },
  {
    name: 'AnyDesk',
    transports: ['udp'],
    ports: [50001, 50002, 50003],
    first: [0x3e],
    least: 8,
    probe: anydesk,
  },
  { name: 'NoMachine', transports: ['tcp'], first: 'N', least: 8, probe: nomachine },
  { name: 'NoMachine', transports: ['udp'], first: [1, 2], least: 10, probe: nomachineDatagram },
  { name: 'Radmin', transports: ['tcp'], first: [1], least: 10, probe: radmin },
  { name: 'Citrix', transports: ['tcp'], first: [0x7f, 0x1a, 0x07], least: 6, probe: citrix },
  { name: 'VMware', transports: ['tcp'], first: '2', least: 16, probe: vmware },
  { name: 'VMware', transports: ['udp'], ports: [902, 903], least: 66, probe: vmwareDatagram },
];
