import { Batch } from '../../src/tap/capture/batch.ts';

/** Where the frames of a capture file lie; for tests of what stands behind the capture reader. */

interface Found {
  readonly offset: number;
  readonly captured: number;
  readonly original: number;
  readonly timeUs: number;
  readonly linkType: number;
  readonly interfaceId: number;
}

/** The frames of a pcap or pcapng file as one batch. Throws when the file is neither. */
export function readFrames(file: Buffer): Batch[] {
  const magic = file.readUInt32LE(0);
  const found = magic === 0x0a0d0d0a ? pcapng(file) : pcap(file);
  return [batchOf(file, found)];
}

/** Frames made by hand as one batch; `linkType` holds for all, times are a millisecond apart. */
export function framesOf(frames: readonly Uint8Array[], linkType = 1): Batch {
  const bytes = Buffer.concat(frames);
  let offset = 0;
  const found = frames.map((frame, index) => {
    const at = offset;
    offset += frame.length;
    const timeUs = 1_700_000_000_000_000 + index * 1000;
    return {
      offset: at,
      captured: frame.length,
      original: frame.length,
      timeUs,
      linkType,
      interfaceId: 0,
    };
  });
  return batchOf(bytes, found);
}

/** Bytes from hexadecimal digits; blanks are left out. */
export function fromHex(text: string): Buffer {
  return Buffer.from(text.replace(/\s+/g, ''), 'hex');
}

function batchOf(bytes: Uint8Array, found: readonly Found[]): Batch {
  const batch = new Batch(Math.max(1, found.length));
  batch.bytes = bytes;
  batch.end = found.length;
  for (const [index, frame] of found.entries()) {
    batch.offset[index] = frame.offset;
    batch.captured[index] = frame.captured;
    batch.original[index] = frame.original;
    batch.timeUs[index] = frame.timeUs;
    batch.linkType[index] = frame.linkType;
    batch.interfaceId[index] = frame.interfaceId;
  }
  return batch;
}

function pcap(file: Buffer): Found[] {
  const magic = file.readUInt32LE(0);
  const little = magic === 0xa1b2c3d4 || magic === 0xa1b23c4d || magic === 0xa1b2cd34;
  const word = (at: number): number => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const first = word(0);
  const perMicrosecond = first === 0xa1b23c4d ? 1000 : 1;
  if (first !== 0xa1b2c3d4 && first !== 0xa1b23c4d && first !== 0xa1b2cd34) throw new Error('not a capture');
  // The modified format of old kernels has eight more bytes in each record.
  const header = first === 0xa1b2cd34 ? 24 : 16;
  const linkType = word(20) & 0xffff;
  const found: Found[] = [];
  for (let at = 24; at + header <= file.length; ) {
    const captured = word(at + 8);
    const offset = at + header;
    if (offset + captured > file.length) break;
    const timeUs = word(at) * 1e6 + Math.floor(word(at + 4) / perMicrosecond);
    found.push({ offset, captured, original: word(at + 12), timeUs, linkType, interfaceId: 0 });
    at = offset + captured;
  }
  return found;
}

function pcapng(file: Buffer): Found[] {
  const found: Found[] = [];
  let interfaces: number[] = [];
  let little = true;
  const word = (at: number): number => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  for (let at = 0; at + 12 <= file.length; ) {
    const type = word(at);
    if (type === 0x0a0d0d0a) {
      little = file.readUInt32LE(at + 8) === 0x1a2b3c4d;
      interfaces = [];
    }
    const length = word(at + 4);
    if (length < 12 || at + length > file.length) break;
    if (type === 1) interfaces.push(little ? file.readUInt16LE(at + 8) : file.readUInt16BE(at + 8));
    if (type === 6 || type === 3) {
      const enhanced = type === 6;
      const interfaceId = enhanced ? word(at + 8) : 0;
      const captured = enhanced ? word(at + 20) : Math.min(word(at + 8), length - 16);
      const original = enhanced ? word(at + 24) : word(at + 8);
      const timeUs = enhanced ? word(at + 12) * 2 ** 32 + word(at + 16) : 0;
      const offset = at + (enhanced ? 28 : 12);
      found.push({ offset, captured, original, timeUs, linkType: interfaces[interfaceId] ?? 1, interfaceId });
    }
    at += length;
  }
  return found;
}

/** An Ethernet frame around `content`. */
export function ethernetFrame(type: number, content: Uint8Array): Buffer {
  const header = Buffer.from('0200000000020200000000010000', 'hex');
  header.writeUInt16BE(type, 12);
  return Buffer.concat([header, content]);
}

/** What {@link ipv4Datagram} takes beside the content. */
export interface Ipv4Fields {
  readonly protocol: number;
  readonly id?: number;
  /** Flags and fragment offset. */
  readonly fragment?: number;
  readonly options?: Uint8Array;
  readonly source?: readonly number[];
  readonly destination?: readonly number[];
  /** Total length, when it is to be a wrong one. */
  readonly length?: number;
}

/** An IPv4 datagram with a right header checksum. */
export function ipv4Datagram(fields: Ipv4Fields, content: Uint8Array): Buffer {
  const options = fields.options ?? Buffer.alloc(0);
  const header = Buffer.alloc(20 + options.length);
  header[0] = 0x40 | (header.length >> 2);
  header.writeUInt16BE(fields.length ?? header.length + content.length, 2);
  header.writeUInt16BE(fields.id ?? 1, 4);
  header.writeUInt16BE(fields.fragment ?? 0, 6);
  header[8] = 64;
  header[9] = fields.protocol;
  header.set(fields.source ?? [192, 0, 2, 1], 12);
  header.set(fields.destination ?? [198, 51, 100, 2], 16);
  header.set(options, 20);
  header.writeUInt16BE(internetChecksum(header), 10);
  return Buffer.concat([header, content]);
}

/** An IPv6 datagram from 2001:db8::1 to 2001:db8::2. */
export function ipv6Datagram(next: number, content: Uint8Array, hopLimit = 64): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(content.length, 4);
  header[6] = next;
  header[7] = hopLimit;
  header.set([0x20, 0x01, 0x0d, 0xb8], 8);
  header[23] = 1;
  header.set([0x20, 0x01, 0x0d, 0xb8], 24);
  header[39] = 2;
  return Buffer.concat([header, content]);
}

/** A UDP datagram without a checksum. */
export function udpDatagram(source: number, destination: number, content: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(source, 0);
  header.writeUInt16BE(destination, 2);
  header.writeUInt16BE(8 + content.length, 4);
  return Buffer.concat([header, content]);
}

/** A TCP segment without a checksum; `options` are padded by the caller. */
export function tcpSegment(
  source: number,
  destination: number,
  flags: number,
  content: Uint8Array,
  options: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(20 + options.length);
  header.writeUInt16BE(source, 0);
  header.writeUInt16BE(destination, 2);
  header.writeUInt32BE(0xfffffff0, 4);
  header.writeUInt32BE(7, 8);
  header[12] = (header.length >> 2) << 4;
  header[13] = flags;
  header.writeUInt16BE(1024, 14);
  header.set(options, 20);
  return Buffer.concat([header, content]);
}

function internetChecksum(bytes: Buffer): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
