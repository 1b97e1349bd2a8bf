import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type EveRecord, Store, StoreError } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-store-'));
after(() => rmSync(root, { recursive: true, force: true }));

let number = 0;
function freshFolder(): string {
  return join(root, String(number++));
}

/** Records of one hour of a day of January 2026; `padding` is text that does not compress. */
function batch(day: number, type: string, count: number, padding = 0): EveRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    timestamp: `2026-01-${String(day).padStart(2, '0')}T12:00:00.${String(i).padStart(6, '0')}+0000`,
    event_type: type,
    flow_id: day * 1_000_000 + i,
    src_ip: '192.0.2.1',
    ...(padding === 0 ? {} : { padding: randomBytes(padding / 2).toString('hex') }),
  }));
}

function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

function partsOf(folder: string): string[] {
  return readdirSync(join(folder, 'parquet'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.parquet'))
    .sort();
}

test('each type is kept as long as was asked, by its newest record or the clock', async () => {
  const now = (): number => Date.UTC(2026, 0, 20, 12);
  const store = await Store.open(freshFolder(), {
    now,
    retentionHours: { default: 24 * 365, dns: 24 * 5, flow: 24 * 12 },
  });
  try {
    const days = async (type: string): Promise<number> => (await store.records(type)).length;
    for (const day of [1, 5, 10, 16, 20]) {
      for (const type of ['dns', 'flow', 'tls']) await store.append(batch(day, type, 1));
      if (day === 10) await store.compact();
    }
    // What is in the database goes to the microsecond, what is in Parquet when its whole day is too old.
    await store.maintain();
    assert.deepEqual([await days('dns'), await days('flow'), await days('tls')], [2, 3, 5]);
    assert.equal(store.statistics().removed.retention, 5);
    // A record from the future makes nothing old.
    await store.append([{ timestamp: '2099-01-01T00:00:00.000000+0000', event_type: 'tls' }]);
    await store.maintain();
    assert.deepEqual([await days('dns'), await days('flow'), await days('tls')], [2, 3, 6]);
  } finally {
    await store.close();
  }
  const old = await Store.open(freshFolder(), { retentionHours: { default: 24 } });
  try {
    await old.append([{ timestamp: '2009-01-01T00:00:00.000000+0000', event_type: 'tls' }]);
    await old.maintain();
    assert.equal(
      (await old.records('tls')).length,
      1,
      'captures of long ago are not old while they are all there is',
    );
  } finally {
    await old.close();
  }
});

test('only what is older than the hours asked for moves to Parquet, and many parts become one', async () => {
  const folder = freshFolder();
  const now = (): number => Date.UTC(2026, 0, 2, 18, 30);
  const store = await Store.open(folder, { now, compactAfterHours: 6 });
  try {
    await store.append([...batch(1, 'flow', 5), ...batch(2, 'flow', 7)]);
    await store.append([{ timestamp: '2026-01-02T18:29:00.000000+0000', event_type: 'flow' }]);
    await store.maintain();
    assert.deepEqual(
      partsOf(folder).map((name) => name.split('.').slice(0, 3).join('.')),
      ['flow/2026-01-01.0-0.5'],
    );
    for (let i = 0; i < 7; i++) {
      await store.append(batch(1, 'flow', 1));
      await store.maintain();
    }
    assert.deepEqual(
      partsOf(folder).map((name) => name.split('.').slice(0, 3).join('.')),
      ['flow/2026-01-01.0-7.12'],
    );
    assert.equal((await store.flows({}, 1000)).length, 20);
  } finally {
    await store.close();
  }
});

test('the quota holds at every moment, and the oldest goes first', { timeout: 60_000 }, async () => {
  const folder = freshFolder();
  const quotaBytes = 16 << 20;
  const store = await Store.open(folder, { quotaBytes });
  try {
    let appended = 0;
    for (let day = 1; day <= 28; day++) {
      await store.append(batch(day, 'dns', 500, 2048));
      appended += 500;
      assert.ok(bytesOf(folder) <= quotaBytes, `day ${day}: ${bytesOf(folder)} bytes`);
    }
    const { removed } = store.statistics();
    const left = await store.records('dns', {}, 10_000);
    assert.ok(removed.quota > 1000, 'more was appended than the quota holds');
    assert.equal(left.length + removed.quota, appended);
    assert.equal(left.length % 500, 0);
    assert.match(left[0]!.timestamp, /^2026-01-28/);
    assert.match(
      left.at(-1)!.timestamp,
      new RegExp(`^2026-01-${String(29 - left.length / 500).padStart(2, '0')}`),
    );
  } finally {
    await store.close();
  }
});

test('a part that is damaged is named and moved aside; the rest answers', async () => {
  for (const damage of ['cut', 'middle', 'empty'] as const) {
    for (const opened of [false, true]) {
      const folder = freshFolder();
      const findings: string[] = [];
      const options = { onFinding: (message: string) => findings.push(message) };
      let store = await Store.open(folder, options);
      try {
        for (const day of [1, 2, 3]) await store.append(batch(day, 'dns', 100, 512));
        await store.compact();
        if (!opened) await store.close();
        const victim = join(folder, 'parquet', partsOf(folder)[1]!);
        const bytes = readFileSync(victim);
        if (damage === 'cut') truncateSync(victim, bytes.length >> 1);
        else writeFileSync(victim, damage === 'empty' ? '' : bytes.fill(0xa5, 4, bytes.length - 4096));
        if (!opened) store = await Store.open(folder, options);
        const found = await store.records('dns', {}, 1000);
        assert.equal(found.length, 200, `${damage}, opened: ${opened}`);
        assert.equal(findings.length, 1);
        assert.match(
          findings[0]!,
          /2026-01-02.* is damaged: 100 dns records of 2026-01-02 are left out; it is now/,
        );
        assert.equal(readdirSync(join(folder, 'damaged')).length, 1);
        assert.equal(store.statistics().damaged, 1);
        await store.append(batch(4, 'dns', 1));
        assert.equal((await store.records('dns', {}, 1000)).length, 201);
      } finally {
        await store.close();
      }
    }
  }
});

test('changes that no reading stumbles over are found by verify', async () => {
  const folder = freshFolder();
  const store = await Store.open(folder);
  try {
    await store.append(batch(1, 'dns', 10));
    await store.compact();
    assert.equal(await store.verify(), 0);
    const part = join(folder, 'parquet', partsOf(folder)[0]!);
    const bytes = readFileSync(part);
    bytes[10]! ^= 1;
    writeFileSync(part, bytes);
    assert.equal(await store.verify(), 1);
    assert.deepEqual(await store.records('dns'), []);
  } finally {
    await store.close();
  }
});

test('a database or its log that is damaged is named and moved aside; Parquet answers', async () => {
  for (const damage of ['header', 'block', 'log'] as const) {
    const origin = freshFolder();
    const folder = freshFolder();
    const findings: string[] = [];
    const first = await Store.open(origin);
    await first.append(batch(1, 'dns', 100, 512));
    await first.compact();
    await first.append(batch(2, 'dns', 50));
    // As a crash leaves it: the last batch is in the log alone.
    if (damage !== 'block') cpSync(origin, folder, { recursive: true });
    await first.close();
    if (damage === 'block') {
      cpSync(origin, folder, { recursive: true });
      const database = join(folder, 'recent.duckdb');
      const bytes = readFileSync(database);
      // Blocks of 256 KiB follow the headers.
      for (let at = 12_288; at < bytes.length; at += 262_144) bytes.fill(0xa5, at + 1000, at + 1064);
      writeFileSync(database, bytes);
    } else if (damage === 'header') writeFileSync(join(folder, 'recent.duckdb'), randomBytes(20_000));
    else {
      const log = join(folder, 'recent.duckdb.wal');
      const bytes = readFileSync(log);
      assert.ok(bytes.length > 1000);
      writeFileSync(log, bytes.fill(0xa5, bytes.length >> 1, (bytes.length >> 1) + 64));
    }
    for (const readOnly of [true, false]) {
      const store = await Store.open(folder, { readOnly, onFinding: (message) => findings.push(message) });
      try {
        assert.equal(
          (await store.records('dns', {}, 1000)).length,
          100,
          `${damage} ${readOnly}: ${findings}`,
        );
        assert.match(findings.at(-1) ?? '', /recent\.duckdb(\.wal)? is damaged/);
        if (readOnly) continue;
        assert.ok(readdirSync(join(folder, 'damaged')).length > 0);
        await store.append(batch(3, 'dns', 1));
        assert.equal((await store.records('dns', {}, 1000)).length, 101);
      } finally {
        await store.close();
      }
    }
  }
});

const isRoot = process.getuid?.() === 0;

test('a full disk: a clear error, nothing lost, and it goes on when there is space', {
  skip: isRoot ? false : 'a small tmpfs needs root',
  timeout: 60_000,
}, async () => {
  const disk = freshFolder();
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', `weir-${randomBytes(4).toString('hex')}`, disk]);
  const folder = join(disk, 'store');
  const ballast = join(disk, 'ballast');
  let store: Store | undefined;
  try {
    writeFileSync(ballast, Buffer.alloc(8 << 20));
    store = await Store.open(folder);
    let acknowledged = 0;
    let failures = 0;
    for (let i = 0; i < 200 && failures < 3; i++) {
      try {
        await store.append(batch(1 + (i % 3), 'dns', 200, 2048));
        acknowledged += 200;
      } catch (error) {
        assert.ok(error instanceof StoreError, String(error));
        assert.equal(error.code, 'full');
        assert.match(error.message, /no space left on the disk; this batch was not stored/);
        failures++;
      }
    }
    assert.equal(failures, 3);
    assert.ok(acknowledged > 1000);
    // Moving to Parquet has no room either; that must not lose anything.
    await assert.rejects(store.compact(), (error) => error instanceof StoreError && error.code === 'full');
    assert.equal((await store.records('dns', {}, 10_000)).length, acknowledged);
    rmSync(ballast);
    await store.append(batch(1, 'dns', 10));
    assert.equal((await store.records('dns', {}, 10_000)).length, acknowledged + 10);
    await store.close();
    store = await Store.open(folder);
    assert.equal((await store.records('dns', {}, 10_000)).length, acknowledged + 10);
  } finally {
    await store?.close();
    spawnSync('umount', [disk]);
  }
});
