import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { withLock } from './lock.ts';
import { isAbandoned, thisProcess } from './maker.ts';
import { isName, type MirrorRecord, MirrorRecords, parseRecord } from './record.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-records-'));
after(() => rmSync(folder, { recursive: true }));

const records = new MirrorRecords(folder);
const RECORD: MirrorRecord = {
  version: 1,
  boot: records.boot,
  namespace: records.namespace,
  phase: 'started',
  since: '2026-03-01T12:00:00.000Z',
  source: { index: 3, name: 'eth0' },
  software: {
    target: {
      kind: 'veth',
      name: 'weir0',
      address: '02:00:00:00:00:01',
      input: 'weir0-in',
      inputAddress: '02:00:00:00:00:02',
    },
    clsact: true,
    filters: { classifier: 'u32', cookie: '05be24fc074f29b5394c7cef40d073e7', ingress: 1000, egress: 1001 },
  },
};

test('a record comes back as it was written, and goes without a trace', () => {
  records.prepare();
  records.write({ ...RECORD, phase: 'starting' });
  records.write(RECORD);
  assert.deepEqual(records.list(), [RECORD]);
  // What a crash between writing and renaming leaves behind.
  writeFileSync(join(folder, `${records.namespace}-3.json.0123.new`), '{');
  assert.deepEqual(records.list(), [RECORD]);
  records.remove(RECORD.source);
  assert.deepEqual(readdirSync(folder), []);
});

test('a record names who started the mirror, and that it goes with that', () => {
  const record = { ...RECORD, maker: { pid: 7, start: '123456' }, guarded: true };
  assert.deepEqual(parseRecord(JSON.stringify(record)), record);
  for (const wrong of [{ maker: { pid: 7 } }, { maker: { pid: '7', start: '1' } }, { guarded: 'yes' }]) {
    assert.equal(parseRecord(JSON.stringify({ ...record, ...wrong })), undefined);
  }
  assert.equal(isAbandoned({ ...RECORD, maker: thisProcess(), guarded: true }), false);
  assert.equal(isAbandoned({ ...RECORD, maker: { ...thisProcess(), start: '1' }, guarded: true }), true);
  assert.equal(isAbandoned({ ...RECORD, maker: { ...thisProcess(), start: '1' } }), false);
});

test('records of another namespace and of another boot are not ours', () => {
  const other = { ...RECORD, boot: '00000000-0000-0000-0000-000000000000' };
  records.write(other);
  assert.deepEqual(records.list(), []);
  records.remove(RECORD.source);
  writeFileSync(join(folder, '1-3.json'), JSON.stringify(RECORD));
  assert.deepEqual(records.list(), []);
  rmSync(join(folder, '1-3.json'));
});

test('a folder that is not there has no records; one that others may write to is refused', () => {
  assert.deepEqual(new MirrorRecords(join(folder, 'absent')).list(), []);
  chmodSync(folder, 0o777);
  assert.throws(() => records.prepare(), /nobody else may write/);
  chmodSync(folder, 0o700);
});

test('what is no record is refused, field by field', () => {
  assert.deepEqual(parseRecord(JSON.stringify(RECORD)), RECORD);
  assert.equal(parseRecord('{'), undefined);
  assert.equal(parseRecord('null'), undefined);
  const software = RECORD.software!;
  const wrong: readonly object[] = [
    { ...RECORD, version: 2 },
    { ...RECORD, phase: 'done' },
    { ...RECORD, since: 'yesterday' },
    { ...RECORD, source: { index: 3, name: '-force' } },
    { ...RECORD, source: { index: '3', name: 'eth0' } },
    { ...RECORD, software: null },
    { ...RECORD, software: { ...software, clsact: 'yes' } },
    { ...RECORD, software: { ...software, target: { ...software.target, kind: 'bridge' } } },
    { ...RECORD, software: { ...software, target: { ...software.target, inputAddress: '' } } },
    { ...RECORD, software: { ...software, filters: { ...software.filters, cookie: '' } } },
    { ...RECORD, software: { ...software, filters: { ...software.filters, ingress: 0 } } },
    { ...RECORD, software: { ...software, filters: { ...software.filters, classifier: 'flower' } } },
  ];
  for (const one of wrong) assert.equal(parseRecord(JSON.stringify(one)), undefined, JSON.stringify(one));
  writeFileSync(join(folder, `${records.namespace}-3.json`), '{"version":1}');
  assert.throws(() => records.list(), /is not a record of a mirror/);
  rmSync(join(folder, `${records.namespace}-3.json`));
});

test('names of interfaces', () => {
  for (const name of ['eth0', 'br-lan', 'wan.10', 'Ünï', 'a'.repeat(15)]) assert.ok(isName(name), name);
  for (const name of ['', '.', '..', '-x', 'a b', 'a/b', 'a:b', 'a\n', 'a'.repeat(16), 'ü'.repeat(8), 7]) {
    assert.ok(!isName(name), String(name));
  }
});

test('one at a time, and the lock of a dead process holds nobody up', async () => {
  const order: string[] = [];
  const task = (name: string) =>
    withLock(folder, async () => {
      order.push(`${name} begins`);
      await wait(80);
      order.push(`${name} ends`);
    });
  // A number that no process can have, and our own with another start: both are gone.
  for (const dead of ['4194305 1', `${process.pid} 1`]) {
    writeFileSync(join(folder, 'lock'), `${dead}\n`);
    order.length = 0;
    await Promise.all([task('one'), task('two')]);
    assert.equal(order[0]?.slice(0, 3), order[1]?.slice(0, 3), order.join(', '));
    assert.equal(order[2]?.slice(0, 3), order[3]?.slice(0, 3), order.join(', '));
  }
  await assert.rejects(
    withLock(folder, () => Promise.reject(new Error('on purpose'))),
    /on purpose/,
  );
  assert.deepEqual(readdirSync(folder), []);
});
