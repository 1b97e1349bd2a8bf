import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFrames } from '../../../test/support/frames.ts';
import { Batch } from '../capture/batch.ts';
import { Decoder, type Packet } from './index.ts';

/** Damaged frames of real captures: nothing is thrown, and no position lies outside of the frame. */

const corpus = process.env.WEIR_CORPUS ?? join(import.meta.dirname, '../../../../shared/corpus');
const folder = join(corpus, 'pcaps');
const skip = existsSync(folder) ? false : `no captures at ${corpus}`;
const MILLISECONDS = Number(process.env.WEIR_FUZZ_MS ?? 2000);
const LINK_TYPES = [0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 119, 127, 163, 166, 192, 239, 276];

/** Numbers that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function check(packet: Packet): void {
  const { bytes, frameStart, frameEnd, payloadStart, payloadEnd, payloadLength, ipVersion } = packet;
  assert.ok(frameStart >= 0 && frameEnd <= bytes.length && frameStart <= frameEnd);
  assert.ok(payloadStart >= frameStart && payloadEnd <= frameEnd && payloadStart <= payloadEnd);
  assert.ok(payloadLength >= payloadEnd - payloadStart || packet.protocol === 17);
  assert.ok(ipVersion === 0 || (packet.ipStart >= frameStart && packet.ipEnd <= frameEnd));
  assert.ok(packet.mac === -1 || (packet.mac >= frameStart && packet.mac + 12 <= frameEnd));
  assert.ok(packet.quoted === -1 || packet.quoted + 20 <= frameEnd);
  assert.ok(packet.vlans <= 3 && packet.depth <= 4 && packet.events <= packet.event.length);
}

test('damaged frames', { skip }, () => {
  const random = randomFrom(Number(process.env.WEIR_FUZZ_SEED ?? 1));
  const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).size < 200_000);
  const decoder = new Decoder({ packet: check }, { checksums: 'all', fragments: { bytes: 1 << 20 } });
  const one = new Batch(1);
  one.end = 1;
  const until = performance.now() + MILLISECONDS;
  let number = 0;
  while (performance.now() < until) {
    let batch: Batch | undefined;
    try {
      batch = readFrames(readFileSync(join(folder, names[Math.floor(random() * names.length)]!)))[0];
    } catch {
      continue;
    }
    if (batch === undefined || batch.end === 0) continue;
    for (let round = 0; round < 200; round++) {
      const index = Math.floor(random() * batch.end);
      const start = batch.offset[index]!;
      const frame = batch.bytes.slice(start, start + batch.captured[index]!);
      const damage = Math.floor(random() * 6);
      for (let i = 0; i < damage && frame.length > 0; i++) {
        // Mostly in the headers, where it hurts.
        const at = Math.floor(random() * (random() < 0.8 ? Math.min(frame.length, 80) : frame.length));
        frame[at] =
          random() < 0.5 ? Math.floor(random() * 256) : frame[at]! ^ (1 << Math.floor(random() * 8));
      }
      const length = random() < 0.3 ? Math.floor(random() * frame.length) : frame.length;
      one.bytes = frame;
      one.captured[0] = length;
      one.original[0] = batch.original[index]!;
      one.timeUs[0] = number * 1000;
      const other = LINK_TYPES[Math.floor(random() * LINK_TYPES.length)]!;
      one.linkType[0] = random() < 0.1 ? other : batch.linkType[index]!;
      decoder.decode(one, 0, ++number);
    }
  }
  decoder.end();
  assert.equal(decoder.fragments.waiting, 0);
  assert.ok(decoder.counters.get('pkts') > 1000);
});
