import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { PrivateFolder } from '../private-folder.ts';
import { temporaryFolder } from '../testing.ts';
import { KEY_FILE, loadKey, parseKey } from './key.ts';
import { Ring, type RingBounds } from './ring.ts';

const ROOMY: RingBounds = { entries: 1000, bytes: 1 << 24, ageMs: 3_600_000, memoryBytes: 1 << 20 };

/** A ring in a folder, and what its listener was told. */
class Opened {
  readonly folder: PrivateFolder;
  readonly ring: Ring;
  readonly told = new Map<number, { data: string; note: string | undefined }>();
  nowMs: number;

  constructor(path: string, bounds = ROOMY, nowMs = 1_700_000_000_000, keyText?: string) {
    this.nowMs = nowMs;
    this.folder = new PrivateFolder(path);
    const { told } = this;
    this.ring = new Ring(
      this.folder,
      this.folder,
      loadKey(this.folder, keyText),
      bounds,
      {
        stored: (id, _, data) => told.set(id, { data: data.toString(), note: undefined }),
        noted: (id, data) => {
          const entry = told.get(id);
          assert.ok(entry !== undefined);
          entry.note = data.toString();
        },
        removed: (id) => assert.ok(told.delete(id)),
      },
      () => this.nowMs,
    );
  }

  put(text: string): number {
    const id = this.ring.append(this.nowMs * 1000, Buffer.from(text));
    assert.ok(id !== undefined);
    return id;
  }

  get texts(): string[] {
    return [...this.ring.ids()].map((id) => this.ring.read(id)?.data.toString() ?? '?');
  }

  close(): void {
    this.ring.close();
    this.folder.close();
  }
}

function segments(path: string): string[] {
  return readdirSync(path)
    .filter((name) => name.startsWith('segment-'))
    .sort();
}

function opened(t: TestContext, ...rest: ConstructorParameters<typeof Opened>): Opened {
  const made = new Opened(...rest);
  t.after(() => made.close());
  return made;
}

test('what is stored is there again after a restart, with its note, and is not readable on disk', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const first = new Opened(path);
  const ids = ['password=hunter2-plain', 'two', 'three'].map((text) => first.put(text));
  assert.ok(first.ring.annotate(ids[1] as number, Buffer.from('old note')));
  assert.ok(first.ring.annotate(ids[1] as number, Buffer.from('the note')));
  first.close();
  for (const name of readdirSync(path)) {
    const bytes = readFileSync(join(path, name), 'latin1');
    assert.ok(!bytes.includes('hunter2') && !bytes.includes('note') && !bytes.includes('three'), name);
    assert.equal(statSync(join(path, name)).mode & 0o777, 0o600, name);
  }
  assert.equal(statSync(path).mode & 0o777, 0o700);
  const second = opened(t, path);
  assert.deepEqual([...second.ring.ids()], ids);
  assert.equal(second.ring.read(ids[1] as number)?.note?.toString(), 'the note');
  assert.deepEqual(
    [...second.told.values()].map(({ note }) => note),
    [undefined, 'the note', undefined],
  );
  assert.ok(second.put('four') > (ids[2] as number));
  assert.equal(second.ring.statistics.damaged, 0);
});

test('a ring does what a simple list does, under any operations and restarts', (t) => {
  const folder = temporaryFolder(t);
  let run = 0;
  const operation = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ do: fc.constant('append' as const), size: fc.integer({ min: 0, max: 300 }) }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('annotate' as const), which: fc.nat(30) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 4000 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), which: fc.nat(30) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wipe' as const) }) },
  );
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      (operations, entries) => {
        const path = join(folder, String(run++));
        const bounds: RingBounds = { entries, bytes: 1 << 20, ageMs: 10_000, memoryBytes: 0 };
        let ring = new Opened(path, bounds);
        let model: { id: number; timeMs: number; data: string; note: string | undefined }[] = [];
        let count = 0;
        for (const one of operations) {
          switch (one.do) {
            case 'append': {
              const data = `${count++}:${'x'.repeat(one.size)}`;
              model.push({ id: ring.put(data), timeMs: ring.nowMs, data, note: undefined });
              model = model.slice(-entries);
              break;
            }
            case 'annotate': {
              const entry = model[one.which % Math.max(1, model.length)];
              if (entry === undefined) break;
              entry.note = `note ${count++}`;
              assert.ok(ring.ring.annotate(entry.id, Buffer.from(entry.note)));
              break;
            }
            case 'pass':
              ring.nowMs += one.ms;
              ring.ring.expire();
              model = model.filter(({ timeMs }) => timeMs >= ring.nowMs - bounds.ageMs);
              break;
            case 'restart':
              ring.close();
              ring = new Opened(path, bounds, ring.nowMs);
              break;
            case 'forget': {
              const entry = model[one.which % Math.max(1, model.length)];
              if (entry === undefined) break;
              assert.equal(ring.ring.forget(new Set([entry.id])), 1);
              model = model.filter((other) => other !== entry);
              break;
            }
            case 'wipe':
              assert.ok(ring.ring.wipe());
              assert.deepEqual(segments(path), []);
              model = [];
              break;
            default:
              one satisfies never;
          }
          assert.deepEqual(
            [...ring.ring.ids()].map((id) => {
              const read = ring.ring.read(id);
              return { id, data: read?.data.toString(), note: read?.note?.toString() };
            }),
            model.map(({ id, data, note }) => ({ id, data, note })),
          );
          assert.deepEqual(
            [...ring.told],
            model.map(({ id, data, note }) => [id, { data, note }]),
          );
          const { statistics } = ring.ring;
          const onDisk = segments(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
          assert.equal(statistics.bytes, onDisk);
          assert.equal(statistics.segments, segments(path).length);
          assert.equal(statistics.damaged + statistics.writeFailures + statistics.removeFailures, 0);
        }
        ring.close();
        rmSync(path, { recursive: true });
      },
    ),
    { numRuns: 60 },
  );
});

