/**
 * A program: sends the frames of a capture out of an interface, or one frame for so long as it takes.
 *   send-frames.ts INTERFACE CAPTURE [FRAMES_PER_MS]
 *   send-frames.ts INTERFACE flood BYTES SECONDS
 * Prints how many were sent.
 */

import { closeSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { kernelAddon } from '../../src/native/index.ts';
import { ethernetFrame, ipv4Datagram, readFrames, udpDatagram } from './frames.ts';

const [name = '', source = '', first = '32', second = '1'] = process.argv.slice(2);
const addon = kernelAddon();
if (addon === undefined) throw new Error('build/weir.node is not built (setup/addon.sh)');
const sender = addon.openSender(name);
const sent = source === 'flood' ? flood(Number(first), Number(second)) : await replay(Number(first));
closeSync(sender);
process.stdout.write(`${sent}\n`);

/** Sends the capture at a pace that nothing on the way drops. */
async function replay(perMs: number): Promise<number> {
  let count = 0;
  for (const { bytes, offset, captured, first: from, end } of readFrames(readFileSync(source))) {
    for (let at = from; at < end; ) {
      const went = addon!.sendFrames(sender, bytes, offset, captured, at, Math.min(end, at + perMs));
      count += went;
      at += went;
      await sleep(1);
    }
  }
  return count;
}

/** Sends one frame over and over, as fast as it goes. */
function flood(length: number, seconds: number): number {
  const content = Buffer.alloc(length - 42, 0x55);
  const frame = ethernetFrame(0x0800, ipv4Datagram({ protocol: 17 }, udpDatagram(4000, 4001, content)));
  const offsets = new Uint32Array(256);
  const lengths = new Uint32Array(256).fill(frame.length);
  const end = performance.now() + seconds * 1000;
  let count = 0;
  while (performance.now() < end) {
    count += addon!.sendFrames(sender, frame, offsets, lengths, 0, offsets.length);
  }
  return count;
}
