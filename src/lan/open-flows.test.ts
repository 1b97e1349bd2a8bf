import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LanView } from './index.ts';
import { flowRecord, progressRecord, START_MS } from './testing.ts';
import { addTraffic, bytesOf, noTraffic, type Traffic } from './traffic.ts';

const LAPTOP = '00:00:5e:00:53:01';
const GATEWAY = '00:00:5e:00:53:fe';
const SECOND = 1000;
const ENDS = { from: '192.168.1.5', to: '198.51.100.7', fromMac: LAPTOP, toMac: GATEWAY };

const viewOf = (options = {}): LanView => new LanView({ vendorOf: () => undefined, ...options });
const sum = (rows: Iterable<Readonly<Traffic>>): Traffic => {
  const total = noTraffic();
  for (const row of rows) addTraffic(total, row);
  return total;
};
/** A download of 1000 bytes a second, as it is after some seconds. */
const after = (seconds: number, since = 0, id = 7) =>
  progressRecord({
    ...ENDS,
    id,
    endMs: START_MS + seconds * SECOND,
    sinceMs: START_MS + since * SECOND,
    packets: [seconds, seconds],
    bytes: [60 * seconds, 1000 * seconds],
    newPackets: [seconds - since, seconds - since],
    newBytes: [60 * (seconds - since), 1000 * (seconds - since)],
  });
const ended = (seconds: number, id = 7) =>
  flowRecord({
    ...ENDS,
    id,
    endMs: START_MS + seconds * SECOND,
    packets: [seconds, seconds],
    bytes: [60 * seconds, 1000 * seconds],
  });

test('a download is counted while it is open, in the intervals in which it passed, and once', () => {
  const view = viewOf();
  view.take(after(1));
  assert.deepEqual(view.totals().all, {
    flows: 1,
    packetsUp: 1,
    packetsDown: 1,
    bytesUp: 60,
    bytesDown: 1000,
  });
  view.take(after(11, 1));
  assert.equal(view.clients()[0]?.bytesDown, 11_000);
  assert.equal(view.statistics().open, 1);
  view.take(after(21, 11));
  assert.deepEqual(
    view.intervals().map(({ total }) => total.bytesDown),
    [5000, 5000, 5000, 5000, 1000],
  );
  view.take(ended(23));
  const { all } = view.totals();
  assert.deepEqual(all, { flows: 1, packetsUp: 23, packetsDown: 23, bytesUp: 1380, bytesDown: 23_000 });
  const [client] = view.clients();
  for (const rows of [view.clients(), view.protocols(), view.applications(), view.destinations()]) {
    assert.deepEqual(sum(rows), all);
  }
  assert.deepEqual(sum([...client!.destinations, client!.otherDestinations]), all);
  assert.deepEqual(sum(view.intervals().map(({ total }) => total)), all);
  assert.equal(view.statistics().open, 0);
});

test('a record that was lost is made up for by the next one, and one that comes twice counts once', () => {
  const view = viewOf();
  view.take(after(1));
  // Of 1 to 11 nothing came.
  view.take(after(21, 11));
  view.take(after(21, 11));
  assert.equal(view.totals().all.bytesDown, 21_000);
  assert.deepEqual(
    view.intervals().map(({ total }) => total.bytesDown),
    [5000, 5000, 5000, 5000, 1000],
  );
  view.take(ended(21));
  assert.deepEqual([view.totals().all.bytesDown, view.totals().all.flows], [21_000, 1]);
});

test('a view that begins in the middle of a flow counts all of it, by its progress or by its end', () => {
  const first = viewOf();
  first.take(after(3601, 3591));
  assert.deepEqual([first.totals().all.bytesDown, first.totals().all.flows], [3_601_000, 1]);
  // What passed in the last ten seconds is in the intervals of these.
  assert.equal(
    sum(
      first
        .intervals()
        .slice(-3)
        .map(({ total }) => total),
    ).bytesDown,
    11_000,
  );
  first.take(ended(3601));
  assert.equal(first.totals().all.bytesDown, 3_601_000);
  const second = viewOf();
  second.take(ended(3601));
  assert.deepEqual([second.totals().all.bytesDown, second.totals().all.flows], [3_601_000, 1]);
});

