/**
 * A program: sends frames out of an interface of its network namespace.
 *   send.ts INTERFACE rate BYTES PACKETS_PER_SECOND SECONDS    of 1000 flows; 0: as many as go
 *   send.ts INTERFACE flows NUMBER PACKETS_PER_SECOND          question and answer of each flow
 *   send.ts INTERFACE dns NUMBER GAP_MS                        question and answer of each name
 * Prints what it did as JSON. Times are of the monotonic clock, which all processes of a machine share.
 */

import { closeSync } from 'node:fs';
import { kernelAddon } from '../../src/native/index.ts';
import { FrameBuilder } from '../capture/segment.ts';

/** Frames are built once and sent over and over: so many flows. */
const FLOWS = 1000;
const CLIENT = 0x0a00_0001;
const SERVER = 0xc612_0001;
const UDP_HEADERS = 42;
/** Frames that go in one call. */
const BURST = 64;

const [link = '', mode = '', ...numbers] = process.argv.slice(2);
const [first = 0, second = 0, third = 0] = numbers.map(Number);
const addon = kernelAddon();
if (addon === undefined) throw new Error('build/weir.node is not built (setup/addon.sh)');
const sender = addon.openSender(link);
const cell = new Int32Array(new SharedArrayBuffer(4));
const sleep = (ms: number): void => void Atomics.wait(cell, 0, 0, ms);

/** Frames one behind the other, as `sendFrames` takes them. */
class Frames {
  private readonly builder = new FrameBuilder();
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  count = 0;
  private length = 0;

  constructor(most: number, longest: number) {
    this.bytes = new Uint8Array(most * longest);
    this.offsets = new Uint32Array(most);
    this.lengths = new Uint32Array(most);
  }

  udp(from: readonly [number, number], to: readonly [number, number], content: Uint8Array): void {
    const ends = { source: from[0], sourcePort: from[1], destination: to[0], destinationPort: to[1] };
    this.builder.udp(ends, (bytes, start) => {
      bytes.set(content, start);
      return start + content.length;
    });
    this.bytes.set(this.builder.bytes.subarray(0, this.builder.length), this.length);
    this.offsets[this.count] = this.length;
    this.lengths[this.count++] = this.builder.length;
    this.length += this.builder.length;
  }

  /** Sends frames `from` to `to`; how many went. */
  send(from: number, to: number): number {
    return addon!.sendFrames(sender, this.bytes, this.offsets, this.lengths, from, to);
  }

  /** Sends `total` frames in turn at a pace, or for so long as it takes; packets and seconds. */
  paced(total: number, perSecond: number, seconds: number): { packets: number; seconds: number } {
    const began = performance.now();
    let sent = 0;
    for (;;) {
      const passed = performance.now() - began;
      if (sent >= total || passed >= seconds * 1000) break;
      const due = perSecond === 0 ? total : Math.min(total, Math.floor((passed * perSecond) / 1000));
      if (due <= sent) {
        sleep(0.2);
        continue;
      }
      const at = sent % this.count;
      sent += this.send(at, Math.min(this.count, at + Math.min(BURST, due - sent)));
    }
    return { packets: sent, seconds: (performance.now() - began) / 1000 };
  }
}

/** Frames of one length, of flows in turn, from either side. */
function rate(length: number, perSecond: number, seconds: number) {
  const frames = new Frames(2 * FLOWS, length);
  const content = new Uint8Array(length - UDP_HEADERS).fill(0x55);
  for (let flow = 0; flow < FLOWS; flow++) {
    frames.udp([CLIENT, 10_000 + flow], [SERVER, 9999], content);
    frames.udp([SERVER, 9999], [CLIENT, 10_000 + flow], content);
  }
  return frames.paced(Number.MAX_SAFE_INTEGER, perSecond, seconds);
}

/** Flows that are all alive at the end. */
function flows(number: number, perSecond: number) {
  const frames = new Frames(2 * number, 60);
  const content = new Uint8Array(12).fill(0x55);
  for (let flow = 0; flow < number; flow++) {
    const client = [CLIENT + Math.floor(flow / 50_000), 1024 + (flow % 50_000)] as const;
    frames.udp(client, [SERVER, 9999], content);
    frames.udp([SERVER, 9999], client, content);
  }
  return frames.paced(2 * number, perSecond, 60);
}

/** Names that are asked for and answered; when each answer went. */
function dns(number: number, gapMs: number) {
  const sentNs: string[] = [];
  for (let i = 0; i < number; i++) {
    const frames = new Frames(2, 256);
    const client = [CLIENT, 20_000 + i] as const;
    frames.udp(client, [SERVER, 53], message(i, false));
    frames.udp([SERVER, 53], client, message(i, true));
    frames.send(0, 1);
    sleep(0.2);
    sentNs.push(String(process.hrtime.bigint()));
    frames.send(1, 2);
    sleep(gapMs * (0.5 + Math.random()));
  }
  return { sentNs };
}

/** A DNS message (RFC 1035 section 4.1) about `mNUMBER.latency.example`. */
function message(number: number, answer: boolean): Uint8Array {
  const labels = [`m${number}`, 'latency', 'example'].map(
    (text) => `${String.fromCharCode(text.length)}${text}`,
  );
  const header = Buffer.from(answer ? '000081800001000100000000' : '000001000001000000000000', 'hex');
  header.writeUInt16BE(number & 0xffff, 0);
  const question = Buffer.concat([
    Buffer.from(`${labels.join('')}\0`, 'latin1'),
    Buffer.from('00010001', 'hex'),
  ]);
  const record = Buffer.from(answer ? 'c00c000100010000003c0004c0000201' : '', 'hex');
  return Buffer.concat([header, question, record]);
}

const result =
  mode === 'rate' ? rate(first, second, third) : mode === 'flows' ? flows(first, second) : dns(first, second);
closeSync(sender);
process.stdout.write(`${JSON.stringify(result)}\n`);
