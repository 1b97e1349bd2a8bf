import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Decoder, type Packet } from '../../packet/index.ts';
import { Batch } from '../batch.ts';
import { EXPRESSIONS } from './filter-cases.ts';
import { type BpfInstruction, compileFilter, runBpf } from './index.ts';

const CORPUS = process.env.WEIR_CORPUS ?? join(import.meta.dirname, '../../../../../shared/corpus');
/** Captures that together show most of what the expressions ask for; the last ones are not Ethernet. */
const ETHERNET_CAPTURES = [
  '015e8fbd2ecdb850.pcap',
  '14b4251489af5b66.pcap',
  'a1680fa5c847813d.pcap',
  '1f0a9bd9965de5e2.pcap',
  'ad21b2713e240916.pcap',
  '25bb51554004b14a.pcap',
  '7be25659357f12c4.pcap',
  'd0b1965aa0c7f979.pcap',
  'b4cf1461b4033097.pcap',
  'ea57ef2168a4347b.pcap',
  '00c4fbc8f7a6c8a2.pcap',
  '0bbf91d8545630fc.pcap',
];
const OTHER_CAPTURES = [
  '017432eec49133a6.pcap',
  '0235d29dd0779c64.pcap',
  '02f5354e8de754df.pcap',
  '1897b8297517830b.pcap',
  'caa329a68affe15c.pcap',
  '9e8902b5bf6d87bb.pcap',
];
/** Frames that the captures lack: stacks of labels, sessions within tags, headers that are rare. */
const MADE = [
  'ffffffffffff020000000001884700010040000201404500001c00000000401100000a0101010a01010200350050000800004500',
  'ffffffffffff02000000000181000001884700010140600000000000064000000000000000000000000000000001',
  '0200000000010200000000028100000a88641100000100220021450000280000000040060000c0a801010a01010100501f90',
  '02000000000102000000000288641100000100220057600000000014064000000000000000000000000000000001',
  '020000000001020000000002810000030806000108000604000102000000000a0a010101000000000000c0a80101',
  '0200000000010200000000028035000108000604000302000000000a0a010101020000000000c0a80101',
  '020000000001020000000002002642420300000000',
  '0200000000010200000000028100000a00264242030000000000',
  '0200000000010200000000020800450000140000000040330000c0a80101c0a80101',
  '0200000000010200000000020800450000140000000040700000c0a80101e0000012',
  '02000000000102000000000286dd6000000000102c40fe800000000000000000000000000001ff020000000000000000000000000001060000010000000000501f90',
].map((digits) => Buffer.from(digits, 'hex'));

interface Frame {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** Frames of a capture in the classic format, little-endian. */
function framesOf(path: string): { linkType: number; frames: Frame[] } {
  const bytes = readFileSync(path);
  const frames: Frame[] = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const captured = bytes.readUInt32LE(at + 8);
    frames.push({ bytes: bytes.subarray(at + 16, at + 16 + captured), length: bytes.readUInt32LE(at + 12) });
    at += 16 + captured;
  }
  return { linkType: bytes.readUInt32LE(20) & 0xffff, frames };
}

/** Decodes a frame and gives its outermost layer to `see`. */
function outermost(linkType: number, see: (packet: Packet) => void): (frame: Frame) => void {
  let first = true;
  const decoder = new Decoder({
    packet(packet) {
      if (first) see(packet);
      first = false;
    },
  });
  const batch = new Batch(1);
  batch.end = 1;
  let number = 0;
  return (frame) => {
    first = true;
    batch.bytes = frame.bytes;
    batch.captured[0] = frame.bytes.length;
    batch.original[0] = frame.length;
    batch.linkType[0] = linkType;
    decoder.decode(batch, 0, ++number);
  };
}

