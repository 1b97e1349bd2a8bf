import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { textAt, u16le, u32le } from './text.ts';

/** NFS itself, and programs that go with it: portmapper, mount, quota, lock manager, status, access lists. */
const NFS = 100003;
const BESIDE_NFS: ReadonlySet<number> = new Set([100000, 100005, 100011, 100021, 100024, 100227]);

/** What a call of ONC RPC version 2 (RFC 5531, section 9) is for; 0 when it is none. */
function programOf(bytes: Uint8Array, at: number, end: number): number {
  if (at + 24 > end || u32(bytes, at + 4) !== 0 || u32(bytes, at + 8) !== 2) return 0;
  const program = u32(bytes, at + 12);
  return program < 100000 || program > 0x5fffffff || u32(bytes, at + 16) > 6 ? 0 : program;
}

/** Which programs a signature is for. */
type Programs = 'nfs' | 'beside nfs' | 'others';

function oncRpc(bytes: Uint8Array, at: number, end: number, programs: Programs): Verdict {
  const program = programOf(bytes, at, end);
  if (program === 0) return 'no';
  const kind = program === NFS ? 'nfs' : BESIDE_NFS.has(program) ? 'beside nfs' : 'others';
  return kind === programs ? 'yes' : 'no';
}

/** Over TCP each message is a record with its length, the top bit marking the last fragment (section 11). */
function oncRecord(bytes: Uint8Array, start: number, end: number, programs: Programs): Verdict {
  const mark = u32(bytes, start);
  if (mark >>> 31 === 0 || (mark & 0x7fffffff) < 24) return 'no';
  return oncRpc(bytes, start + 4, end, programs);
}

/** A signature for each kind of program and transport; Suricata knows the first kind only. */
function rpcSignatures(): Signature[] {
  const kinds: readonly Programs[] = ['nfs', 'beside nfs', 'others'];
  return kinds.flatMap((kind) => {
    const name = kind === 'others' ? 'RPC' : 'NFS';
    const suricata = kind === 'nfs' ? 'nfs' : undefined;
    return [
      {
        name,
        suricata,
        transports: ['udp'],
        least: 40,
        probe: (bytes, start, end) => oncRpc(bytes, start, end, kind),
      },
      {
        name,
        suricata,
        transports: ['tcp'],
        first: [0x80],
        least: 28,
        probe: (bytes, start, end) => oncRecord(bytes, start, end, kind),
      },
    ] satisfies Signature[];
  });
}

/** [C706], section 12.6.3: version 5.0, a known type, little or big endian, the fragment's length. */
function dcerpc(bytes: Uint8Array, start: number, end: number): Verdict {
  const minor = u8(bytes, start + 1);
  const type = u8(bytes, start + 2);
  if (minor > 1 || type > 19) return 'no';
  const little = (u8(bytes, start + 4) & 0x10) !== 0;
  if ((u8(bytes, start + 4) & 0xee) !== 0 || u16(bytes, start + 6) !== 0) return 'no';
  const length = little ? u16le(bytes, start + 8) : u16(bytes, start + 8);
  return length >= 16 && (length <= end - start || type === 11 || type === 0 || type === 2) ? 'yes' : 'no';
}

/** PROFINET's devices and controllers: dea0000x-6c97-11d1-8271-… (IEC 61158-6-10). */
function profinet(bytes: Uint8Array, at: number): boolean {
  return (
    (u32(bytes, at) >>> 8 === 0xdea000 || u32le(bytes, at) >>> 8 === 0xdea000) &&
    (u32(bytes, at + 4) === 0x6c9711d1 || u32le(bytes, at + 4) === 0x11d16c97)
  );
}