test('bytes on disk stay within their bound, and the newest entries are the ones that stay', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const bounds = { ...ROOMY, bytes: 1 << 17 };
  const ring = opened(t, path, bounds);
  for (let i = 0; i < 400; i++) {
    ring.put(`${i}:${'y'.repeat((i * 37) % 3000)}`);
    const onDisk = segments(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
    assert.ok(onDisk <= bounds.bytes, `${onDisk} bytes`);
  }
  const kept = ring.texts.map((text) => Number.parseInt(text, 10));
  assert.deepEqual(
    kept,
    Array.from({ length: kept.length }, (_, i) => 400 - kept.length + i),
  );
  assert.ok(kept.length > 30, `${kept.length} are kept`);
  assert.equal(ring.ring.statistics.displaced, 400 - kept.length);
  assert.equal(ring.ring.append(0, Buffer.alloc(1 << 15)), undefined);
  assert.equal(ring.ring.statistics.tooLarge, 1);
});

test('entries expire while nothing comes, and the file goes with them', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const ring = opened(t, path, { ...ROOMY, ageMs: 60_000 });
  ring.put('one');
  ring.nowMs += 30_000;
  ring.put('two');
  ring.nowMs += 30_001;
  ring.ring.expire();
  assert.deepEqual(ring.texts, ['two']);
  ring.nowMs += 30_000;
  ring.ring.expire();
  assert.deepEqual(ring.texts, []);
  assert.deepEqual(segments(path), []);
  assert.equal(ring.ring.statistics.expired, 2);
});

test('no altered byte goes unnoticed, and what is beside it stays readable', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const texts = Array.from({ length: 6 }, (_, i) => `entry ${i} ${'z'.repeat(20)}`);
  const first = new Opened(path);
  for (const text of texts) first.put(text);
  first.close();
  const [name = ''] = segments(path);
  const file = join(path, name);
  const right = readFileSync(file);
  let seen = 0;
  for (let at = 0; at < right.length; at++) {
    const wrong = Buffer.from(right);
    wrong[at] = (wrong[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(file, wrong, { mode: 0o600 });
    const ring = new Opened(path);
    const { damaged, foreignSegments, damagedSegments } = ring.ring.statistics;
    assert.ok(damaged + foreignSegments + damagedSegments > 0, `byte ${at}`);
    const left = ring.texts;
    assert.ok(left.every((text) => texts.includes(text)) && left.length < texts.length, `byte ${at}`);
    seen = Math.max(seen, left.length);
    ring.close();
  }
  assert.equal(seen, texts.length - 1);
});

test('segments cut, stretched and mixed in any way give nothing that was not stored, and no fault', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const first = new Opened(path, { ...ROOMY, entries: 16 });
  const texts = Array.from({ length: 16 }, (_, i) => `entry ${i} ${'z'.repeat(i)}`);
  for (const text of texts) first.put(text);
  first.close();
  const files = segments(path).map((name) => ({ name, bytes: readFileSync(join(path, name)) }));
  assert.ok(files.length >= 4);
  const change = fc.record({
    file: fc.nat(files.length - 1),
    other: fc.nat(files.length - 1),
    at: fc.nat(300),
    length: fc.nat(120),
    insert: fc.uint8Array({ maxLength: 80 }),
    from: fc.nat(300),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const bytes = files.map((one) => one.bytes);
      for (const { file, other, at, length, insert, from } of changes) {
        const before = bytes[file] ?? Buffer.alloc(0);
        const piece = bytes[other]?.subarray(from, from + length) ?? Buffer.alloc(0);
        bytes[file] = Buffer.concat([before.subarray(0, at), insert, piece, before.subarray(at + length)]);
      }
      for (const [i, { name }] of files.entries())
        writeFileSync(join(path, name), bytes[i] ?? '', { mode: 0o600 });
      const ring = new Opened(path, ROOMY);
      const left = ring.texts;
      assert.ok(left.every((text) => texts.includes(text)));
      assert.equal(new Set(left).size, left.length);
      ring.close();
    }),
    { numRuns: 150 },
  );
});