/** Changes and cuts frames, always in the same way. */
function spoil(frames: readonly Frame[]): Frame[] {
  let seed = 11;
  const random = (limit: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % limit;
  };
  return frames.map(({ bytes, length }) => {
    const copy = Buffer.from(bytes);
    if (copy.length === 0) return { bytes: copy, length };
    for (let i = 0; i < 3; i++) copy[random(Math.min(copy.length, 60))] = random(256);
    return { bytes: copy.subarray(0, random(2) ? copy.length : random(Math.min(90, copy.length))), length };
  });
}

const installed = spawnSync('tcpdump', ['--version']).status === 0;
const skip = !installed
  ? 'tcpdump is not installed'
  : existsSync(join(CORPUS, 'pcaps'))
    ? false
    : `no corpus at ${CORPUS} (set WEIR_CORPUS)`;
const capture = (name: string) => join(CORPUS, 'pcaps', name);
const present = (names: readonly string[]) => names.filter((name) => existsSync(capture(name)));

test('our programs and predicates agree with the programs of tcpdump', { skip }, () => {
  const whole = present(ETHERNET_CAPTURES).flatMap((name) => framesOf(capture(name)).frames.slice(0, 120));
  whole.push(...MADE.map((bytes) => ({ bytes, length: bytes.length })));
  const frames = [...whole, ...spoil(whole)];
  for (const expression of EXPRESSIONS) {
    // Without optimisation (-O): with it libpcap drops loads whose value does not matter, so that of two
    // frames that are cut too short it takes one and not the other.
    const printed = execFileSync('tcpdump', ['-O', '-y', 'EN10MB', '-ddd', '--', expression], {
      stdio: 'pipe',
    });
    const theirs = printed.toString().trim().split('\n').slice(1).map(instruction);
    const filter = compileFilter(expression);
    const ours = filter.bpf();
    for (const { bytes, length } of frames) {
      const expected = runBpf(theirs, bytes, 0, bytes.length, length) > 0;
      const packet = { bytes, frameStart: 0, frameEnd: bytes.length, original: length, ...ETHERNET };
      const where = () => `${expression}: ${Buffer.from(bytes).toString('hex')}`;
      if (runBpf(ours, bytes, 0, bytes.length, length) > 0 !== expected) assert.fail(`BPF, ${where()}`);
      if (filter.matches(packet) !== expected) assert.fail(`predicate, ${where()}`);
    }
  }
});

const ETHERNET = { linkType: 1, mac: 0, etherType: 0, ipVersion: 0, ipStart: 0 };

function instruction(line: string): BpfInstruction {
  const [code = 0, jt = 0, jf = 0, k = 0] = line.split(' ').map(Number);
  return { code, jt, jf, k };
}

test('decoded packets of captures are selected as by tcpdump -r', { skip }, () => {
  const captures = present(ETHERNET_CAPTURES);
  for (const [i, expression] of EXPRESSIONS.entries()) {
    const name = captures[i % Math.min(5, captures.length)];
    if (name !== undefined) compareCounts(name, expression);
  }
});

test('the same for link layers that are not Ethernet', { skip }, () => {
  const expressions = [
    'ip',
    'ip6',
    'tcp',
    'udp port 53',
    'host 192.168.1.1',
    'not tcp',
    'tcp[13] & 2 != 0',
    'less 100',
    'vlan',
    'arp',
  ];
  for (const name of present(OTHER_CAPTURES))
    for (const expression of expressions) compareCounts(name, expression);
});

/** Compares how many frames of a capture match; what tcpdump refuses for its link layer is passed over. */
function compareCounts(name: string, expression: string): void {
  const result = spawnSync('tcpdump', ['-r', capture(name), '-w', '-', '--', expression], {
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) return;
  let expected = 0;
  for (let at = 24; at + 16 <= result.stdout.length; at += 16 + result.stdout.readUInt32LE(at + 8))
    expected++;
  const filter = compileFilter(expression);
  const { linkType, frames } = framesOf(capture(name));
  let matched = 0;
  const decode = outermost(linkType, (packet) => {
    if (filter.matches(packet)) matched++;
  });
  for (const frame of frames) decode(frame);
  assert.equal(matched, expected, `${name}: ${expression}`);
}
