// For tests only: payloads of TCP segments and UDP datagrams of a capture, read as simply as possible.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One payload of a capture. */
export interface CapturedPayload {
  readonly number: number;
  readonly transport: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly payload: Buffer;
}

/** Folder of the ground truth, or undefined where there is none. */
export function corpusFolder(): string | undefined {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const folder = process.env.WEIR_CORPUS ?? join(here, '../../../../../shared/corpus');
  return existsSync(join(folder, 'pcaps')) ? folder : undefined;
}

/** Reads a pcap or pcapng file of Ethernet, raw IP, null, Linux cooked or PPP frames. */
export function readPayloads(path: string): CapturedPayload[] {
  const file = readFileSync(path);
  const payloads: CapturedPayload[] = [];
  let number = 0;
  for (const [linkType, frame] of file.readUInt32BE(0) === 0x0a0d0d0a ? pcapng(file) : pcap(file)) {
    number++;
    const payload = decode(number, linkType, frame);
    if (payload) payloads.push(payload);
  }
  return payloads;
}

type Frame = readonly [linkType: number, frame: Buffer];

function* pcap(file: Buffer): Generator<Frame> {
  const little = file[0] === 0xd4 || file[0] === 0x4d;
  const read = (at: number): number => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const linkType = read(20) & 0xffff;
  for (let at = 24; at + 16 <= file.length; ) {
    const length = read(at + 8);
    yield [linkType, file.subarray(at + 16, at + 16 + length)];
    at += 16 + length;
  }
}

function* pcapng(file: Buffer): Generator<Frame> {
  const little = file.readUInt32LE(8) === 0x1a2b3c4d;
  const read = (at: number): number => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const linkTypes: number[] = [];
  for (let at = 0; at + 12 <= file.length; ) {
    const type = read(at);
    const length = read(at + 4);
    if (type === 1) linkTypes.push(little ? file.readUInt16LE(at + 8) : file.readUInt16BE(at + 8));
    if (type === 6) yield [linkTypes[read(at + 8)] ?? 1, file.subarray(at + 28, at + 28 + read(at + 20))];
    at += Math.max(12, length);
  }
}

function decode(number: number, linkType: number, frame: Buffer): CapturedPayload | undefined {
  let ip = ({ 1: 14, 0: 4, 9: 4, 101: 0, 12: 0, 113: 16, 276: 20 } as Record<number, number>)[linkType] ?? 14;
  if (linkType === 9) ip = frame[0] === 0xff ? 4 : 2;
  if (linkType === 1 && frame.length > 14) {
    while (frame.readUInt16BE(ip - 2) === 0x8100 || frame.readUInt16BE(ip - 2) === 0x88a8) ip += 4;
  }
  if (frame.length < ip + 20) return undefined;
  const version = (frame[ip] as number) >> 4;
  let protocol: number;
  let transport: number;
  let end: number;
  let addresses: readonly [string, string];
  if (version === 4) {
    protocol = frame[ip + 9] as number;
    transport = ip + ((frame[ip] as number) & 15) * 4;
    end = Math.min(frame.length, ip + frame.readUInt16BE(ip + 2));
    if ((frame.readUInt16BE(ip + 6) & 0x1fff) !== 0) return undefined;
    addresses = [frame.subarray(ip + 12, ip + 16).join('.'), frame.subarray(ip + 16, ip + 20).join('.')];
  } else if (version === 6) {
    protocol = frame[ip + 6] as number;
    transport = ip + 40;
    end = Math.min(frame.length, transport + frame.readUInt16BE(ip + 4));
    addresses = [
      frame.subarray(ip + 8, ip + 24).toString('hex'),
      frame.subarray(ip + 24, ip + 40).toString('hex'),
    ];
  } else return undefined;
  if ((protocol !== 17 && protocol !== 6) || transport + (protocol === 17 ? 8 : 20) > end) return undefined;
  const start = transport + (protocol === 17 ? 8 : ((frame[transport + 12] as number) >> 4) * 4);
  return {
    number,
    transport: protocol === 17 ? 'udp' : 'tcp',
    source: addresses[0],
    destination: addresses[1],
    sourcePort: frame.readUInt16BE(transport),
    destinationPort: frame.readUInt16BE(transport + 2),
    sequence: protocol === 6 ? frame.readUInt32BE(transport + 4) : 0,
    payload: frame.subarray(start, end),
  };
}
