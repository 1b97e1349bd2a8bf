import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { OutputError, OutputFile } from './output-file.ts';
import { openCaptures } from './sequence.ts';
import { EPOCH_US, MemorySink, packetAt, pcapngOf, pcapOf, readAll, temporaryFolder } from './testing.ts';
import { PcapngWriter, PcapWriter } from './writer.ts';

describe('writing captures', () => {
  test('the file has its name only when it is complete', (context) => {
    const folder = temporaryFolder(context);
    const writer = new PcapngWriter(folder('out.pcapng'));
    writer.write({ ...packetAt(0), bytes: Uint8Array.of(1), offset: 0, captured: 1 });
    assert.equal(existsSync(folder('out.pcapng')), false);
    writer.close();
    assert.deepEqual(readdirSync(folder('.')), ['out.pcapng']);
    const given = new PcapWriter(folder('other.pcap'), { linkType: 1 });
    given.abort();
    assert.deepEqual(readdirSync(folder('.')), ['out.pcapng']);
  });

  test('one that grows has its name at once, and is whole after each flush', async (context) => {
    const folder = temporaryFolder(context);
    const writer = new PcapngWriter(folder('out.pcapng'), { growing: true });
    const packet = { ...packetAt(0), bytes: Uint8Array.of(1, 2, 3), offset: 0, captured: 3 };
    for (let count = 1; count <= 3; count++) {
      writer.write(packet);
      writer.flush();
      const { packets, findings } = await readAll(readFileSync(folder('out.pcapng')));
      assert.equal(packets.length, count);
      assert.deepEqual(findings, []);
    }
    const { length } = readFileSync(folder('out.pcapng'));
    writer.flush();
    writer.close();
    assert.equal(readFileSync(folder('out.pcapng')).length, length);
    assert.deepEqual(readdirSync(folder('.')), ['out.pcapng']);
  });

  test('a full disk, a missing folder and a folder are told in words', (context) => {
    const folder = temporaryFolder(context);
    assert.throws(
      () => new OutputFile(folder('none/out')),
      (error: unknown) => error instanceof OutputError && /its folder does not exist/.test(error.message),
    );
    assert.throws(
      () => new PcapngWriter(folder('.')),
      (error: unknown) => error instanceof OutputError && /it is a folder/.test(error.message),
    );
    if (!existsSync('/dev/full')) return;
    const writer = new PcapWriter('/dev/full', { linkType: 1 });
    assert.throws(
      () => writer.close(),
      (error: unknown) =>
        error instanceof OutputError && error.code === 'ENOSPC' && /the disk is full/.test(error.message),
    );
    assert.ok(existsSync('/dev/full'));
  });

  test('an interface per link type and name, comments, packets from batches', async (context) => {
    const folder = temporaryFolder(context);
    writeFileSync(folder('a.pcap'), pcapOf([packetAt(1), packetAt(3)]));
    writeFileSync(folder('b.pcapng'), pcapngOf([packetAt(2, Uint8Array.of(4, 5), 101)]));
    const sequence = await openCaptures([folder('a.pcap'), folder('b.pcapng')]);
    const sink = new MemorySink();
    const writer = new PcapngWriter(sink, {
      comment: 'chosen packets',
      interfaceName: (file, id) => (file === 0 ? `first${id}` : undefined),
    });
    for await (const batch of sequence.batches()) {
      for (let i = batch.first; i < batch.end; i++) writer.writeFrom(batch, i);
    }
    writer.write({
      ...packetAt(9),
      nanos: 7,
      bytes: Uint8Array.of(0, 8, 8),
      offset: 1,
      captured: 2,
      interfaceName: 'first0',
      comment: 'höhö',
    });
    writer.close();
    assert.equal(writer.packets, 4);
    const { packets, metadata, interfaces, findings } = await readAll(sink.bytes);
    assert.deepEqual(findings, []);
    assert.deepEqual(
      packets.map(({ timeUs, nanos, linkType }) => [timeUs - EPOCH_US, nanos, linkType]),
      [
        [1, 0, 1],
        [2, 0, 101],
        [3, 0, 1],
        [9, 7, 1],
      ],
    );
    assert.deepEqual(interfaces, [0, 1, 0, 0]);
    assert.deepEqual(
      metadata.interfaces.map(({ name, linkType, resolution }) => [name, linkType, resolution]),
      [
        ['first0', 1, 9],
        ['', 101, 9],
      ],
    );
    assert.equal(metadata.application, 'weir');
    assert.deepEqual(metadata.comments, [
      { packet: 0, text: 'chosen packets' },
      { packet: 4, text: 'höhö' },
    ]);
    if (spawnSync('capinfos', ['-v']).status !== 0) {
      context.diagnostic('capinfos is not installed: not compared with it');
      return;
    }
    writeFileSync(folder('out.pcapng'), sink.bytes);
    const table = execFileSync('capinfos', ['-T', '-r', '-c', folder('out.pcapng')], { encoding: 'utf8' });
    assert.equal(table.trim().split('\t')[1], '4');
  });

  test('standard output, also into a slow pipe', (context) => {
    const folder = temporaryFolder(context);
    const script = `
      import { PcapWriter } from ${JSON.stringify(`${import.meta.dirname}/writer.ts`)};
      const writer = new PcapWriter('-', { linkType: 1 });
      const bytes = new Uint8Array(1000);
      for (let i = 0; i < 2000; i++) {
        writer.write({ bytes, offset: 0, captured: 1000, original: 1000, timeUs: i, nanos: 0 });
      }
      writer.close();
    `;
    writeFileSync(folder('write.ts'), script);
    const out = folder('out');
    const command = '"$0" "$1" | { sleep 0.2; cat; } > "$2"';
    execFileSync('sh', ['-c', command, process.execPath, folder('write.ts'), out]);
    assert.equal(readFileSync(out).length, 24 + 2000 * 1016);
  });
});
