import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { rotationOf } from './paths.ts';
import { openCaptures } from './sequence.ts';
import { EPOCH_US, packetAt, packetsOf, pcapOf, temporaryFolder } from './testing.ts';

describe('following a folder', () => {
  test('takes files when newer ones appear or when they have settled, until the signal', {
    timeout: 20_000,
  }, async (context) => {
    const folder = temporaryFolder(context);
    const stop = new AbortController();
    const times: number[] = [];
    let changed = (): void => {};
    writeFileSync(folder('rot_01.pcap'), pcapOf([packetAt(1)]));
    const sequence = await openCaptures([folder('.')], { follow: true, pollMs: 100, settleMs: 1500 });
    const reading = (async () => {
      for await (const batch of sequence.batches(stop.signal)) {
        for (const packet of packetsOf(batch)) times.push(packet.timeUs - EPOCH_US);
        changed();
      }
    })();
    const until = async (count: number): Promise<void> => {
      while (times.length < count) await new Promise<void>((resolve) => (changed = resolve));
    };
    // The only file of its rotation is still being written.
    await delay(200);
    assert.deepEqual(times, []);
    appendFileSync(folder('rot_01.pcap'), pcapOf([packetAt(2)]).subarray(24));
    writeFileSync(folder('rot_02.pcap'), pcapOf([packetAt(3)]));
    await until(2);
    assert.deepEqual(times, [1, 2]);
    // One that was written elsewhere and moved in, already old.
    const elsewhere = mkdtempSync(`${folder('.')}/../weir-elsewhere-`);
    context.after(() => rmSync(elsewhere, { recursive: true, force: true }));
    const moved = join(elsewhere, 'x');
    writeFileSync(moved, pcapOf([packetAt(10)]));
    utimesSync(moved, 1000, 1000);
    renameSync(moved, folder('moved.pcap'));
    await until(3);
    assert.deepEqual(times, [1, 2, 10]);
    // The last of the rotation, after it has settled; it comes late.
    await until(4);
    assert.deepEqual(times, [1, 2, 10, 3]);
    stop.abort();
    await reading;
    assert.equal(sequence.files.length, 3);
    sequence.close();
  });

  test('ends at once on the signal when nothing comes', { timeout: 5000 }, async (context) => {
    const folder = temporaryFolder(context);
    const sequence = await openCaptures([folder('.')], { follow: true });
    for await (const _ of sequence.batches(AbortSignal.timeout(50))) assert.fail('nothing is there');
  });

  test('names of one rotation', () => {
    const same: [string, string, boolean][] = [
      ['a_00001_20240101000000.pcap', 'a_00002_20240101010000.pcap', true],
      ['out.pcap', 'out.pcap1', false],
      ['out.pcap1', 'out.pcap2', true],
      ['trace-1.pcapng.gz', 'trace-2.pcapng.gz', true],
      ['eth0-01.pcap', 'eth1-01.pcap', false],
      ['2024-01-01.pcap.zst', '2024-01-02.pcap.zst', true],
    ];
    for (const [a, b, expected] of same) assert.equal(rotationOf(a) === rotationOf(b), expected, `${a} ${b}`);
  });
});
