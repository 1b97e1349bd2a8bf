import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { eveRecords } from '../../test/support/eve-records.ts';
import { type EveRecord, LanView } from '../lan/index.ts';
import { readInterfaceCounters, StatusFileError, StatusFiles } from './index.ts';

const DEMO = join(import.meta.dirname, '../../demo/captures');
const NOW = Date.UTC(2026, 10, 21, 2, 26, 0);

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-secubox-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function written(t: TestContext, options: ConstructorParameters<typeof StatusFiles>[1] = {}) {
  const path = join(folder(t), 'secubox');
  const view = new LanView({ retentionSeconds: Number.POSITIVE_INFINITY });
  const files = new StatusFiles(view, {
    folder: path,
    tapInterface: 'tap0',
    lanInterface: 'br-lan',
    ...options,
  });
  t.after(() => files.close());
  for (const record of await eveRecords([DEMO])) {
    view.take(record as EveRecord);
    files.take(record as EveRecord);
  }
  files.write(NOW);
  const read = (name: string) =>
    JSON.parse(readFileSync(join(path, name), 'utf8')) as Record<string, unknown>;
  return { path, view, files, read };
}

/** Fields of each file as dpi-dual has them, without those of entries. */
const FIELDS = {
  'dpi-flows.json': [
    'timestamp',
    'flows_1min',
    'tap_interface',
    'rx_bytes',
    'tx_bytes',
    'rx_packets',
    'tx_packets',
    'protocols',
    'mode',
  ],
  'lan-flows.json': [
    'timestamp',
    'mode',
    'interface',
    'active_clients',
    'unique_destinations',
    'detected_protocols',
    'rx_bytes',
    'tx_bytes',
    'rx_packets',
    'tx_packets',
    'rx_rate_bps',
    'tx_rate_bps',
  ],
  'lan-clients.json': ['timestamp', 'clients'],
  'lan-destinations.json': ['timestamp', 'destinations'],
  'lan-protocols.json': ['timestamp', 'protocols', 'ndpid_apps'],
} as const;

test('the files have the fields of dpi-dual, with the figures of the view', async (t) => {
  const { path, view, read } = await written(t);
  assert.deepEqual(readdirSync(path).toSorted(), Object.keys(FIELDS).toSorted());
  for (const [name, fields] of Object.entries(FIELDS)) {
    assert.deepEqual(Object.keys(read(name)), fields, name);
    assert.equal(read(name).timestamp, '2026-11-21T02:26:00+00:00');
  }
  const clients = read('lan-clients.json').clients as Record<string, unknown>[];
  assert.deepEqual(Object.keys(clients[0]!), ['ip', 'mac', 'flows', 'last_seen', 'bytes_in', 'bytes_out']);
  const alice = view.clients().find(({ mac }) => mac === '02:00:5e:00:53:01')!;
  assert.deepEqual(
    clients.find(({ ip }) => ip === '192.0.2.145'),
    {
      ip: '192.0.2.145',
      mac: alice.mac,
      flows: alice.flows,
      last_seen: Math.floor(alice.lastUs / 1e6),
      bytes_in: alice.bytesDown,
      bytes_out: alice.bytesUp,
    },
  );
  const destinations = read('lan-destinations.json').destinations as Record<string, unknown>[];
  assert.deepEqual(Object.keys(destinations[0]!), ['ip', 'hits', 'bytes', 'port']);
  assert.equal(destinations.length, view.destinations().length);
  const protocols = read('lan-protocols.json').protocols as { protocol: string; flows: number }[];
  assert.deepEqual(Object.keys(protocols[0]!), ['protocol', 'flows']);
  // The count comes from inspection: it is no constant, and more than transport protocols.
  const detected = protocols.filter(({ protocol }) => protocol !== 'Unknown').length;
  assert.equal(read('lan-flows.json').detected_protocols, detected);
  assert.ok(detected > 10 && protocols.some(({ protocol }) => protocol === 'TLS'));
});

test('flows of the last minute and of the retention are those of the records', async (t) => {
  const { read } = await written(t, { flowSeconds: 300 });
  const flows = (await eveRecords([DEMO])).filter((record) => record.event_type === 'flow');
  const dpi = read('dpi-flows.json');
  const protocols = dpi.protocols as Record<string, number>;
  assert.equal(
    Object.values(protocols).reduce((sum, count) => sum + count, 0),
    flows.length,
  );
  assert.ok((dpi.flows_1min as number) > 0 && (dpi.flows_1min as number) <= flows.length);
});