test('a flow that is recognised later is counted under its name', () => {
  const view = viewOf();
  const early = { ...after(1), app: { protocol: 'Unknown', application: '' } };
  const late = { ...after(11, 1), app: { protocol: 'TLS', application: 'Example' } };
  view.take(early);
  assert.deepEqual(
    view.events().map(({ kind }) => kind),
    ['device', 'destination'],
  );
  view.take(late);
  for (const rows of [view.protocols(), view.clients()[0]!.protocols]) {
    assert.deepEqual(
      rows.map(({ name, flows, bytesDown }) => [name, flows, bytesDown]),
      [['TLS', 1, 11_000]],
    );
  }
  assert.deepEqual(
    view.applications().map(({ name, flows }) => [name, flows]),
    [['Example', 1]],
  );
  // Only the end says more.
  view.take({ ...ended(11), app: { protocol: 'HTTP', application: 'Other' } });
  assert.deepEqual(sum(view.protocols()), view.totals().all);
  assert.deepEqual(
    view.protocols().map(({ name, flows }) => [name, flows]),
    [['HTTP', 1]],
  );
  assert.deepEqual(
    view.events().flatMap(({ kind, value }) => (kind === 'protocol' ? [value] : [])),
    ['TLS', 'HTTP'],
  );
});

test('a flow whose sides turn out to be the other way round stays one flow', () => {
  const view = viewOf();
  const record = progressRecord({
    from: ENDS.to,
    to: ENDS.from,
    fromMac: GATEWAY,
    toMac: LAPTOP,
    id: 7,
    packets: [3, 1],
    bytes: [3000, 60],
    newPackets: [3, 1],
    newBytes: [3000, 60],
  });
  view.take({ ...record, src_port: 443, dest_port: 40_000 });
  const turned = { ...view.clients()[0]! };
  assert.deepEqual([turned.bytesUp, turned.bytesDown], [60, 3000]);
  view.take(ended(5));
  assert.deepEqual([view.totals().all.bytesUp, view.totals().all.bytesDown], [300, 5000]);
  assert.equal(view.totals().all.flows, 1);
});

test('the number of a flow may be that of another sensor: both are counted', () => {
  const view = viewOf();
  view.take(after(11));
  view.take(
    progressRecord({
      ...ENDS,
      from: '192.168.1.6',
      id: 7,
      packets: [1, 1],
      bytes: [5, 6],
      newPackets: [1, 1],
      newBytes: [5, 6],
    }),
  );
  const { all } = view.totals();
  assert.deepEqual([all.flows, all.bytesUp, all.bytesDown], [2, 665, 11_006]);
});

test('records of progress without their numbers are malformed', () => {
  const view = viewOf();
  const good = after(1);
  view.take({ ...good, flow_id: undefined });
  view.take({ ...good, flow_progress: { ...(good.flow_progress as object), total: undefined } });
  view.take({ ...good, flow_progress: { ...(good.flow_progress as object), since: 'yesterday' } });
  view.take({ ...good, flow_progress: { ...(good.flow_progress as object), bytes_toserver: -1 } });
  assert.equal(view.statistics().malformed, 4);
  assert.equal(view.totals().all.flows, 0);
});

/** What happens to a few flows: a step sends packets, and tells them, loses the record, or ends the flow. */
const STEPS = fc.array(
  fc.record({
    flow: fc.nat(5),
    seconds: fc.integer({ min: 1, max: 30 }),
    up: fc.nat(5000),
    down: fc.nat(50_000),
    what: fc.constantFrom('tell', 'tell', 'lose', 'end', 'twice'),
  }),
  { minLength: 1, maxLength: 80 },
);

