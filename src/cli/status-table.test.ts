import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SystemStatus } from '../control/index.ts';
import { paint } from '../output/summary/paint.ts';
import { renderStatus } from './status-table.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

function live(dropped: number): SystemStatus {
  const process = {
    state: 'running',
    pid: 7,
    since: '2026-03-01T11:00:00Z',
    restarts: 0,
    waitsMs: [],
    lastEnd: '',
    residentBytes: 64e6,
    user: 'nobody',
  } as const;
  const intervals = Array.from({ length: 60 }, (_, i) => ({ endUs: i, packets: i < 50 ? 0 : 1200 }));
  return {
    pid: 6,
    since: '2026-03-01T11:00:00Z',
    state: 'running',
    configuration: '/etc/weir/weir.yaml',
    supervisorBytes: 5e7,
    processes: [
      { ...process, name: 'sensor' },
      { ...process, name: 'hub' },
    ],
    statistics: {
      sensor: {
        source: 'eth0\u001b[2J',
        live: true,
        packets: 1_234_567,
        matched: 1_234_567,
        flows: 9000,
        flowsAlive: 42,
        capture: { packets: 1_234_567 + dropped, dropped, lossyIntervals: 3, bytes: 9e8, intervals },
      },
      hub: {
        openFlows: 41,
        openBitsPerSecond: 9_600_000,
        records: 20_000,
        recordsPerSecond: 4.25,
        malformed: 0,
        store: { folder: '/var/lib/weir', bytes: 5e8, quotaBytes: 2e9, damaged: 0, removed: { quota: 0 } },
        lan: { clients: 12, addressesTurnedAway: 0, devicesTurnedAway: 0 },
      },
    },
    bus: { topics: [], subscribers: [] },
  };
}

test('all is well: what is captured, how much, and no warning', () => {
  assert.equal(
    renderStatus(live(0), NOW, paint(false)),
    `weir is running, up 1 h 0 min, by /etc/weir/weir.yaml

  captures   eth0?[2J, live
  packets    1,234,567, 1,200/s (last 10 s), 900 MB
  lost       none
  flows      42 alive, 9,000 since the start
  under way  41 open flows, 1.20 MB/s
  records    20,000 since the start, 4.3/s (last 10 s)
  history    500 MB of 2.00 GB (25.0 %) in /var/lib/weir
  clients    12
  processes  sensor  running, pid 7, up 1 h 0 min, 64.0 MB, as nobody
             hub     running, pid 7, up 1 h 0 min, 64.0 MB, as nobody
`,
  );
});

test('of several sensors the sum is shown, and of each its part and its losses by cause', () => {
  const one = live(0);
  const [sensor, hub] = one.processes;
  const { sensor: sum } = one.statistics as { sensor: object };
  const text = renderStatus(
    {
      ...one,
      processes: [
        { ...sensor!, name: 'sensor-1' },
        { ...sensor!, name: 'sensor-2' },
        { ...sensor!, name: 'sensor-3' },
        hub!,
      ],
      statistics: {
        ...one.statistics,
        sensor: sum,
        'sensor-1': { packets: 1_234_000, flowsAlive: 41, capture: { dropped: 0 } },
        'sensor-2': {
          packets: 567,
          flowsAlive: 1,
          recordsDropped: 2,
          capture: { dropped: 1 },
          ring: { unwritten: 3 },
        },
      },
    },
    NOW,
    paint(false),
  );
  assert.ok(
    text.includes(`  flows      42 alive, 9,000 since the start
  sensors    sensor-1  1,234,000 packets, 41 flows alive, none lost
             sensor-2  567 packets, 1 flow alive, 1 packet lost by the ring in memory, 3 packets lost to the ring on disk, 2 records lost before the bus
             sensor-3  no answer
  under way  41 open flows, 1.20 MB/s
  records  `),
    text,
  );
  assert.match(text, /^ {2}processes {2}sensor-1 {2}running, .*\n {13}sensor-2 {2}running, /m);
  assert.match(text, /^ {13}hub {7}running, /m);
  assert.match(text, /! sensor-3 does not answer/);
});

test('how much is inspected under load, and that it was more than it is', () => {
  const status = live(0);
  const { sensor } = status.statistics as { sensor: object };
  const under = (load: object): string =>
    renderStatus(
      { ...status, statistics: { ...status.statistics, sensor: { ...sensor, load } } },
      NOW,
      paint(false),
    );
  const three = under({ level: 3, peak: 5, changes: 8, sampledOut: 1200 });
  assert.match(
    three,
    /^ {2}load {7}level 3: 1 new flow in 8 is inspected, and all of capture\.critical; highest 5, 8 changes, 1,200 flows left out$/m,
  );
  assert.match(three, /^ {2}! the load is too high for every flow to be inspected/m);
  assert.match(
    under({ level: 7, peak: 7, changes: 4, sampledOut: 1 }),
    /level 7: no new flow is inspected, and all of/,
  );
  const calm = under({ level: 0, peak: 5, changes: 10, sampledOut: 1200 });
  assert.match(
    calm,
    /^ {2}load {7}level 0: every flow is inspected; highest 5, 10 changes, 1,200 flows left out$/m,
  );
  assert.doesNotMatch(calm, /^ {2}! /m);
  assert.doesNotMatch(under({ level: 0, peak: 0, changes: 0, sampledOut: 0 }), /^ {2}load /m);
});

test('what somebody should look at is said, with its cause and what helps', () => {
  const status = live(100);
  const { sensor } = status.statistics as { sensor: object };
  const ring = { folder: '/var/ring', files: 3, bytes: 2e6, unwritten: 9, problem: 'the disk is full' };
  const text = renderStatus(
    {
      ...status,
      processes: status.processes.map((one) => ({ ...one, restarts: 2, lastEnd: 'SIGKILL' })),
      statistics: { sensor: { ...sensor, recordsDropped: 1, ring } },
      bus: {
        topics: [],
        subscribers: [
          {
            topic: 'records',
            name: 'hub',
            connected: true,
            queuedBatches: 3,
            queuedBytes: 30e6,
            limitBytes: 33e6,
            acknowledged: 1,
            redelivered: 0,
            dropped: 5,
          },
        ],
      },
    },
    NOW,
    paint(false),
  );
  assert.match(text, /^ {2}lost {7}100 packets \(0\.0081 %\), the ring was full in 3 seconds$/m);
  assert.match(text, /^ {2}kept {7}3 files, 2\.00 MB in \/var\/ring$/m);
  const warnings = text.split('\n').filter((line) => line.startsWith('  ! '));
  assert.deepEqual(
    warnings.map((line) => line.slice(4)),
    [
      'sensor was started again 2 times; it ended with: SIGKILL',
      'hub does not answer',
      'hub was started again 2 times; it ended with: SIGKILL',
      '100 packets lost because the ring was full: a larger capture.buffer or a narrower capture.filter helps',
      '9 packets not kept in the ring on disk: the disk is full',
      '1 record lost before the bus: its queue was full',
      '5 records lost on the way to hub: it is too slow for processes.queue',
      '30.0 MB of 33.0 MB wait for hub',
    ],
  );
});
