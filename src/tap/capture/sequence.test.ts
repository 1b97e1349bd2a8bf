import assert from 'node:assert/strict';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Finding } from './finding.ts';
import { openCaptures } from './sequence.ts';
import {
  EPOCH_US,
  packetAt,
  pcapngOf,
  pcapOf,
  readSequence,
  type TestPacket,
  temporaryFolder,
} from './testing.ts';

const SECOND = 1_000_000;
const after = (packets: readonly TestPacket[]): number[] => packets.map(({ timeUs }) => timeUs - EPOCH_US);
const kinds = (findings: readonly Finding[]): string[] => findings.map(({ kind }) => kind);

describe('a capture sequence', () => {
  test('files are ordered by their first packets, not by name or kind', async (context) => {
    const folder = temporaryFolder(context);
    writeFileSync(folder('a.pcap'), pcapOf([packetAt(30), packetAt(31)]));
    writeFileSync(folder('b.pcapng'), pcapngOf([packetAt(10), packetAt(11)]));
    writeFileSync(folder('c'), gzipSync(pcapOf([packetAt(20), packetAt(21)])));
    writeFileSync(folder('notes.txt'), 'no capture');
    mkdirSync(folder('sub'));
    writeFileSync(folder('sub/d.pcap'), pcapOf([packetAt(0)]));
    const sequence = await openCaptures([folder('.')]);
    const { packets, files } = await readSequence(sequence);
    assert.deepEqual(after(packets), [10, 11, 20, 21, 30, 31]);
    assert.deepEqual(files, [0, 0, 1, 1, 2, 2]);
    assert.deepEqual(
      sequence.files.map(({ path, state, packets: count, compression }) => [
        path.slice(-5),
        state,
        count,
        compression,
      ]),
      [
        ['pcapng'.slice(-5), 'done', 2, ''],
        [sequence.files[1]?.path.slice(-5), 'done', 2, 'gzip'],
        ['.pcap', 'done', 2, ''],
      ],
    );
    assert.deepEqual(kinds(sequence.findings), ['ignored']);
    const progress = sequence.progress();
    assert.equal(progress.bytesRead, progress.totalBytes);
    assert.equal(progress.filesDone, 3);
    sequence.close();
  });

  test('patterns and several paths', async (context) => {
    const folder = temporaryFolder(context);
    mkdirSync(folder('x'));
    writeFileSync(folder('x/1.pcap'), pcapOf([packetAt(2)]));
    writeFileSync(folder('2.pcap'), pcapOf([packetAt(1)]));
    writeFileSync(folder('[3].pcap'), pcapOf([packetAt(3)]));
    const sequence = await openCaptures([folder('**/*.pcap'), folder('[3].pcap')]);
    assert.deepEqual(after((await readSequence(sequence)).packets), [1, 2, 3]);
    assert.deepEqual(kinds(sequence.findings), ['duplicate']);
    const none = await openCaptures([folder('*.none')]);
    assert.deepEqual(kinds(none.findings), ['missing']);
    assert.ok(none.nothingReadable);
  });

  test('overlapping files are merged by time: each packet once, in order, as a stable sort would', async (context) => {
    const folder = temporaryFolder(context);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(40), { minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 64, max: 600 }),
        fc.boolean(),
        async (files, chunkBytes, nanoseconds) => {
          const expected: { time: number; key: string }[] = [];
          const paths = files.map((times, i) => {
            const packets = times
              .sort((a, b) => a - b)
              .map((time, k) => ({
                ...packetAt(nanoseconds ? Math.floor(time / 4) : time, Uint8Array.of(i, k)),
                nanos: nanoseconds ? (time % 4) * 250 : 0,
              }));
            for (const [k, time] of times.entries()) expected.push({ time, key: `${i}.${k}` });
            writeFileSync(folder(`${i}`), pcapOf(packets, { nanoseconds }));
            return folder(`${i}`);
          });
          const sequence = await openCaptures(paths, { chunkBytes });
          const { packets, files: numbers } = await readSequence(sequence);
          // Of equal times the file with the lower number comes first, and within a file the order stays.
          const number = (key: string): number =>
            sequence.files.findIndex(({ path }) => path === folder(key.split('.')[0] as string));
          expected.sort(
            (a, b) =>
              a.time - b.time ||
              number(a.key) - number(b.key) ||
              Number(a.key.split('.')[1]) - Number(b.key.split('.')[1]),
          );
          assert.deepEqual(
            packets.map(({ data }) => data.join('.')),
            expected.map(({ key }) => key),
          );
          assert.deepEqual(
            numbers,
            expected.map(({ key }) => number(key)),
          );
          sequence.close();
        },
      ),
      { numRuns: 150 },
    );
  });

  test('gaps, overlaps, steps back and cuts are found, with file, offset and packet', async (context) => {
    const folder = temporaryFolder(context);
    const cut = pcapOf([packetAt(0), packetAt(10 * SECOND), packetAt(4 * SECOND), packetAt(11 * SECOND)]);
    writeFileSync(folder('1'), cut.subarray(0, cut.length - 1));
    writeFileSync(folder('2'), pcapOf([packetAt(3 * SECOND), packetAt(15 * SECOND)]));
    writeFileSync(folder('3'), pcapOf([packetAt(500 * SECOND)]));
    const heard: Finding[] = [];
    const sequence = await openCaptures([folder('3'), folder('2'), folder('1')], {
      onFinding: (finding) => heard.push(finding),
    });
    const { packets } = await readSequence(sequence);
    assert.equal(packets.length, 6);
    assert.deepEqual(
      heard.map(({ kind, path, packet, offset }) => [kind, path.slice(-1), packet, offset]),
      [
        ['backward', '1', 3, 24 + 2 * 19 + 16],
        ['cut', '1', 4, cut.length - 1],
        ['overlap', '1', undefined, undefined],
        ['gap', '3', undefined, undefined],
      ],
    );
    assert.deepEqual(sequence.findings, heard);
    assert.equal(sequence.files[0]?.cut, true);
    for (const { message, path } of heard) assert.ok(message.startsWith(path), message);
  });

  test('what is no capture does not hinder the others', async (context) => {
    const folder = temporaryFolder(context);
    writeFileSync(folder('good'), pcapOf([packetAt(1)]));
    writeFileSync(folder('empty'), '');
    writeFileSync(folder('text'), 'hello, this is no capture at all');
    writeFileSync(folder('header'), pcapOf([]));
    const paths = ['empty', 'text', 'none', 'good', 'header'].map(folder);
    const sequence = await openCaptures(paths);
    assert.equal(sequence.nothingReadable, false);
    assert.deepEqual(after((await readSequence(sequence)).packets), [1]);
    assert.deepEqual(kinds(sequence.findings).sort(), ['empty', 'missing', 'not-a-capture']);
    assert.ok(sequence.findings.every(({ severity }) => severity === 'error'));
    assert.deepEqual(
      sequence.files.map(({ path, state }) => [path.split('/').at(-1), state]),
      [
        ['good', 'done'],
        ['empty', 'failed'],
        ['header', 'done'],
        ['text', 'failed'],
      ],
    );
    const nothing = await openCaptures([folder('text'), folder('none')]);
    assert.ok(nothing.nothingReadable);
    assert.deepEqual((await readSequence(nothing)).packets, []);
    mkdirSync(folder('bare'));
    assert.ok((await openCaptures([folder('bare')])).nothingReadable);
  });

  test('the same file under several names is read once', async (context) => {
    const folder = temporaryFolder(context);
    writeFileSync(folder('a'), pcapOf([packetAt(1)]));
    linkSync(folder('a'), folder('b'));
    symlinkSync(folder('a'), folder('c'));
    const sequence = await openCaptures([folder('a'), folder('b'), folder('c'), folder('a')]);
    assert.equal((await readSequence(sequence)).packets.length, 1);
    assert.deepEqual(kinds(sequence.findings), ['duplicate', 'duplicate', 'duplicate']);
  });

  test('since and until leave out packets, and whole files without reading them', async (context) => {
    const folder = temporaryFolder(context);
    const at = (seconds: number) => packetAt(seconds * SECOND);
    const ten = (from: number) => Array.from({ length: 10 }, (_, i) => at(from + i * 10));
    for (let i = 0; i < 5; i++) {
      const packets = ten(i * 100);
      const number = String(i).padStart(2, '0');
      writeFileSync(folder(`plain_${number}.pcap`), pcapOf(packets));
      writeFileSync(folder(`next_${number}.pcapng`), pcapngOf(packets));
      writeFileSync(folder(`zip_${number}.pcap.gz`), gzipSync(pcapOf(packets)));
    }
    for (const pattern of ['plain_*', 'next_*', 'zip_*']) {
      const sequence = await openCaptures([folder(pattern)], {
        sinceUs: EPOCH_US + 250 * SECOND,
        untilUs: EPOCH_US + 320 * SECOND,
      });
      assert.deepEqual(
        sequence.files.map(({ state }) => state),
        ['skipped', 'skipped', 'waiting', 'waiting', 'skipped'],
        pattern,
      );
      const { packets } = await readSequence(sequence);
      assert.deepEqual(
        after(packets).map((time) => time / SECOND),
        [250, 260, 270, 280, 290, 300, 310, 320],
      );
      assert.deepEqual(kinds(sequence.findings), ['skipped']);
    }
    const everything = await openCaptures([folder('plain_*')], { sinceUs: EPOCH_US + 1000 * SECOND });
    assert.deepEqual((await readSequence(everything)).packets, []);
  });

  test('since and until in files that are not sorted and that overlap', async (context) => {
    const folder = temporaryFolder(context);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(30), { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 4 }),
        fc.nat(30),
        fc.nat(30),
        async (files, since, until) => {
          const paths = files.map((times, i) => {
            writeFileSync(folder(`${i}`), pcapOf(times.map((time) => packetAt(time * 1000))));
            return folder(`${i}`);
          });
          const sequence = await openCaptures(paths, {
            sinceUs: EPOCH_US + since * 1000,
            untilUs: EPOCH_US + until * 1000,
            chunkBytes: 100,
          });
          const { packets } = await readSequence(sequence);
          const wanted = files.flat().filter((time) => time >= since && time <= until);
          assert.deepEqual(
            after(packets).sort((a, b) => a - b),
            wanted.sort((a, b) => a - b).map((time) => time * 1000),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  test('no more files are open than allowed', async (context) => {
    const folder = temporaryFolder(context);
    const paths = Array.from({ length: 30 }, (_, i) => {
      writeFileSync(folder(`${i}`), pcapOf([packetAt(i), packetAt(1000 + i)]));
      return folder(`${i}`);
    });
    const sequence = await openCaptures(paths, { mostOpen: 4 });
    const { packets } = await readSequence(sequence);
    assert.equal(packets.length, 60);
    assert.ok(kinds(sequence.findings).includes('late'));
    const wide = await openCaptures(paths);
    const times = after((await readSequence(wide)).packets);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  test('standard input is merged as it comes', async (context) => {
    const folder = temporaryFolder(context);
    writeFileSync(folder('a'), pcapOf([packetAt(1), packetAt(5)]));
    for (const wrap of [(bytes: Uint8Array) => bytes, (bytes: Uint8Array) => gzipSync(bytes)]) {
      const standardInput = new PassThrough();
      const bytes = wrap(pcapOf([packetAt(3), packetAt(7)]));
      standardInput.write(bytes.subarray(0, 30));
      setTimeout(() => standardInput.end(bytes.subarray(30)), 20);
      const sequence = await openCaptures([folder('a'), '-'], { standardInput });
      const { packets } = await readSequence(sequence);
      assert.deepEqual(after(packets), [1, 3, 5, 7]);
      assert.equal(sequence.progress().totalBytes, undefined);
      await assert.rejects(sequence.readAt(1, 0, 4), /cannot be read twice/);
    }
    const text = await openCaptures(['-'], { standardInput: Readable.from([Buffer.from('no capture')]) });
    assert.deepEqual((await readSequence(text)).packets, []);
    assert.deepEqual(kinds(text.findings), ['not-a-capture']);
    assert.ok(text.nothingReadable);
  });

  test('the signal ends reading, also while standard input is silent', { timeout: 5000 }, async () => {
    for (const written of [0, 2, 24, 60]) {
      const standardInput = new PassThrough();
      standardInput.write(pcapOf([packetAt(1), packetAt(2), packetAt(3)]).subarray(0, written));
      const sequence = await openCaptures(['-'], { standardInput });
      const { packets } = await readSequence(sequence, AbortSignal.timeout(30));
      assert.equal(packets.length, written === 60 ? 1 : 0);
      assert.deepEqual(sequence.findings, []);
      assert.ok(standardInput.destroyed);
    }
  });

  test('other work gets its turn while much is read', async (context) => {
    const folder = temporaryFolder(context);
    const many = Array.from({ length: 20_000 }, (_, i) => packetAt(i));
    const bytes = pcapOf(many);
    const paths = Array.from({ length: 20 }, (_, i) => {
      writeFileSync(folder(`${i}`), bytes);
      return folder(`${i}`);
    });
    const sequence = await openCaptures(paths, { mostOpen: 1 });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const until = performance.now() + 200;
    for await (const batch of sequence.batches()) {
      assert.ok(batch.end > batch.first);
      const busy = performance.now() + 2;
      while (performance.now() < busy);
      if (performance.now() > until) break;
    }
    clearInterval(timer);
    assert.ok(turns >= 3, `${turns} turns`);
  });

  test('a sequence can be read once', async (context) => {
    const folder = temporaryFolder(context);
    writeFileSync(folder('a'), pcapOf([packetAt(1)]));
    const sequence = await openCaptures([folder('a')]);
    await readSequence(sequence);
    await assert.rejects(readSequence(sequence), /read once/);
  });

  test('bytes are read again by file and offset, plain or compressed, also after the end', async (context) => {
    const folder = temporaryFolder(context);
    const packets = Array.from({ length: 3000 }, (_, i) =>
      packetAt(
        i,
        Uint8Array.from({ length: 500 }, (_, k) => (i * 7 + k) & 255),
      ),
    );
    const plain = pcapOf(packets);
    writeFileSync(folder('a'), plain);
    writeFileSync(folder('b'), gzipSync(plain));
    const sequence = await openCaptures([folder('a'), folder('b')]);
    const places: { file: number; offset: number; data: Uint8Array }[] = [];
    for await (const batch of sequence.batches()) {
      for (let i = batch.first; i < batch.end; i++) {
        const start = batch.offset[i] as number;
        places.push({
          file: batch.file,
          offset: batch.base + start,
          data: batch.bytes.slice(start, start + (batch.captured[i] as number)),
        });
      }
    }
    assert.equal(places.length, 6000);
    const some = places.filter((_, i) => i % 97 === 0);
    for (const { file, offset, data } of [...some, ...some.slice(0, 3)]) {
      assert.deepEqual(await sequence.readAt(file, offset, data.length), data);
    }
    assert.equal((await sequence.readAt(0, plain.length - 5, 100)).length, 5);
    assert.equal((await sequence.readAt(1, plain.length - 5, 100)).length, 5);
    assert.equal((await sequence.readAt(1, plain.length + 5, 100)).length, 0);
    await assert.rejects(sequence.readAt(9, 0, 1), RangeError);
    await assert.rejects(sequence.readAt(0, -1, 1), RangeError);
    sequence.close();
  });
});
