import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram, histogramOf } from './histogram.ts';
import { OTHER, Recent } from './recent.ts';
import { Tally } from './tally.ts';

let lastId = 0;
const live = (record: Readonly<Record<string, unknown>>) => ({
  id: ++lastId,
  type: String(record.event_type),
  line: JSON.stringify(record),
  record,
});

test('what is older than a minute is forgotten, and names have a bound', () => {
  let now = 0;
  const recent = new Recent(() => now);
  recent.add('dns', 1, 100);
  now = 30_000;
  recent.add('tls', 1, 500);
  recent.add('dns', 1, 100);
  assert.deepEqual(recent.top(10), [
    { name: 'tls', count: 1, bytes: 500 },
    { name: 'dns', count: 2, bytes: 200 },
  ]);
  now = 61_000;
  assert.deepEqual(recent.top(1), [{ name: 'tls', count: 1, bytes: 500 }]);
  assert.deepEqual(recent.top(10)[1], { name: 'dns', count: 1, bytes: 100 });
  now = 200_000;
  assert.deepEqual(recent.top(10), []);
  for (let i = 0; i < 10_000; i++) recent.add(`name${i}`, 1);
  const all = recent.top(100_000);
  assert.ok(all.length <= 201);
  assert.equal(
    all.reduce((sum, { count }) => sum + count, 0),
    10_000,
  );
  assert.equal(all[0]?.name, OTHER);
});

test('the bytes of a flow are counted once, though its progress and its end tell of them', () => {
  const tally = new Tally(() => 0);
  const app = { protocol: 'TLS', application: 'Netflix' };
  const progress = (toClient: number) =>
    live({
      event_type: 'flow_progress',
      flow_id: 7,
      app,
      flow_progress: { bytes_toserver: 10, bytes_toclient: toClient },
    });
  tally.take([progress(90), progress(40)]);
  assert.deepEqual(tally.applications.top(1), [{ name: 'Netflix', count: 1, bytes: 150 }]);
  tally.take([
    live({ event_type: 'flow', flow_id: 7, app, flow: { bytes_toserver: 25, bytes_toclient: 135 } }),
    live({
      event_type: 'flow',
      flow_id: 8,
      app_proto: 'dns',
      flow: { bytes_toserver: 1, bytes_toclient: 2 },
    }),
  ]);
  assert.deepEqual(tally.protocols.top(9), [
    { name: 'TLS', count: 1, bytes: 160 },
    { name: 'dns', count: 1, bytes: 3 },
  ]);
});

test('requests, matches and decisions are counted as their records tell', () => {
  let now = 0;
  const tally = new Tally(() => now);
  assert.equal(tally.latency(), undefined);
  const request = (judged: number) =>
    live({ event_type: 'http', web: { way: 'proxy', action: 'deny', judged_ms: judged } });
  tally.take(Array.from({ length: 100 }, (_, at) => request(at + 1)));
  tally.take([
    live({ event_type: 'http', http: {} }),
    live({ event_type: 'waf', waf: { category: 'sqli' } }),
    live({ event_type: 'waf', waf: { category: 'evaluation' } }),
    live({ event_type: 'decision', decision: { latency_ms: 3 } }),
    live({ event_type: 'decision', decision: {} }),
    live({ event_type: 'flow', flow: 'none', flow_id: {}, app: null }),
  ]);
  assert.deepEqual(tally.latency(), { p50Ms: 50, p99Ms: 99 });
  assert.deepEqual([...tally.ways], [['proxy', 100]]);
  assert.deepEqual([...tally.categories], [['sqli', 1]]);
  assert.equal(tally.types.get('http'), 101);
  const { counts, sum } = tally.decision.figures();
  assert.equal(
    counts.reduce((all, count) => all + count),
    1,
  );
  assert.equal(sum, 0.003);
  now = 120_000;
  assert.equal(tally.latency(), undefined);
});

test('a histogram takes what is a duration, and reads what another process tells', () => {
  const histogram = new Histogram();
  for (const ms of [0.1, 0.05, 5, 20_000, Number.NaN, -1, Number.POSITIVE_INFINITY]) histogram.add(ms);
  const { counts, sum } = histogram.figures();
  assert.equal(counts[0], 2);
  assert.equal(counts.at(-1), 1);
  assert.equal(
    counts.reduce((all, count) => all + count),
    4,
  );
  assert.ok(Math.abs(sum - 20.005_15) < 1e-9);
  assert.deepEqual(histogramOf(JSON.parse(JSON.stringify(histogram.figures()))), { counts, sum });
  for (const other of [undefined, {}, { counts: [1], sum: 1 }, { counts: counts.map(String), sum: 1 }]) {
    assert.equal(histogramOf(other), undefined);
  }
});
