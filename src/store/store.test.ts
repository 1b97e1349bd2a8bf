import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eveRecords } from '../../test/support/eve-records.ts';
import { type EveRecord, Store, StoreError } from './index.ts';

const CAPTURES = join(import.meta.dirname, '../../demo/captures');
const root = mkdtempSync(join(tmpdir(), 'weir-store-'));
after(() => rmSync(root, { recursive: true, force: true }));

let number = 0;
function freshFolder(): string {
  return join(root, String(number++));
}

function flow(fields: Partial<EveRecord> & { readonly timestamp: string }): EveRecord {
  return {
    event_type: 'flow',
    flow_id: 1,
    src_ip: '192.0.2.1',
    dest_ip: '198.51.100.7',
    proto: 'TCP',
    ...fields,
  };
}

function isStoreError(code: string, words: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, words);
    return true;
  };
}

describe('records of the bundled captures', () => {
  let records: EveRecord[];
  before(async () => {
    records = (await eveRecords([CAPTURES])) as EveRecord[];
  });

  for (const where of ['DuckDB', 'Parquet', 'both'] as const) {
    test(`come back whole from ${where}, and questions count right`, async () => {
      const store = await Store.open(freshFolder(), { compactAfterHours: 0 });
      try {
        const half = Math.floor(records.length / 2);
        await store.append(records.slice(0, half));
        if (where === 'both') await store.compact();
        await store.append(records.slice(half));
        if (where === 'Parquet') await store.compact();
        assert.equal(store.statistics().parts > 0, where !== 'DuckDB');
        await checkAnswers(store, records);
      } finally {
        await store.close();
      }
    });
  }

  test('are there after closing, for questions only, from more than one process', async () => {
    const folder = freshFolder();
    const store = await Store.open(folder);
    await store.append(records);
    await store.close();
    const reader = await Store.open(folder, { readOnly: true });
    try {
      await checkAnswers(reader, records);
      await assert.rejects(reader.append(records), isStoreError('failed', /questions only/));
      const script = `const { Store } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
        const store = await Store.open(${JSON.stringify(folder)}, { readOnly: true });
        console.log((await store.flows({}, 10000)).length); await store.close();`;
      const other = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
      assert.equal(
        other.stdout.trim(),
        String(records.filter((one) => one.event_type === 'flow').length),
        other.stderr,
      );
    } finally {
      await reader.close();
    }
  });
});

async function checkAnswers(store: Store, records: readonly EveRecord[]): Promise<void> {
  const types = new Set(records.map((record) => record.event_type));
  assert.ok(types.size > 5);
  for (const type of types) {
    const found = await store.records(type, {}, 10_000);
    assert.deepEqual(sorted(found), sorted(records.filter((record) => record.event_type === type)), type);
  }
  const flows = records.filter((record) => record.event_type === 'flow');
  const counters = flows.map((record) => record.flow as Record<string, number>);
  const bytes = counters.reduce((sum, one) => sum + one.bytes_toserver! + one.bytes_toclient!, 0);
  const series = await store.series(10);
  assert.equal(
    series.reduce((sum, point) => sum + point.bytes, 0),
    bytes,
  );
  assert.equal(
    series.reduce((sum, point) => sum + point.flows, 0),
    flows.length,
  );
  const byProtocol = await store.series(3600, {}, 'protocol');
  assert.equal(
    byProtocol.reduce((sum, point) => sum + point.bytes, 0),
    bytes,
  );
  for (const subject of ['sources', 'destinations', 'applications', 'protocols'] as const) {
    const list = await store.top(subject, {}, { limit: 10_000 });
    assert.equal(list.totalBytes, bytes);
    assert.equal(
      list.rows.reduce((sum, row) => sum + row.bytesToServer + row.bytesToClient, 0),
      bytes,
    );
    assert.equal(
      list.rows.reduce((sum, row) => sum + row.flows, 0),
      flows.length,
    );
  }
  const names = await store.top('names', {}, { by: 'flows', limit: 1 });
  const counts = new Map<string, number>();
  for (const record of flows) {
    const { name } = record.app as { name?: string };
    if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  assert.equal(names.rows[0]?.flows, Math.max(...counts.values()));
  const one = flows[Math.floor(flows.length / 3)]!;
  const same = (name: string) => flows.filter((record) => record[name] === one[name]).length;
  assert.equal(
    (await store.flows({ communityId: one.community_id as string }, 1000)).length,
    same('community_id'),
  );
  assert.equal((await store.flows({ flowId: one.flow_id as number }, 1000)).length, same('flow_id'));
  const events = records.filter((record) => record.event_type !== 'flow' && record.flow_id === one.flow_id);
  assert.equal(
    (await store.records(undefined, { flowId: one.flow_id as number }, 1000)).length,
    events.length,
  );
}

/** Records in an order of their own; `undefined` fields and the order of names do not matter to JSON. */
function sorted(records: readonly EveRecord[]): unknown[] {
  return records
    .map((record) => JSON.parse(JSON.stringify(record)) as EveRecord)
    .map((record) => ({
      key: JSON.stringify(
        Object.entries(record)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, value]) => [name, ordered(value)]),
      ),
      record,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ record }) => record);
}

function ordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

test('addresses and prefixes of both families, at either end', async () => {
  const store = await Store.open(freshFolder());
  try {
    const ends = [
      ['192.0.2.1', '198.51.100.7'],
      ['10.255.255.255', '192.0.2.129'],
      ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:0db8:0001:0000:0000:0000:0000:0001'],
      ['fe80::1', 'ff02::fb'],
      ['0.0.0.0', '255.255.255.255'],
    ] as const;
    await store.append(
      ends.map(([src_ip, dest_ip], i) =>
        flow({ timestamp: `2026-01-01T00:00:0${i}.000000+0000`, flow_id: i, src_ip, dest_ip }),
      ),
    );
    const cases: readonly (readonly [string, readonly number[]])[] = [
      ['192.0.2.1', [0]],
      ['192.0.2.0/24', [0, 1]],
      ['192.0.2.128/25', [1]],
      ['10.0.0.0/8', [1]],
      ['0.0.0.0/0', [0, 1, 4]],
      ['255.255.255.255/32', [4]],
      ['2001:db8::1', [2]],
      ['2001:db8::/32', [2]],
      ['2001:db8:1::/48', [2]],
      ['fe80::/10', [3]],
      ['ff00::/8', [3]],
      ['::/0', [2, 3]],
      ['203.0.113.0/24', []],
    ];
    for (const where of ['DuckDB', 'Parquet']) {
      for (const [address, ids] of cases) {
        const found = await store.flows({ address });
        assert.deepEqual(found.map(({ flowId }) => flowId).sort(), ids, `${address} in ${where}`);
      }
      await store.compact();
    }
    for (const address of ["'; DROP TABLE flow; --", '192.0.2.0/33', '', '1.2.3'.repeat(100)]) {
      await assert.rejects(store.flows({ address }), isStoreError('question', /no address|longer/));
    }
    assert.deepEqual(await store.flows({ protocol: "' OR '1'='1" }), []);
    assert.equal((await store.flows()).length, 5);
  } finally {
    await store.close();
  }
});

test('times, limits and what makes no sense', async () => {
  const store = await Store.open(freshFolder());
  try {
    await store.append(
      [1, 2, 3].map((day) => flow({ timestamp: `2026-01-0${day}T12:00:00.000000+0000`, flow_id: day })),
    );
    const noon = Date.UTC(2026, 0, 2, 12) * 1000;
    for (let round = 0; round < 2; round++) {
      const ids = async (selection: object, limit?: number): Promise<unknown[]> =>
        (await store.flows(selection, limit)).map(({ flowId }) => flowId);
      assert.deepEqual(await ids({ sinceUs: noon }), [3, 2]);
      assert.deepEqual(await ids({ untilUs: noon }), [1]);
      assert.deepEqual(await ids({ sinceUs: noon, untilUs: noon + 1 }), [2]);
      assert.deepEqual(await ids({}, 1), [3]);
      await store.compact();
    }
    await assert.rejects(store.flows({}, 0), isStoreError('question', /1 to 10000 rows/));
    await assert.rejects(store.flows({}, 1e9), isStoreError('question', /1 to 10000 rows/));
    await assert.rejects(store.series(0), isStoreError('question', /interval/));
    await assert.rejects(store.records('../etc'), isStoreError('question', /no type of record/));
    await assert.rejects(store.records('dns', { protocol: 'DNS' }), isStoreError('question', /only flows/));
  } finally {
    await store.close();
  }
});

