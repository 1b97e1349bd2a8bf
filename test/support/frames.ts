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
