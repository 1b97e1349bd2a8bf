import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LiveRecord } from '../../data/types.ts';
import { rowOfRecord, withRecords } from './flow-row.ts';

function flow(flowId: number, bytes: number, type = 'flow'): LiveRecord {
  const counters = { bytes_toserver: bytes, bytes_toclient: 1, pkts_toserver: 2, pkts_toclient: 3 };
  return {
    timestamp: '2026-11-21T17:22:21.601030+0000',
    event_type: type,
    flow_id: flowId,
    src_ip: '2001:0db8:0000:0000:0000:0000:0000:0005',
    src_port: 20018,
    dest_ip: '192.0.2.80',
    dest_port: 80,
    proto: 'TCP',
    community_id: '1:umGaja1dQewHOdsZqrmGese1yt8=',
    app: { protocol: 'HTTP', application: '', category: 'Web', name: 'garden.example.com' },
    ...(type === 'flow'
      ? {
          flow: {
            ...counters,
            start: '2026-11-21T17:22:20.601030+0000',
            end: '2026-11-21T17:22:21.601030+0000',
            state: 'closed',
          },
        }
      : { flow_progress: { total: counters, state: 'established' } }),
  };
}

test('a flow record as a row', () => {
  const row = rowOfRecord(flow(7, 801));
  assert.equal(row?.source, '2001:db8::5');
  assert.equal(row?.durationUs, 1_000_000);
  assert.equal(row?.bytesToServer, 801);
  assert.equal(row?.name, 'garden.example.com');
  assert.equal(row?.state, 'closed');
  assert.equal(rowOfRecord(flow(7, 9, 'flow_progress'))?.bytesToServer, 9);
  assert.equal(rowOfRecord({ timestamp: '', event_type: 'dns' }), undefined);
});

test('new flows come first, those that go on keep their place', () => {
  const first = withRecords([], [flow(1, 10, 'flow_progress'), flow(2, 10, 'flow_progress')], 3);
  assert.deepEqual(
    first.map(({ flowId }) => flowId),
    [2, 1],
  );
  const second = withRecords(first, [flow(1, 99), flow(3, 5), flow(3, 6), flow(4, 1)], 3);
  assert.deepEqual(
    second.map(({ flowId }) => flowId),
    [4, 3, 2],
  );
  assert.equal(second[1]?.bytesToServer, 6);
  assert.equal(withRecords(first, [flow(1, 99)], 3)[1]?.bytesToServer, 99);
});