test('a record that is altered while the ring is open is not given out', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const ring = opened(t, path);
  const ids = [ring.put('first'), ring.put('second')];
  const file = join(path, segments(path)[0] ?? '');
  const bytes = readFileSync(file);
  bytes[64 + 52] = (bytes[64 + 52] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  assert.equal(ring.ring.read(ids[0] as number), undefined);
  assert.equal(ring.ring.read(ids[1] as number)?.data.toString(), 'second');
  assert.deepEqual([ring.ring.size, ring.ring.statistics.damaged], [1, 1]);
});

test('a torn tail costs the torn record only', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const first = new Opened(path);
  first.put('one');
  first.put('two');
  first.close();
  const file = join(path, segments(path)[0] ?? '');
  truncateSync(file, statSync(file).size - 1);
  const second = opened(t, path);
  assert.deepEqual(second.texts, ['one']);
  assert.equal(second.ring.statistics.damaged, 1);
  second.put('three');
  assert.deepEqual(second.texts, ['one', 'three']);
});

test('segments of another key, renamed, foreign and strange files are counted and left out; they expire too', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const first = new Opened(path);
  first.put('one');
  first.close();
  const [name = ''] = segments(path);
  writeFileSync(join(path, 'segment-000000000000007.weir'), readFileSync(join(path, name)), { mode: 0o600 });
  writeFileSync(join(path, 'segment-000000000000008.weir'), 'nothing of ours', { mode: 0o600 });
  symlinkSync('/etc/passwd', join(path, 'segment-000000000000009.weir'));
  mkdirSync(join(path, 'segment-000000000000010.weir'));
  writeFileSync(join(path, '.buffer.key.0123456789abcdef'), 'left behind');
  writeFileSync(join(path, 'notes.txt'), 'of the user');
  const second = new Opened(path);
  assert.deepEqual(second.texts, ['one']);
  assert.equal(second.ring.statistics.damagedSegments, 4);
  assert.ok(!existsSync(join(path, '.buffer.key.0123456789abcdef')) && existsSync(join(path, 'notes.txt')));
  second.put('two');
  assert.ok(segments(path).includes('segment-000000000000011.weir'));
  second.close();
  rmSync(join(path, 'segment-000000000000010.weir'), { recursive: true });

  const other = new Opened(path, ROOMY, Date.now(), 'ab'.repeat(31).concat('cd'));
  assert.deepEqual(other.texts, []);
  assert.equal(other.ring.statistics.foreignSegments, 3);
  other.nowMs += 2 * ROOMY.ageMs;
  other.ring.expire();
  assert.deepEqual(segments(path), []);
  assert.ok(existsSync('/etc/passwd'));
  other.close();
});

test('wiping puts a new key in place: segments that somebody kept cannot be read', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const ring = new Opened(path);
  ring.put('one');
  const key = readFileSync(join(path, KEY_FILE));
  const [name = ''] = segments(path);
  const kept = readFileSync(join(path, name));
  assert.equal(ring.ring.wipe(), true);
  assert.deepEqual([segments(path), ring.ring.size], [[], 0]);
  assert.notDeepEqual(readFileSync(join(path, KEY_FILE)), key);
  ring.put('two');
  ring.close();
  writeFileSync(join(path, name), kept, { mode: 0o600 });
  const again = opened(t, path);
  assert.deepEqual(again.texts, ['two']);
  assert.equal(again.ring.statistics.foreignSegments, 1);
});

test('with a key of the environment wiping removes, and says that the key stays', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const ring = opened(t, path, ROOMY, 1_700_000_000_000, 'A'.repeat(42).concat('E='));
  ring.put('one');
  assert.equal(ring.ring.wipe(), false);
  assert.deepEqual(segments(path), []);
  assert.ok(!existsSync(join(path, KEY_FILE)));
});