test('a record that is none: nothing of its batch is stored, and the error says which', async () => {
  const store = await Store.open(freshFolder());
  try {
    const good = flow({ timestamp: '2026-01-01T00:00:00.000000+0000' });
    const bad: readonly (readonly [unknown, RegExp])[] = [
      [{ ...good, timestamp: 'yesterday' }, /record 2 of the batch: timestamp is not a time/],
      [{ ...good, timestamp: '2026-13-01T00:00:00Z' }, /timestamp/],
      [{ ...good, timestamp: '1969-01-01T00:00:00Z' }, /timestamp/],
      [{ ...good, timestamp: '9999-01-01T00:00:00Z' }, /timestamp/],
      [{ ...good, event_type: '../../etc' }, /event_type is not a name/],
      [{ ...good, event_type: undefined }, /event_type/],
      [{ ...good, event_type: 'dns', dns: 'x'.repeat(5 << 20) }, /longer than/],
      [null, /is no object/],
    ];
    for (const [record, words] of bad) {
      await assert.rejects(store.append([good, record as EveRecord]), isStoreError('record', words));
    }
    assert.deepEqual(await store.flows(), []);
    // Wrong types, numbers that fit no column, and other families' texts are kept as they are.
    const odd = [
      {
        ...good,
        src_ip: 'nowhere',
        src_port: 'http',
        flow_id: 1.5,
        app: 7,
        flow: { bytes_toserver: -1e300, end: 3 },
      },
      { ...good, src_port: 1e12, flow: [], app: { protocol: null }, timestamp: '2026-01-01T01:00:00+01:00' },
    ];
    await store.append(odd as unknown as EveRecord[]);
    assert.deepEqual(sorted(await store.records('flow')), sorted(odd as unknown as EveRecord[]));
    assert.equal((await store.flows()).length, 2);
  } finally {
    await store.close();
  }
});

test('a second writer, in this process or another, is told who is there', async () => {
  const folder = freshFolder();
  const store = await Store.open(folder);
  try {
    await assert.rejects(Store.open(folder), isStoreError('locked', /open already/));
    const script = `const { Store } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))});
      for (const readOnly of [false, true])
        await Store.open(${JSON.stringify(folder)}, { readOnly }).catch((error) => console.log(error.code, error.message));`;
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    const lines = other.stdout.trim().split('\n');
    assert.equal(lines.length, 2, other.stderr);
    for (const line of lines)
      assert.match(line, new RegExp(`^locked .*process ${process.pid} has the store open`));
  } finally {
    await store.close();
  }
  await (await Store.open(folder)).close();
});

test('a newer store, a folder of others and no store at all are left alone', async () => {
  const folder = freshFolder();
  await (await Store.open(folder)).close();
  const mark = join(folder, 'store.json');
  writeFileSync(mark, readFileSync(mark, 'utf8').replace('"version":1', '"version":2'));
  const names = readdirSync(folder);
  await assert.rejects(Store.open(folder), isStoreError('newer', /newer weir made this store \(version 2/));
  assert.deepEqual(readdirSync(folder), names);
  writeFileSync(mark, '{"version":');
  await assert.rejects(Store.open(folder), isStoreError('foreign', /not the mark of a store/));
  await assert.rejects(Store.open(CAPTURES), isStoreError('foreign', /holds other files/));
  await assert.rejects(
    Store.open(freshFolder(), { readOnly: true }),
    isStoreError('absent', /there is no store/),
  );
});

test('a store is made beside what weir proxy and weir ca put into the same folder', async () => {
  const folder = freshFolder();
  for (const name of ['buffer', 'ca']) mkdirSync(join(folder, name), { recursive: true });
  await (await Store.open(folder)).close();
  assert.ok(readdirSync(folder).includes('store.json'));
});

test('a closed store says so, and closing twice is harmless', async () => {
  const store = await Store.open(freshFolder());
  await store.close();
  await store.close();
  await assert.rejects(store.flows(), isStoreError('closed', /is closed/));
  await assert.rejects(
    store.append([flow({ timestamp: '2026-01-01T00:00:00.000000+0000' })]),
    isStoreError('closed', /is closed/),
  );
});
