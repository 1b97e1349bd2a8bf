import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { CAPTURES, MAIN } from '../../supervisor/testing.ts';
import { PcapngCut } from './pcapng-cut.ts';

const capture = join(CAPTURES, 'campus-5.pcap');
const whole = execFileSync(process.execPath, [MAIN, 'read', '-q', '--flows-only', '-w', '-', capture]);

async function cutOf(pieces: number, packets: number, bytes: number) {
  let enough = 0;
  const cut = new PcapngCut(packets, bytes, () => enough++);
  const chunks = Array.from({ length: Math.ceil(whole.length / pieces) }, (_, i) =>
    whole.subarray(i * pieces, (i + 1) * pieces),
  );
  const output = await buffer(Readable.from(chunks).pipe(cut));
  return { cut, output, enough };
}

test('all of a file passes, however it comes in pieces', async () => {
  for (const pieces of [7, 4096, whole.length]) {
    const { cut, output, enough } = await cutOf(pieces, 1e9, 1e9);
    assert.ok(output.equals(whole));
    assert.equal(cut.packets, 126);
    assert.equal(enough, 0);
  }
});

test('at a bound it ends behind a whole block', async () => {
  const { cut, output, enough } = await cutOf(100, 10, 1e9);
  assert.deepEqual([cut.packets, cut.isCut, enough], [10, true, 1]);
  assert.ok(output.equals(whole.subarray(0, output.length)));
  const fewer = await cutOf(100, 1e9, output.length - 1);
  assert.deepEqual([fewer.cut.packets, fewer.enough], [9, 1]);
  assert.equal(fewer.output.length, fewer.cut.bytes);
  // The file ends early, as that of a program that was killed.
  const killed = new PcapngCut(1e9, 1e9, () => assert.fail('no bound was reached'));
  const short = await buffer(Readable.from([whole.subarray(0, output.length + 20)]).pipe(killed));
  assert.equal(short.length, output.length);
});

test('what is no pcapng is an error', async () => {
  const cut = new PcapngCut(10, 1e9, () => undefined);
  await assert.rejects(buffer(Readable.from([Buffer.alloc(64)]).pipe(cut)), /a block of 0 bytes/);
});