/** [C706], section 12.5.1: connectionless, version 4, 80 bytes of header, the length of the body at 74. */
function dcerpcDatagram(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const type = u8(bytes, start + 1);
  if (u8(bytes, start) !== 4 || type > 10 || u8(bytes, start + 4) > 0x10 || u8(bytes, start + 6) > 3)
    return 'no';
  const little = (u8(bytes, start + 4) & 0x10) !== 0;
  const body = little ? u16le(bytes, start + 74) : u16(bytes, start + 74);
  if (body + 80 !== end - start) return 'no';
  if (profinet(bytes, start + 24) || profinet(bytes, start + 8)) talk.application = 'PROFINET_IO';
  return 'yes';
}

/** [MS-SMB2] 2.2.1, [MS-CIFS] 2.2.3.1 inside a session message of RFC 1002, section 4.3. */
function smb(bytes: Uint8Array, start: number, end: number, magic: string): Verdict {
  if (u8(bytes, start) !== 0) return 'no';
  return textAt(bytes, start + 4, end, magic) ? 'yes' : 'no';
}

/** Requests for a session (RFC 1002, section 4.3.2): called and calling name, 34 bytes each. */
function netbiosSession(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start);
  const length = u16(bytes, start + 2);
  if (type === 0x81) return length === 68 && end - start >= 72 && u8(bytes, start + 4) === 32 ? 'yes' : 'no';
  if (type === 0x82) return length === 0 ? 'yes' : 'no';
  if (type === 0x83) return length === 1 ? 'yes' : 'no';
  return 'no';
}

/** Name service (RFC 1002, section 4.2): a DNS-shaped header, a name of 32 half-bytes `A`-`P`. */
function netbiosName(bytes: Uint8Array, start: number, end: number): Verdict {
  const flags = u16(bytes, start + 2);
  if (((flags >> 11) & 15) > 9 || u16(bytes, start + 4) + u16(bytes, start + 6) === 0) return 'no';
  if (u8(bytes, start + 12) !== 32 || end - start < 50) return 'no';
  for (let i = start + 13; i < start + 45; i++) {
    const letter = u8(bytes, i);
    if (letter < 0x41 || letter > 0x50) return 'no';
  }
  return 'yes';
}

/** Datagram service (RFC 1002, section 4.4): type, flags, the sender's address; SMB inside a browser's mailslot. */
function netbiosDatagram(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const type = u8(bytes, start);
  if (type < 0x10 || type > 0x16 || u8(bytes, start + 1) > 0x1f) return 'no';
  if (textAt(bytes, start + 82, end, '\xffSMB')) talk.application = 'SMBv1';
  return 'yes';
}

export const RPC: readonly Signature[] = [
  ...rpcSignatures(),
  {
    name: 'DCERPC',
    suricata: 'dcerpc',
    service: 'dce_rpc',
    transports: ['tcp'],
    first: [5],
    least: 16,
    probe: dcerpc,
  },
  { name: 'DCERPC', suricata: 'dcerpc', transports: ['udp'], first: [4], least: 80, probe: dcerpcDatagram },
  {
    name: 'NetBIOS',
    application: 'SMBv1',
    suricata: 'smb',
    service: 'smb',
    transports: ['tcp'],
    first: [0],
    least: 8,
    probe: (bytes, start, end) => smb(bytes, start, end, '\xffSMB'),
  },
  {
    name: 'NetBIOS',
    application: 'SMBv23',
    suricata: 'smb',
    service: 'smb',
    transports: ['tcp'],
    first: [0],
    least: 8,
    probe: (bytes, start, end) =>
      smb(bytes, start, end, '\xfeSMB') === 'yes' || smb(bytes, start, end, '\xfdSMB') === 'yes'
        ? 'yes'
        : 'no',
  },
  {
    name: 'NetBIOS',
    transports: ['tcp'],
    ports: [139],
    first: [0x81, 0x82, 0x83],
    least: 4,
    probe: netbiosSession,
  },
  { name: 'NetBIOS', transports: ['udp'], ports: [137], least: 50, probe: netbiosName },
  {
    name: 'NetBIOS',
    transports: ['udp'],
    ports: [138],
    first: [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16],
    least: 14,
    probe: netbiosDatagram,
  },
];
