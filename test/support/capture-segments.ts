import { readFileSync } from 'node:fs';
import { formatIpv4, formatIpv6, i32, u8, u16, u32 } from '../../src/net/index.ts';

/** A TCP segment or UDP datagram of a capture, for tests that need no flow engine. */
export interface Segment {
  readonly timeUs: number;
  readonly transport: 'tcp' | 'udp';
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly syn: boolean;
  readonly fin: boolean;
  readonly payload: Uint8Array;
}

const ETHERNET_TYPES = { ipv4: 0x0800, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8, pppoe: 0x8864 };

/** Reads the segments of a pcap or pcapng file of the usual link types; frames that are neither are left out. */
export function readSegments(file: string): Segment[] {
  const bytes = readFileSync(file);
  const segments: Segment[] = [];
  for (const frame of frames(bytes)) {
    const network = linkPayload(bytes, frame);
    if (network < 0) continue;
    const segment = networkSegment(bytes, network, frame);
    if (segment !== undefined) segments.push(segment);
  }
  return segments;
}

interface Frame {
  readonly timeUs: number;
  readonly link: number;
  readonly start: number;
  readonly end: number;
}

function* frames(bytes: Buffer): Generator<Frame> {
  if (bytes.length < 24) return;
  if (bytes.readUInt32BE(0) === 0x0a0d0d0a) yield* blocks(bytes);
  else yield* classic(bytes);
}

function* classic(bytes: Buffer): Generator<Frame> {
  const little = bytes[0] === 0xd4 || bytes[0] === 0x4d;
  const nano = bytes[little ? 0 : 3] === 0x4d || bytes[little ? 1 : 2] === 0x3c;
  const read = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const link = read(20) & 0xffff;
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = read(at + 8);
    const end = Math.min(at + 16 + length, bytes.length);
    const fraction = read(at + 4);
    yield {
      timeUs: read(at) * 1e6 + (nano ? Math.floor(fraction / 1000) : fraction),
      link,
      start: at + 16,
      end,
    };
    at = at + 16 + length;
  }
}

function* blocks(bytes: Buffer): Generator<Frame> {
  let little = true;
  let interfaces: { link: number; unitsPerSecond: number }[] = [];
  const read = (at: number): number => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const short = (at: number): number => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  for (let at = 0; at + 12 <= bytes.length; ) {
    const type = read(at);
    if (type === 0x0a0d0d0a) {
      little = bytes.readUInt32LE(at + 8) === 0x1a2b3c4d;
      interfaces = [];
    }
    const length = read(at + 4);
    if (length < 12 || at + length > bytes.length) return;
    if (type === 1) {
      let unitsPerSecond = 1e6;
      for (let option = at + 16; option + 4 <= at + length - 4; ) {
        const code = short(option);
        const size = short(option + 2);
        if (code === 0) break;
        if (code === 9) {
          const resolution = bytes[option + 4] as number;
          unitsPerSecond = resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
        }
        option += 4 + ((size + 3) & ~3);
      }
      interfaces.push({ link: short(at + 8), unitsPerSecond });
    } else if (type === 6) {
      const known = interfaces[read(at + 8)];
      const captured = read(at + 20);
      if (known !== undefined && 28 + captured <= length) {
        const units = read(at + 12) * 2 ** 32 + read(at + 16);
        const timeUs = Math.floor((units / known.unitsPerSecond) * 1e6);
        yield { timeUs, link: known.link, start: at + 28, end: at + 28 + captured };
      }
    } else if (type === 3 && interfaces[0] !== undefined) {
      yield {
        timeUs: 0,
        link: interfaces[0].link,
        start: at + 12,
        end: at + 12 + Math.min(read(at + 8), length - 16),
      };
    }
    at += length;
  }
}

function linkPayload(bytes: Buffer, { link, start, end }: Frame): number {
  switch (link) {
    case 1:
      return start + 14 <= end ? etherPayload(bytes, start + 12, end) : -1;
    case 0:
    case 108:
      return start + 4;
    case 12:
    case 14:
    case 101:
    case 228:
    case 229:
      return start;
    case 113:
      return start + 16 <= end ? etherPayload(bytes, start + 14, end) : -1;
    case 276:
      return start + 20;
    default:
      return -1;
  }
}

function etherPayload(bytes: Buffer, typeAt: number, end: number): number {
  let at = typeAt;
  while (at + 6 <= end) {
    const type = u16(bytes, at);
    if (type === ETHERNET_TYPES.ipv4 || type === ETHERNET_TYPES.ipv6) return at + 2;
    if (type === ETHERNET_TYPES.vlan || type === ETHERNET_TYPES.qinq) at += 4;
    else return type === ETHERNET_TYPES.pppoe ? at + 10 : -1;
  }
  return -1;
}

function networkSegment(bytes: Buffer, start: number, frame: Frame): Segment | undefined {
  if (start + 20 > frame.end) return undefined;
  const version = u8(bytes, start) >>> 4;
  if (version === 4) {
    if ((u16(bytes, start + 6) & 0x3fff) !== 0) return undefined;
    const end = Math.min(frame.end, start + u16(bytes, start + 2));
    const source = formatIpv4(i32(bytes, start + 12));
    const destination = formatIpv4(i32(bytes, start + 16));
    return transportSegment(
      bytes,
      start + (u8(bytes, start) & 15) * 4,
      end,
      u8(bytes, start + 9),
      source,
      destination,
      frame,
    );
  }
  if (version !== 6 || start + 40 > frame.end) return undefined;
  const address = (at: number): string =>
    formatIpv6(i32(bytes, at), i32(bytes, at + 4), i32(bytes, at + 8), i32(bytes, at + 12));
  const end = Math.min(frame.end, start + 40 + u16(bytes, start + 4));
  return transportSegment(
    bytes,
    start + 40,
    end,
    u8(bytes, start + 6),
    address(start + 8),
    address(start + 24),
    frame,
  );
}

function transportSegment(
  bytes: Buffer,
  start: number,
  end: number,
  protocol: number,
  source: string,
  destination: string,
  frame: Frame,
): Segment | undefined {
  const tcp = protocol === 6;
  if (!(tcp || protocol === 17) || start + (tcp ? 20 : 8) > end) return undefined;
  const payload = tcp ? start + (u8(bytes, start + 12) >>> 4) * 4 : start + 8;
  if (payload > end) return undefined;
  return {
    timeUs: frame.timeUs,
    transport: tcp ? 'tcp' : 'udp',
    source,
    sourcePort: u16(bytes, start),
    destination,
    destinationPort: u16(bytes, start + 2),
    sequence: tcp ? u32(bytes, start + 4) : 0,
    syn: tcp && (u8(bytes, start + 13) & 2) !== 0,
    fin: tcp && (u8(bytes, start + 13) & 5) !== 0,
    payload: bytes.subarray(payload, end),
  };
}