test('rates are differences of the interface counters', async (t) => {
  let rxBytes = 1_000;
  const counters = () => ({ rxBytes, txBytes: 500, rxPackets: 3, txPackets: 4 });
  const { files, read } = await written(t, { counters });
  assert.equal(read('lan-flows.json').rx_rate_bps, 0);
  rxBytes = 6_000;
  files.write(NOW + 5_000);
  assert.deepEqual(
    [read('lan-flows.json').rx_bytes, read('lan-flows.json').rx_rate_bps, read('lan-flows.json').tx_rate_bps],
    [6_000, 8_000, 0],
  );
  rxBytes = 10;
  files.write(NOW + 10_000);
  assert.equal(read('lan-flows.json').rx_rate_bps, 0);
});

test('the counters of a real interface are read, and none for one that is not there', () => {
  const counters = readInterfaceCounters('lo');
  assert.ok(counters !== undefined && Number.isSafeInteger(counters.rxBytes));
  assert.equal(readInterfaceCounters('no-such-if'), undefined);
  assert.equal(readInterfaceCounters('../../etc'), undefined);
});

test('a reader never sees a part of a file, and nothing else is left in the folder', async (t) => {
  const { files, path } = await written(t);
  const file = join(path, 'lan-clients.json');
  const reader = new Worker(
    `const { readFileSync } = require('node:fs');
     const { parentPort, workerData } = require('node:worker_threads');
     let going = true, reads = 0;
     parentPort.on('message', () => { going = false; });
     (async () => {
       while (going) {
         for (let i = 0; i < 20; i++, reads++) JSON.parse(readFileSync(workerData, 'utf8'));
         await new Promise(setImmediate);
       }
       parentPort.postMessage(reads);
       parentPort.close();
     })();`,
    { eval: true, workerData: file },
  );
  const reads = new Promise<number>((resolve, reject) => {
    reader.once('message', resolve);
    reader.once('error', reject);
  });
  await new Promise((resolve) => reader.once('online', resolve));
  for (let i = 0; i < 60; i++) files.write(NOW + i);
  reader.postMessage('stop');
  assert.ok((await reads) > 0);
  assert.equal(readdirSync(path).length, 5);
  assert.equal(statSync(file).mode & 0o777, 0o640);
});

test('a link in place of a file is replaced, not followed', async (t) => {
  const { files, path } = await written(t);
  const victim = join(path, '..', 'victim');
  writeFileSync(victim, 'precious');
  rmSync(join(path, 'lan-flows.json'));
  symlinkSync(victim, join(path, 'lan-flows.json'));
  files.write(NOW);
  assert.equal(readFileSync(victim, 'utf8'), 'precious');
  assert.ok(JSON.parse(readFileSync(join(path, 'lan-flows.json'), 'utf8')).timestamp);
});

test("a folder that is a link, that others can write, or that is another user's is refused", (t) => {
  const base = folder(t);
  const open = (path: string) => () => new StatusFiles(new LanView(), { folder: path });
  const real = join(base, 'real');
  mkdirSync(real);
  symlinkSync(real, join(base, 'link'));
  assert.throws(
    open(join(base, 'link')),
    (error) => error instanceof StatusFileError && /is a link/.test(error.message),
  );
  writeFileSync(join(base, 'file'), '');
  assert.throws(open(join(base, 'file')), /is a link or no folder/);
  chmodSync(real, 0o777);
  assert.throws(open(real), /can be written by others/);
  chmodSync(real, 0o755);
  assert.throws(open(join(base, 'missing', 'deep')), /cannot be made/);
  if (process.geteuid?.() !== 0) return t.diagnostic('not root: a folder of another user was not tried');
  chownSync(real, 65534, 65534);
  assert.throws(open(real), /belongs to user 65534, not to 0/);
});

test('a folder that went is made again, and what was laid in its place is not trusted', async (t) => {
  const { files, path, read } = await written(t);
  rmSync(path, { recursive: true });
  files.write(NOW);
  assert.equal(read('lan-flows.json').interface, 'br-lan');
  const elsewhere = join(path, '..', 'elsewhere');
  mkdirSync(elsewhere);
  rmSync(path, { recursive: true });
  symlinkSync(elsewhere, path);
  assert.throws(() => files.write(NOW), StatusFileError);
  assert.deepEqual(readdirSync(elsewhere), []);
});