/** Plays steps to a view; returns the bytes that really passed and were told at last. */
function play(
  view: LanView,
  steps: readonly (typeof STEPS extends fc.Arbitrary<infer T> ? T : never)[number][],
) {
  interface Life {
    readonly id: number;
    readonly startMs: number;
    told: { ms: number; packets: [number, number]; bytes: [number, number] };
    packets: [number, number];
    bytes: [number, number];
    lastMs: number;
  }
  const lives = new Map<number, Life>();
  let nowMs = START_MS;
  let next = 1;
  const passed = { bytes: 0, flows: 0 };
  const end = (key: number, life: Life): void => {
    const { id, startMs, lastMs: endMs, packets, bytes } = life;
    view.take(flowRecord({ ...ENDS, id, startMs, endMs, packets, bytes }));
    passed.bytes += bytes[0] + bytes[1];
    passed.flows++;
    lives.delete(key);
  };
  for (const { flow: key, seconds, up, down, what } of steps) {
    nowMs += seconds * SECOND;
    let life = lives.get(key);
    if (life === undefined) {
      life = {
        id: next++,
        startMs: nowMs,
        told: { ms: nowMs, packets: [0, 0], bytes: [0, 0] },
        packets: [0, 0],
        bytes: [0, 0],
        lastMs: nowMs,
      };
      lives.set(key, life);
    }
    life.packets = [life.packets[0] + 1, life.packets[1] + 1];
    life.bytes = [life.bytes[0] + up, life.bytes[1] + down];
    life.lastMs = nowMs;
    if (what === 'end') {
      end(key, life);
      continue;
    }
    const { id, startMs, told, packets, bytes } = life;
    const record = progressRecord({
      ...ENDS,
      id,
      startMs,
      endMs: nowMs,
      sinceMs: told.ms,
      packets,
      bytes,
      newPackets: [packets[0] - told.packets[0], packets[1] - told.packets[1]],
      newBytes: [bytes[0] - told.bytes[0], bytes[1] - told.bytes[1]],
    });
    life.told = { ms: nowMs, packets, bytes };
    if (what !== 'lose') view.take(record);
    if (what === 'twice') view.take(record);
  }
  for (const [key, life] of lives) end(key, life);
  return passed;
}

test('whatever is lost on the way, at its end each flow is counted once and whole', () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const view = viewOf({ retentionSeconds: Number.POSITIVE_INFINITY });
      const passed = play(view, steps);
      const { all } = view.totals();
      assert.deepEqual([bytesOf(all), all.flows], [passed.bytes, passed.flows]);
      assert.deepEqual(sum(view.clients()), all);
      assert.deepEqual(sum(view.protocols()), all);
      assert.deepEqual(sum(view.intervals().map(({ total }) => total)), all);
      assert.equal(view.statistics().uncertainBytes, 0);
    }),
    { numRuns: 300 },
  );
});

test('without room nothing is counted twice, and what may be missing is told', () => {
  let uncertain = 0;
  fc.assert(
    fc.property(STEPS, (steps) => {
      const view = viewOf({ retentionSeconds: Number.POSITIVE_INFINITY, maxOpenFlows: 2 });
      const passed = play(view, steps);
      const { all } = view.totals();
      const { uncertainBytes, open } = view.statistics();
      uncertain += uncertainBytes;
      assert.ok(open <= 2);
      assert.ok(bytesOf(all) <= passed.bytes && all.flows <= passed.flows);
      assert.ok(bytesOf(all) + uncertainBytes >= passed.bytes);
      assert.deepEqual(sum(view.clients()), all);
    }),
    { numRuns: 300 },
  );
  assert.ok(uncertain > 0);
});

test('a flow whose end was never told is dropped after a quarter of an hour', () => {
  const view = viewOf();
  view.take(after(1));
  view.take({ timestamp: '2026-03-01T12:20:00.000000+0000', event_type: 'stats' });
  assert.equal(view.statistics().open, 0);
});
