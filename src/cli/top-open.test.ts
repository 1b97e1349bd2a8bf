import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OpenFlow, OpenFlowList } from '../control/index.ts';
import { paint } from '../output/summary/paint.ts';
import type { TopAnswer, TopList } from '../store/index.ts';
import { openWords, withOpen } from './top-open.ts';
import { renderTop, topJson } from './top-table.ts';

const NOW_US = Date.parse('2026-03-01T12:00:00Z') * 1000;

function row(key: string, bytes: number, name = ''): TopAnswer {
  const times = { firstUs: NOW_US - 5e6, lastUs: NOW_US - 4e6 };
  return { key, name, bytesToServer: 0, bytesToClient: bytes, packets: 10, flows: 2, clients: 1, ...times };
}

function openFlow(source: string, destination: string, bytesToClient: number): OpenFlow {
  return {
    timeUs: NOW_US,
    startUs: NOW_US - 60e6,
    flowId: 1,
    source,
    sourcePort: 40_000,
    destination,
    destinationPort: 443,
    transport: 'TCP',
    communityId: '',
    protocol: 'TLS',
    application: '',
    category: '',
    name: destination === '203.0.113.9' ? 'video.example' : '',
    bytesToServer: 100,
    bytesToClient,
    packetsToServer: 1,
    packetsToClient: 2,
    durationUs: 60e6,
    state: 'established',
    bitsPerSecond: 8_000_000,
  };
}

const HISTORY: TopList = {
  rows: [row('203.0.113.1', 5000, 'www.example'), row('203.0.113.2', 4000), row('203.0.113.3', 3000)],
  totalBytes: 12_000,
  totalFlows: 6,
};
const OPEN = [
  openFlow('10.0.0.1', '203.0.113.9', 2_000_000),
  openFlow('10.0.0.2', '203.0.113.9', 900),
  openFlow('10.0.0.1', '203.0.113.3', 1500),
];

test('what is open counts: a row of its own, a row that comes to the front, shares of all', () => {
  const list = withOpen('destinations', HISTORY, OPEN, { by: 'bytes', limit: 3 });
  assert.deepEqual(
    list.rows.map(({ key, name, flows, openFlows, openBytes, clients }) => ({
      key,
      name,
      flows,
      openFlows,
      openBytes,
      clients,
    })),
    [
      { key: '203.0.113.9', name: 'video.example', flows: 2, openFlows: 2, openBytes: 2_001_100, clients: 2 },
      { key: '203.0.113.1', name: 'www.example', flows: 2, openFlows: 0, openBytes: 0, clients: 1 },
      { key: '203.0.113.3', name: '', flows: 3, openFlows: 1, openBytes: 1600, clients: 1 },
    ],
  );
  assert.deepEqual([list.totalBytes, list.totalFlows], [12_000 + 2_002_700, 9]);
  const text = renderTop('destinations', list, 'bytes', paint(false));
  assert.match(text, /FLOWS +OPEN +CLIENTS/);
  assert.match(
    text,
    /203\.0\.113\.9 +video\.example +█+ +99\.3 +200 B +2\.00 MB +2 +2 +2 +2026-03-01 12:00:00/,
  );
  assert.match(text, /203\.0\.113\.1 .* 5\.00 kB +2 +1 /);
  const [first] = topJson(list);
  assert.deepEqual(
    [first?.bytesToClient, (first as { openFlows?: number }).openFlows, first?.last],
    [2_000_900, 2, '2026-03-01T12:00:00.000Z'],
  );
});

test('a flow counts under what the history would count it under', () => {
  const none: TopList = { rows: [], totalBytes: 0, totalFlows: 0 };
  const keys = (subject: 'sources' | 'applications' | 'protocols' | 'names', by: 'bytes' | 'flows') =>
    withOpen(subject, none, OPEN, { by, limit: 9 }).rows.map(({ key, flows }) => [key, flows]);
  assert.deepEqual(keys('sources', 'flows'), [
    ['10.0.0.1', 2],
    ['10.0.0.2', 1],
  ]);
  assert.deepEqual(keys('applications', 'bytes'), [['TLS', 3]]);
  assert.deepEqual(keys('protocols', 'bytes'), [['TLS', 3]]);
  // Of a flow without a name nothing is said.
  assert.deepEqual(keys('names', 'bytes'), [['video.example', 2]]);
});

test('addresses that are written in two ways are one', () => {
  const long = '2001:0db8:0000:0000:0000:0000:0000:0001';
  const history = { rows: [row(long, 10)], totalBytes: 10, totalFlows: 2 };
  const { rows } = withOpen('sources', history, [openFlow('2001:db8::1', '203.0.113.9', 5)], {
    by: 'bytes',
    limit: 9,
  });
  assert.deepEqual(
    rows.map(({ flows }) => flows),
    [3],
  );
});

test('without open flows a list is as it was', () => {
  assert.doesNotMatch(renderTop('destinations', HISTORY, 'bytes', paint(false)), /OPEN/);
});

test('what is under way in words', () => {
  const list = (over: Partial<OpenFlowList> = {}): OpenFlowList => ({
    flows: OPEN,
    matching: 3,
    open: 7,
    turnedAway: 0,
    ...over,
  });
  assert.equal(openWords(list({ flows: [], matching: 0 })), '');
  assert.equal(
    openWords(list()),
    "  3 flows are open, with 2.00 MB so far, 3.00 MB a second now: 'weir flows --open' shows them\n",
  );
  assert.match(openWords(list({ flows: OPEN.slice(0, 1), matching: 1 })), /1 flow is open, .* shows it\n$/);
  assert.match(
    openWords(list({ matching: 20_000, turnedAway: 5 })),
    /20,000 flows are open.*; the 3 that carry the most are counted; 5 found no room in the list since the start: /,
  );
});
