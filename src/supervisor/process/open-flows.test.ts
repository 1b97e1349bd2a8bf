import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOpenFlowList, QuestionError } from '../../control/index.ts';
import { flowRecord, type ProgressShape, progressRecord, START_MS, stamp } from '../../lan/testing.ts';
import { OpenFlowTable } from './open-flows.ts';
import { parseRecords } from './records.ts';

const PROGRESS_MS = 10_000;
const shape = (id: number, more: Partial<ProgressShape> = {}): ProgressShape => ({
  from: '192.168.1.5',
  to: '198.51.100.7',
  id,
  endMs: START_MS + 11_000,
  sinceMs: START_MS + 1000,
  bytes: [1000, 50_000],
  newPackets: [5, 5],
  newBytes: [500, 20_000],
  protocol: 'TLS',
  name: 'www.example.com',
  ...more,
});
const tableOf = (...shapes: readonly ProgressShape[]): OpenFlowTable => {
  const table = new OpenFlowTable(PROGRESS_MS, 4);
  for (const one of shapes) table.take(progressRecord(one));
  return table;
};
const idsOf = (table: OpenFlowTable, selection = {}, limit = 100) =>
  table.list(selection, limit).flows.map(({ flowId }) => flowId);

test('a flow is in the list from its first record to its end, with its last counters and rate', () => {
  const table = tableOf(shape(1), shape(1, { endMs: START_MS + 21_000, sinceMs: START_MS + 11_000 }));
  const list = table.list({}, 10);
  assert.ok(isOpenFlowList(list));
  assert.deepEqual([list.matching, list.open, list.turnedAway], [1, 1, 0]);
  const [flow] = list.flows;
  assert.deepEqual(
    [flow?.bytesToServer, flow?.bytesToClient, flow?.durationUs, flow?.startUs, flow?.timeUs],
    [1000, 50_000, 21e6, START_MS * 1000, (START_MS + 21_000) * 1000],
  );
  assert.equal(flow?.bitsPerSecond, (20_500 * 8) / 10);
  assert.deepEqual([flow?.source, flow?.sourcePort, flow?.destinationPort], ['192.168.1.5', 40_000, 443]);
  table.take(flowRecord({ ...shape(1), id: 1 }));
  assert.equal(table.size, 0);
});

test('those that carry the most at the moment come first; one that fell silent carries nothing', () => {
  const table = tableOf(
    shape(1, { newBytes: [0, 10] }),
    shape(2, { newBytes: [0, 90_000] }),
    shape(3, { newBytes: [0, 500], bytes: [0, 9_000_000] }),
  );
  assert.deepEqual(idsOf(table), [2, 3, 1]);
  assert.deepEqual(idsOf(table, {}, 1), [2]);
  assert.equal(table.list({}, 0).matching, 3);
  table.take({ timestamp: stamp(START_MS + 60_000), event_type: 'stats' });
  assert.deepEqual(idsOf(table), [3, 1, 2]);
  assert.ok(table.list({}, 9).flows.every(({ bitsPerSecond }) => bitsPerSecond === 0));
});

test('a selection is that of the history', () => {
  const table = tableOf(shape(1), shape(2, { to: '2001:db8::9', protocol: 'SSH', endMs: START_MS + 30_000 }));
  assert.deepEqual(idsOf(table, { address: '2001:db8::/32' }), [2]);
  assert.deepEqual(idsOf(table, { address: '192.168.1.5' }).length, 2);
  assert.deepEqual(idsOf(table, { protocol: 'tls' }), [1]);
  assert.deepEqual(idsOf(table, { application: 'none' }), []);
  assert.deepEqual(idsOf(table, { flowId: 2 }), [2]);
  assert.deepEqual(idsOf(table, { sinceUs: (START_MS + 20_000) * 1000 }), [2]);
  assert.deepEqual(idsOf(table, { untilUs: (START_MS + 20_000) * 1000 }), [1]);
  assert.throws(() => table.list({ address: 'nonsense' }, 1), QuestionError);
});

test('the table is bounded: who was told longest ago goes, and is counted', () => {
  const table = tableOf(...[1, 2, 3, 4, 1, 5].map((id) => shape(id)));
  assert.deepEqual(idsOf(table).toSorted(), [1, 3, 4, 5]);
  assert.equal(table.list({}, 9).turnedAway, 1);
  // Whose end was lost is dropped when it was silent for longer than any flow may be.
  for (let i = 0; i < 2; i++) table.take({ timestamp: stamp(START_MS + 1_000_000), event_type: 'stats' });
  assert.equal(table.size, 0);
});

test('what is no such record changes nothing', () => {
  const table = tableOf(shape(1));
  const good = progressRecord(shape(2));
  for (const bad of [
    { ...good, flow_id: 'x' },
    { ...good, flow_progress: undefined },
    { ...good, flow_progress: [1] },
    { ...good, event_type: 'dns' },
    { ...good, timestamp: 'never', flow_progress: {} },
  ]) {
    table.take(bad);
  }
  assert.deepEqual(idsOf(table), [1]);
});

test('records of progress are not kept, all other lines are', () => {
  const lines = [progressRecord(shape(1)), flowRecord(shape(1))].map((record) => JSON.stringify(record));
  const { records, kept, keptLines, malformed } = parseRecords([...lines, 'no JSON', '{"a":1}']);
  assert.deepEqual(
    records.map(({ event_type: type }) => type),
    ['flow_progress', 'flow'],
  );
  assert.deepEqual(
    kept.map(({ event_type: type }) => type),
    ['flow'],
  );
  assert.deepEqual(keptLines, [lines[1], 'no JSON', '{"a":1}']);
  assert.equal(malformed, 2);
});