test('keys: made once with mode 0600, refused where they are open to others, links, damaged or no keys', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const folder = new PrivateFolder(path);
  t.after(() => folder.close());
  const made = loadKey(folder, undefined);
  const file = join(path, KEY_FILE);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(loadKey(folder, undefined).bytes, made.bytes);
  assert.deepEqual(readdirSync(path), [KEY_FILE]);
  chmodSync(file, 0o640);
  assert.throws(() => loadKey(folder, undefined), /buffer\.key is open to others \(mode 640\): chmod 600 it/);
  chmodSync(file, 0o600);
  truncateSync(file, 31);
  assert.throws(() => loadKey(folder, undefined), /has 31 bytes, not 32: it is damaged/);
  rmSync(file);
  writeFileSync(join(path, 'elsewhere'), made.bytes, { mode: 0o600 });
  symlinkSync('elsewhere', file);
  assert.throws(() => loadKey(folder, undefined), /buffer\.key is a link: remove it/);

  const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  for (const text of [bytes.toString('hex'), ` ${bytes.toString('base64')}\n`, bytes.toString('base64url')]) {
    assert.deepEqual(parseKey(text), bytes);
  }
  const secret = 'my-own-password';
  for (const text of [secret, bytes.toString('hex').slice(1), '00'.repeat(32)]) {
    assert.throws(
      () => parseKey(text),
      (error: Error) => error.message.startsWith('WEIR_BUFFER_KEY') && !error.message.includes(secret),
    );
  }
});

test('folders: open to others, links and files are refused with what to do', (t) => {
  const folder = temporaryFolder(t);
  const shared = join(folder, 'shared');
  mkdirSync(shared, { mode: 0o755 });
  assert.throws(() => new PrivateFolder(shared), /shared is open to others \(mode 755\): chmod 700 it/);
  symlinkSync(shared, join(folder, 'link'));
  assert.throws(() => new PrivateFolder(join(folder, 'link')), /is a link or no folder/);
  writeFileSync(join(folder, 'file'), '');
  assert.throws(() => new PrivateFolder(join(folder, 'file')), /is a link or no folder/);
  assert.throws(() => new PrivateFolder(join(folder, 'a', 'b')), /cannot be made/);
});

test('two processes do not share a ring', (t) => {
  const path = join(temporaryFolder(t), 'ring');
  const ring = new Opened(path);
  const program = `
    import { PrivateFolder } from ${JSON.stringify(join(import.meta.dirname, '../private-folder.ts'))};
    import { lockFolder } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
    lockFolder(new PrivateFolder(${JSON.stringify(path)}));`;
  const run = (): string =>
    spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stderr;
  assert.match(run(), new RegExp(`is in use by process ${process.pid} `));
  ring.close();
  assert.equal(run(), '');
  // That process is dead now, and did not take its mark away.
  const again = new Opened(path);
  again.close();
});

test('a full disk: newest entries stay in memory within their bound, and it goes on when there is room', (t) => {
  if (process.getuid?.() !== 0) return t.skip('mounting a small file system takes root');
  const mount = mkdtempSync(join(tmpdir(), 'weir-buffer-full-'));
  t.after(() => rmSync(mount, { recursive: true }));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=700', 'weir-test', mount], { stdio: 'pipe' });
  } catch (error) {
    return t.skip(`no file system can be mounted here: ${error instanceof Error ? error.message : error}`);
  }
  try {
    fillDisk(mount);
  } finally {
    execFileSync('umount', ['-l', mount]);
  }
});

function fillDisk(mount: string): void {
  const ring = new Opened(join(mount, 'ring'), { ...ROOMY, memoryBytes: 100_000 });
  const filler = 'f'.repeat(10_000);
  for (let i = 0; i < 60; i++) ring.put(`${i}:${filler}`);
  const { writeFailures, inMemory, memoryBytes, problem, displaced } = ring.ring.statistics;
  assert.ok(writeFailures > 20 && displaced > 0);
  assert.ok(inMemory > 5 && memoryBytes <= 100_000, `${inMemory} in memory`);
  assert.match(problem, /ENOSPC/);
  const texts = ring.texts;
  assert.equal(texts.at(-1), `59:${filler}`);
  assert.ok(!texts.includes('?'));
  // What is on disk is whole: a restart loses only what was in memory.
  const onDisk = texts.length - inMemory;
  ring.close();
  const again = new Opened(join(mount, 'ring'), { ...ROOMY, entries: 10 });
  assert.equal(again.ring.size, Math.min(10, onDisk));
  assert.equal(again.ring.statistics.damaged, 0);
  // The old segment goes with the last of its entries, and then there is room.
  for (let i = 0; i < 11; i++) again.put(`room ${i}`);
  assert.equal(again.ring.statistics.problem, '');
  assert.equal(again.texts.at(-1), 'room 10');
  again.close();
}
