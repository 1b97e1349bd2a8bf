import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openCaptures } from '../sequence.ts';
import { packetAt, packetsOf, pcapngOf, temporaryFolder } from '../testing.ts';
import { RingError, type RingOptions, RingWriter } from './index.ts';
import { batchOf, numbersOf, START_US } from './testing.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const OWN = /^weir-\d{8}T\d{6}\.\d{6}Z\.pcapng$/;

/** A ring with a clock that stands still until the test moves it. */
function ringIn(folder: string, options: Partial<RingOptions> = {}) {
  const clock = { ms: START_US / 1000 };
  const ring = new RingWriter({
    folder,
    sizeBytes: 16 * MIB,
    ageMs: 3_600_000,
    fileBytes: MIB,
    interfaceName: 'wire0',
    now: () => clock.ms,
    ...options,
  });
  let next = 0;
  const write = (count: number, bytes = 1000): void => {
    const batch = batchOf(next, count, bytes, clock.ms * 1000);
    for (let i = 0; i < count; i++) ring.writeFrom(batch, i);
    next += count;
  };
  return { ring, clock, write };
}

function ownFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => OWN.test(name))
    .sort();
}

function bytesOf(folder: string): number {
  return ownFiles(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

/** The numbers of all packets in a folder, and what was found while they were read. */
async function read(folder: string, sinceUs?: number) {
  const messages: string[] = [];
  const sequence = await openCaptures([folder], {
    onFinding: (finding) => messages.push(`${finding.kind}: ${finding.message}`),
    ...(sinceUs === undefined ? {} : { sinceUs }),
  });
  const numbers: number[] = [];
  const names = new Set<string>();
  for await (const batch of sequence.batches()) {
    numbers.push(...numbersOf(packetsOf(batch)));
    for (const { name } of sequence.files[batch.file]!.metadata.interfaces) names.add(name ?? '');
  }
  sequence.close();
  return { numbers, messages, names: [...names] };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

test('packets come back as they went in, with names that tell their time', async (context) => {
  const folder = temporaryFolder(context)('ring');
  const { ring, write } = ringIn(folder);
  for (const bytes of [12, 13, 14, 15, 60, 1514, 65_000, 262_144]) write(3, bytes);
  ring.flush();
  // It is open still.
  const { numbers, messages, names } = await read(folder);
  assert.deepEqual(messages, []);
  assert.deepEqual(numbers, range(0, 24));
  assert.deepEqual(names, ['wire0']);
  assert.deepEqual(ownFiles(folder)[0], 'weir-20260102T030405.000000Z.pcapng');
  assert.equal(statSync(join(folder, ownFiles(folder)[0]!)).mode & 0o777, 0o640);
  ring.close();
  assert.deepEqual(
    readdirSync(folder).filter((name) => !OWN.test(name)),
    [],
  );
});

test('the size holds at any time, the oldest packets go, and nothing of others', async (context) => {
  const folder = temporaryFolder(context)('ring');
  mkdirSync(folder);
  const named = 'weir-20200101T000000.000000Z.pcapng';
  const others = {
    [named]: Buffer.from(pcapngOf([packetAt(1)])),
    'other.pcapng': Buffer.from(pcapngOf([packetAt(2)])),
    'weir-20200101T000000.000001Z.pcapng': Buffer.alloc(0),
    'weir-20200101.pcapng': Buffer.alloc(10 * MIB),
  };
  for (const [name, content] of Object.entries(others)) writeFileSync(join(folder, name), content);
  const { ring, write, clock } = ringIn(folder, { sizeBytes: 4 * MIB, fileBytes: 512 * KIB });
  const link = 'weir-20200101T000000.000002Z.pcapng';
  ring.flush();
  symlinkSync(named, join(folder, link));
  let largest = 0;
  for (let second = 0; second < 60; second++) {
    write(200);
    clock.ms += 1000;
    ring.tick();
    const sizes = ownFiles(folder).filter((name) => !(name in others) && name !== link);
    const bytes = sizes.map((name) => statSync(join(folder, name)).size);
    largest = Math.max(largest, ...bytes);
    assert.ok(bytes.reduce((sum, size) => sum + size, 0) <= 4 * MIB, `second ${second}`);
  }
  assert.ok(largest <= 512 * KIB && largest > 256 * KIB, String(largest));
  assert.ok(bytesOf(folder) > 3 * MIB);
  const { unwritten, packets, removed } = ring.statistics();
  assert.deepEqual([packets, unwritten], [12_000, 0]);
  assert.ok(removed > 10);
  ring.close();
  for (const [name, content] of Object.entries(others)) {
    assert.deepEqual(readFileSync(join(folder, name)), content, name);
    rmSync(join(folder, name));
  }
  rmSync(join(folder, link));
  const { numbers } = await read(folder);
  assert.deepEqual(numbers, range(12_000 - numbers.length, 12_000));
  assert.ok(numbers.length > 3000, String(numbers.length));
  // From the middle of what is there.
  const second = Math.floor(numbers[0]! / 200) + 5;
  const since = await read(folder, START_US + second * 1e6);
  assert.equal(since.numbers[0], second * 200);
});

test('no packet stays longer than its age', async (context) => {
  const folder = temporaryFolder(context)('ring');
  const { ring, write, clock } = ringIn(folder, { ageMs: 160_000 });
  for (let second = 0; second < 400; second++) {
    write(1);
    clock.ms += 1000;
    ring.tick();
  }
  const { numbers } = await read(folder);
  assert.ok(numbers[0]! >= 240 && numbers[0]! <= 250, String(numbers[0]));
  assert.equal(numbers.at(-1), 399);
  // Without packets as well, and without a file that stays open.
  clock.ms += 161_000;
  ring.tick();
  assert.deepEqual(ownFiles(folder), []);
  ring.close();
});

test('files of an earlier run count', (context) => {
  const folder = temporaryFolder(context)('ring');
  const first = ringIn(folder, { sizeBytes: 8 * MIB });
  first.write(7000);
  first.ring.close();
  const before = ownFiles(folder);
  assert.ok(bytesOf(folder) > 6 * MIB);
  const second = ringIn(folder, { sizeBytes: 4 * MIB });
  assert.ok(bytesOf(folder) <= 4 * MIB);
  assert.deepEqual(ownFiles(folder), before.slice(-ownFiles(folder).length));
  assert.equal(second.ring.statistics().bytes, bytesOf(folder));
  second.ring.close();
  const third = ringIn(folder, { now: () => START_US / 1000 + 4_000_000 });
  assert.deepEqual(ownFiles(folder), []);
  third.ring.close();
});

test('one ring to a folder; that of a dead process does not count', (context) => {
  const folder = temporaryFolder(context)('ring');
  const { ring } = ringIn(folder);
  assert.throws(
    () => ringIn(folder),
    (error) => error instanceof RingError && /another weir/.test(error.message),
  );
  const lock = join(folder, '.weir-ring.lock');
  const holder = readlinkSync(lock);
  assert.equal(holder.split(' ')[0], String(process.pid));
  ring.close();
  assert.deepEqual(readdirSync(folder), []);
  // The same number, another process.
  symlinkSync(`${process.pid} 1`, lock);
  ringIn(folder).ring.close();
  assert.deepEqual(readdirSync(folder), []);
  symlinkSync(holder, lock);
  assert.throws(() => ringIn(folder), RingError);
  assert.equal(readlinkSync(lock), holder);
});

test('a folder that cannot be used is refused in words', (context) => {
  const path = temporaryFolder(context)('file');
  writeFileSync(path, '');
  assert.throws(() => ringIn(path), {
    name: 'RingError',
    message: `${path}: no packet ring can be kept there: it is not a folder; choose a folder that weir may write to`,
  });
});

test('a file that somebody removes is followed by another', async (context) => {
  const folder = temporaryFolder(context)('ring');
  const { ring, write } = ringIn(folder);
  write(5);
  ring.tick();
  for (const name of ownFiles(folder)) rmSync(join(folder, name));
  ring.tick();
  write(5);
  ring.tick();
  assert.deepEqual((await read(folder)).numbers, range(5, 10));
  rmSync(folder, { recursive: true });
  ring.tick();
  write(5);
  assert.equal(ring.tick().problem, 'the folder has gone');
  mkdirSync(folder);
  assert.equal(ring.tick().resumedAfter, 0);
  ring.close();
  assert.deepEqual((await read(folder)).numbers, range(10, 15));
});

test('another kind of link begins another file', async (context) => {
  const folder = temporaryFolder(context)('ring');
  const { ring, write } = ringIn(folder);
  write(2);
  const raw = batchOf(2, 2, 40, START_US + 10, 101);
  for (let i = 0; i < 2; i++) ring.writeFrom(raw, i);
  ring.close();
  assert.equal(ownFiles(folder).length, 2);
  assert.deepEqual((await read(folder)).numbers, range(0, 4));
});

test('on a quiet line the file grows, ends, and is followed by none', async (context) => {
  const folder = temporaryFolder(context)('ring');
  const { ring, write, clock } = ringIn(folder);
  write(3);
  ring.tick();
  const sizes = new Set<number>();
  for (let second = 0; second < 400; second++) {
    clock.ms += 1000;
    ring.tick();
    sizes.add(bytesOf(folder));
  }
  // One sign of life each 10 s, until a sixteenth of an hour is over.
  assert.equal(sizes.size, 23);
  assert.equal(ownFiles(folder).length, 1);
  const { numbers, messages } = await read(folder);
  assert.deepEqual([numbers, messages], [range(0, 3), []]);
  ring.close();
});

test('who follows the folder gets all packets of files that are complete', {
  timeout: 20_000,
}, async (context) => {
  const folder = temporaryFolder(context)('ring');
  const { ring, write, clock } = ringIn(folder, { ageMs: 16_000 });
  const stop = new AbortController();
  const findings: string[] = [];
  const sequence = await openCaptures([folder], {
    follow: true,
    pollMs: 50,
    settleMs: 30_000,
    onFinding: ({ message }) => findings.push(message),
  });
  const seen: number[] = [];
  const reading = (async () => {
    for await (const batch of sequence.batches(stop.signal)) {
      seen.push(...numbersOf(packetsOf(batch)));
      if (seen.length >= 40) stop.abort();
    }
  })();
  for (let step = 0; step < 60; step++) {
    write(1);
    clock.ms += 100;
    if (step % 5 === 0) ring.tick();
    await delay(20);
  }
  await Promise.race([reading, delay(5000, undefined, { ref: false })]);
  stop.abort();
  await reading;
  ring.close();
  sequence.close();
  assert.ok(seen.length >= 40, String(seen.length));
  assert.deepEqual(seen, range(0, seen.length));
  assert.deepEqual(findings, []);
});

/** A file system of a few megabytes; removed after the test. */
function smallDisk(context: TestContext, size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'weir-disk-'));
  context.after(() => {
    spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0755`, 'weir-test', folder]);
  if (mounted.status !== 0) return undefined;
  return folder;
}

test('a full disk', {
  skip: process.getuid?.() === 0 ? false : 'needs root for a small file system',
}, async (context) => {
  const disk = smallDisk(context, '12m');
  if (disk === undefined) return context.skip('no tmpfs can be mounted here');
  const folder = join(disk, 'ring');
  const { ring, write, clock } = ringIn(folder, { sizeBytes: 1024 * MIB, fileBytes: 64 * MIB });
  const second = (): ReturnType<RingWriter['tick']> => {
    write(500);
    clock.ms += 1000;
    return ring.tick();
  };
  // Five times the disk: the ring's own oldest files make room.
  for (let i = 0; i < 120; i++)
    assert.deepEqual(second(), { unwritten: 0, problem: undefined, resumedAfter: undefined });
  assert.ok(ring.statistics().removed > 5);
  assert.ok(bytesOf(folder) > 6 * MIB);
  // Somebody else takes all that is left, and what the ring gives way with.
  const other = join(disk, 'other');
  const piece = Buffer.alloc(64 * KIB, 1);
  const fill = (): void => {
    try {
      for (;;) appendFileSync(other, piece);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  };
  let lost = 0;
  let paused = 0;
  for (let i = 0; i < 60; i++) {
    fill();
    const interval = second();
    lost += interval.unwritten;
    if (interval.problem === undefined) continue;
    assert.equal(interval.problem, 'the disk is full');
    paused++;
  }
  assert.ok(paused > 20 && lost > 5000, `${paused} ${lost}`);
  assert.equal(ring.statistics().pauses, 1);
  // What is there can be read, though writing has failed in the middle of it.
  const before = await read(folder);
  assert.deepEqual(before.messages, []);
  assert.deepEqual(before.numbers, range(before.numbers[0]!, before.numbers[0]! + before.numbers.length));
  // A start on a disk that is full.
  fill();
  const again = ringIn(join(disk, 'ring2'));
  again.write(1000);
  assert.equal(again.ring.tick().problem, 'the disk is full');
  again.ring.close();
  const taken = statSync(other).size;
  assert.deepEqual(readFileSync(other).equals(Buffer.alloc(taken, 1)), true);
  rmSync(other);
  const resumed = second();
  assert.equal(resumed.problem, undefined);
  assert.ok(resumed.resumedAfter! > 20, String(resumed.resumedAfter));
  for (let i = 0; i < 5; i++) assert.equal(second().unwritten, 0);
  const { packets, unwritten } = ring.statistics();
  assert.equal(packets + unwritten, 186 * 500);
  assert.equal(unwritten, lost + resumed.unwritten);
  ring.close();
  const { numbers, messages } = await read(folder);
  assert.deepEqual(messages, []);
  assert.equal(numbers.at(-1), 186 * 500 - 1);
  assert.deepEqual(numbers.slice(-2500), range(186 * 500 - 2500, 186 * 500));
});

/** The last number that a program has printed. */
async function printed(child: ChildProcess, atLeast: number): Promise<() => number> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => (text += part));
  const last = (): number => Number(text.split('\n').at(-2) ?? 0);
  while (last() < atLeast) {
    assert.equal(child.exitCode, null);
    await delay(5);
  }
  return last;
}

test('kill -9: all packets up to the last flush are there', { timeout: 20_000 }, async (context) => {
  const folder = temporaryFolder(context)('ring');
  const program = join(import.meta.dirname, 'write-ring.ts');
  for (let round = 0; round < 5; round++) {
    rmSync(folder, { recursive: true, force: true });
    const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    context.after(() => child.kill('SIGKILL'));
    const last = await printed(child, 2000 + round * 777);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
    const { numbers, messages } = await read(folder);
    assert.ok(numbers.length >= last(), `${numbers.length} of ${last()}`);
    assert.deepEqual(numbers, range(0, numbers.length));
    // The last file may have been killed within a packet, or before its head.
    assert.deepEqual(
      messages.filter((message) => !/^(?:cut|empty):/.test(message)),
      [],
    );
    // A file that is cut in the middle of a packet is told of, and the others are read.
    const files = ownFiles(folder);
    assert.ok(files.length > 1);
    const [first] = files;
    const whole = readFileSync(join(folder, first!));
    writeFileSync(join(folder, first!), whole.subarray(0, -700));
    const cut = await read(folder);
    assert.ok(
      cut.messages.some((message) => message.startsWith(`cut: ${join(folder, first!)}`)),
      cut.messages.join(),
    );
    assert.equal(cut.numbers.length, numbers.length - 1);
    // The next run takes the folder over; a file that was made and not begun cannot be told from another's.
    const begun = files.filter((name) => statSync(join(folder, name)).size > 0);
    const next = ringIn(folder, { now: () => Date.now() });
    assert.equal(next.ring.statistics().files, begun.length);
    next.ring.close();
  }
});
