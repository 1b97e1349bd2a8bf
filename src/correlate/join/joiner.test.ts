import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type EveRecord, timeText } from '../../event/index.ts';
import { Joiner, type JoinUpdate } from './index.ts';

const T0 = Date.UTC(2026, 10, 21) * 1000;
const CLIENT = '203.0.113.9';
const PROXY = '192.0.2.80';
const ID = `1:${'A'.repeat(27)}=`;
const UPSTREAM = `1:${'B'.repeat(27)}=`;

function at(seconds: number): number {
  return T0 + Math.round(seconds * 1e6);
}

function base(type: string, seconds: number, communityId: string, flowId?: number) {
  return {
    timestamp: timeText(at(seconds)),
    event_type: type,
    src_ip: CLIENT,
    src_port: 40_000,
    dest_ip: PROXY,
    dest_port: 443,
    proto: 'TCP',
    community_id: communityId,
    ...(flowId === undefined ? {} : { flow_id: flowId }),
  };
}

function request(seconds: number, reference: string, communityId = ID, web: object = {}): EveRecord {
  return {
    ...base('http', seconds, communityId),
    http: { hostname: 'shop.test', url: '/a?b=1', http_method: 'GET', status: 200 },
    web: { reference, way: 'proxy', action: 'pass', judged_ms: 0.2, latency_ms: 100, ...web },
  };
}

function waf(seconds: number, reference: string, communityId = ID): EveRecord {
  return {
    ...base('waf', seconds, communityId),
    http: { hostname: 'shop.test', url: '/a?b=1', http_method: 'GET' },
    waf: { reference, rule_id: 942100, category: 'sqli', message: 'SQL injection', score: 5, action: 'deny' },
  };
}

function tls(seconds: number, flowId: number, communityId = ID): EveRecord {
  const tls = { sni: 'shop.test', version: 'TLS 1.3', ja4: 't13d3112h2_e8f1e7e78f70_b26ce05bbdd6' };
  return { ...base('tls', seconds, communityId, flowId), tls };
}

function flow(start: number, end: number, flowId: number, communityId = ID): EveRecord {
  return {
    ...base('flow', end, communityId, flowId),
    app: { protocol: 'TLS', application: 'Shop', risks: ['Weak'] },
    flow: {
      start: timeText(at(start)),
      end: timeText(at(end)),
      bytes_toserver: 900,
      bytes_toclient: 1800,
      pkts_toserver: 9,
      pkts_toclient: 9,
    },
    tcp: { rtt_client_us: 90, rtt_server_us: 12_000 },
    tunnel: { kind: 'vxlan', id: 42, chain: [{ kind: 'vxlan', id: 42 }] },
  };
}

function progress(start: number, now: number, flowId: number, communityId = ID): EveRecord {
  return {
    ...base('flow_progress', now, communityId, flowId),
    app: { protocol: 'TLS', application: 'Shop' },
    flow_progress: {
      start: timeText(at(start)),
      end: timeText(at(now)),
      total: { bytes_toserver: 100, bytes_toclient: 200 },
    },
  };
}

/** A record that only moves the time. */
function tick(seconds: number): EveRecord {
  return { timestamp: timeText(at(seconds)), event_type: 'stats' };
}

test('a match carries what the handshake told, and all else when its flow ends', () => {
  const joiner = new Joiner();
  assert.deepEqual(joiner.take(tls(0, 7)), []);
  const [first] = joiner.take(waf(0.5, 'ref1'));
  assert.equal(first?.change, 'new');
  assert.equal(first?.request.state, 'open');
  assert.equal(first?.request.client?.ja4, 't13d3112h2_e8f1e7e78f70_b26ce05bbdd6');
  assert.equal(first?.request.client?.tlsVersion, 'TLS 1.3');
  assert.equal(first?.request.client?.rttServerUs, -1);
  const [open] = joiner.take(progress(0, 1, 7));
  assert.equal(open?.change, 'more');
  assert.equal(open?.request.client?.application, 'Shop');
  assert.equal(open?.request.client?.bytesToClient, 200);
  const [done] = joiner.take(flow(0, 30, 7));
  assert.equal(done?.change, 'complete');
  const { client } = done?.request ?? {};
  assert.equal(client?.rttServerUs, 12_000);
  assert.equal(client?.bytesToClient, 1800);
  assert.equal(client?.tunnel, 'vxlan 42');
  assert.deepEqual(client?.risks, ['Weak']);
  assert.deepEqual(client?.requests, ['ref1']);
  assert.equal(done?.request.matches[0]?.category, 'sqli');
});

test('records of one request are one, whatever comes first', () => {
  const joiner = new Joiner();
  joiner.take(waf(1, 'ref1'));
  joiner.take(waf(1, 'ref1'));
  const [update] = joiner.take(request(1, 'ref1', ID, { action: 'deny' }));
  assert.equal(update?.change, 'more');
  assert.equal(update?.request.matchCount, 2);
  assert.equal(update?.request.action, 'deny');
  assert.equal(joiner.statistics().requests, 1);
});

test('ports that come again: the flow that holds the time of the request', () => {
  const joiner = new Joiner();
  joiner.take(flow(0, 10, 1));
  joiner.take(request(21, 'late'));
  joiner.take(tls(20, 2));
  joiner.take(flow(20, 25, 2));
  joiner.take(request(5, 'early'));
  assert.equal(joiner.request('early')?.client?.flowId, 1);
  assert.equal(joiner.request('late')?.client?.flowId, 2);
  assert.deepEqual(joiner.flow(ID, at(5))?.requests, ['early']);
});

test('a request is put right when the flow that fits comes later', () => {
  const joiner = new Joiner();
  joiner.take(request(10.5, 'ref1'));
  // Within its slack; the one that holds the time comes after it.
  assert.equal(joiner.take(flow(0, 10, 1))[0]?.request.client?.flowId, 1);
  const [update] = joiner.take(flow(10.2, 12, 2));
  assert.equal(update?.change, 'complete');
  assert.equal(update?.request.client?.flowId, 2);
  assert.deepEqual(joiner.flow(ID, at(5))?.requests, []);
});

test('both sides of a proxy that names the connection to the server', () => {
  const joiner = new Joiner();
  joiner.take(tls(0, 1));
  joiner.take(request(1, 'ref1', ID, { upstream_community_id: UPSTREAM }));
  const server = { ...flow(0.9, 3, 2, UPSTREAM), src_ip: PROXY, dest_ip: '10.0.0.5', dest_port: 8080 };
  const [update] = joiner.take(server);
  assert.equal(update?.request.server?.destination, '10.0.0.5');
  assert.equal(update?.request.serverBy, 'community_id');
  assert.equal(update?.request.client?.ja4.length, 36);
  assert.equal(joiner.take(flow(0, 4, 1))[0]?.change, 'complete');
  assert.equal(joiner.statistics().upstream, 1);
});

function behind(seconds: number, communityId: string, flowId: number, fields: object = {}): EveRecord {
  return {
    ...base('http', seconds, communityId, flowId),
    src_ip: PROXY,
    dest_ip: '10.0.0.5',
    dest_port: 8080,
    http: { hostname: 'shop.test:8080', url: '/a?b=1', http_method: 'GET', status: 200, ...fields },
  };
}

test('the other side of a proxy that names nothing, by the request; only where it is clear', () => {
  for (const isPassiveFirst of [true, false]) {
    const joiner = new Joiner();
    const records = [request(1, 'ref1'), behind(1.05, UPSTREAM, 2)];
    if (isPassiveFirst) records.reverse();
    for (const record of records) joiner.take(record);
    const [update] = joiner.take(tick(10));
    assert.equal(update?.request.server?.communityId, UPSTREAM);
    assert.equal(update?.request.serverBy, 'request');
  }
  const twice = new Joiner();
  for (const record of [request(1, 'ref1'), behind(1, UPSTREAM, 2), behind(1.1, 'other', 3)])
    twice.take(record);
  twice.take(tick(10));
  assert.equal(twice.request('ref1')?.server, undefined);
  assert.equal(twice.statistics().unclear, 1);
  const named = new Joiner();
  const forwarded = { xff: `198.51.100.1, ${CLIENT}` };
  for (const record of [request(1, 'ref1'), behind(1, UPSTREAM, 2, forwarded), behind(1.1, 'other', 3)])
    named.take(record);
  named.take(tick(10));
  assert.equal(named.request('ref1')?.server?.communityId, UPSTREAM);
});

test("the client's own connection in clear is not the server's side", () => {
  const joiner = new Joiner();
  joiner.take(request(1, 'ref1'));
  joiner.take({ ...behind(1, ID, 1), src_ip: CLIENT });
  joiner.take(tick(10));
  assert.equal(joiner.request('ref1')?.server, undefined);
  assert.equal(joiner.request('ref1')?.client?.flowId, 1);
});

test('an alert without a community id is told at once, and held for nothing', () => {
  const joiner = new Joiner();
  joiner.take(flow(0, 10, 1));
  const { community_id: _, ...alert } = base('alert', 12, ID);
  const [update] = joiner.take({ ...alert, alert: { signature_id: 1, signature: 'Scan', severity: 1 } });
  assert.deepEqual(
    [update?.change, update?.request.address, update?.request.communityId, update?.request.matchCount],
    ['new', CLIENT, '', 1],
  );
  assert.equal(joiner.statistics().waiting, 0);
});

test('what is unjoined is counted once the wait is over, and not before', () => {
  const joiner = new Joiner({ openMs: 100_000, waitMs: 10_000 });
  joiner.take(request(0, 'none'));
  joiner.take(request(0, 'open', UPSTREAM));
  joiner.take(tls(0, 1, UPSTREAM));
  joiner.take(request(0, 'both', 'third'));
  joiner.take(flow(0, 1, 2, 'third'));
  joiner.take(tick(99));
  assert.equal(joiner.statistics().unjoined, 0);
  assert.equal(joiner.statistics().joined, 1);
  const released = joiner.take(tick(103));
  assert.deepEqual(released.map(({ change, request: { id, state } }) => [change, id, state]).sort(), [
    ['released', 'none', 'alone'],
    ['released', 'open', 'open'],
  ]);
  const { requests, waiting, joined, partial, unjoined, connections, bytes } = joiner.statistics();
  assert.deepEqual(
    { requests, waiting, joined, partial, unjoined, connections, bytes },
    { requests: 3, waiting: 0, joined: 1, partial: 1, unjoined: 1, connections: 0, bytes: 0 },
  );
});

test('one wrong clock does not end the wait of all', () => {
  const joiner = new Joiner();
  joiner.take(request(1, 'ref1'));
  joiner.take(tick(1e6));
  assert.equal(joiner.take(flow(0, 2, 1))[0]?.change, 'complete');
});

test('without room, flows that nobody asks for go first', () => {
  const joiner = new Joiner({ connections: 64 });
  joiner.take(request(0, 'ref1'));
  for (let i = 0; i < 1000; i++) joiner.take(flow(0, 1, i, `flow ${i}`));
  assert.ok(joiner.statistics().connections <= 64);
  assert.equal(joiner.statistics().evictedWithRequests, 0);
  assert.equal(joiner.take(flow(0, 1, 5000))[0]?.change, 'complete');
  for (let i = 0; i < 1000; i++) joiner.take(request(1, `r${i}`, `connection ${i}`));
  const { requests, waiting, joined, unjoined, connections } = joiner.statistics();
  assert.equal(requests, 1001);
  assert.equal(waiting + joined + unjoined, 1001);
  assert.ok(connections <= 64);
});

test('bytes are bounded, whatever one connection carries', () => {
  const joiner = new Joiner({ bytes: 1 << 20 });
  for (let i = 0; i < 3000; i++) {
    const long = request(i / 1000, `r${i}`, `connection ${i % 300}`);
    joiner.take({ ...long, http: { ...(long.http as object), url: `/${'x'.repeat(5000)}` } });
  }
  const { bytes, requests, waiting, unjoined } = joiner.statistics();
  assert.ok(bytes <= (1 << 20) + 8192, `${bytes}`);
  assert.equal(requests, waiting + unjoined);
  joiner.finish();
  assert.equal(joiner.statistics().bytes, 0);
});

test('records without a time, an id or of wrong types are passed over', () => {
  const joiner = new Joiner();
  for (const record of [
    { timestamp: 'never', event_type: 'flow' },
    { ...flow(0, 1, 1), community_id: 5 },
    { ...flow(0, 1, 1), flow: 'x', app: [], tcp: 3, tunnel: 'y', src_ip: 7 },
    { ...request(1, 'r'), web: 'x' },
    { ...waf(1, 'r'), waf: null },
    { ...waf(1, 'r'), http: [1] },
  ]) {
    joiner.take(record as EveRecord);
  }
  assert.equal(joiner.statistics().requests, 1);
});

/** Connections one after the other on the same ports, with a gap beyond the slack between them. */
const connections = fc.array(
  fc.record({
    lastsTenths: fc.integer({ min: 1, max: 50 }),
    gapTenths: fc.integer({ min: 50, max: 90 }),
    hasFlow: fc.boolean(),
    hasTls: fc.boolean(),
    hasProgress: fc.boolean(),
    requests: fc.array(
      fc.record({ part: fc.double({ min: 0, max: 1, noNaN: true }), hasWaf: fc.boolean() }),
      {
        maxLength: 4,
      },
    ),
  }),
  { maxLength: 4 },
);

interface Written {
  readonly records: EveRecord[];
  /** Number of the flow of each request, and whether its end is told. */
  readonly pairs: Map<
    string,
    { readonly flowId: number; readonly isTold: boolean; readonly isEnded: boolean }
  >;
}

function written(ids: readonly (typeof connections extends fc.Arbitrary<infer T> ? T : never)[]): Written {
  const records: EveRecord[] = [];
  const pairs: Written['pairs'] = new Map();
  let flowId = 0;
  for (const [i, list] of ids.entries()) {
    const id = `connection ${i}`;
    let start = 0;
    for (const { lastsTenths, gapTenths, hasFlow, hasTls, hasProgress, requests } of list) {
      const end = start + lastsTenths / 10;
      flowId++;
      if (hasFlow) {
        records.push(flow(start, end, flowId, id));
        if (hasTls) records.push(tls(start, flowId, id));
        if (hasProgress) records.push(progress(start, (start + end) / 2, flowId, id));
      }
      for (const [j, { part, hasWaf }] of requests.entries()) {
        const reference = `r${flowId}x${j}`;
        const time = start + part * (end - start);
        records.push(request(time, reference, id));
        if (hasWaf) records.push(waf(time, reference, id));
        pairs.set(reference, { flowId, isTold: hasFlow, isEnded: hasFlow });
      }
      start = end + gapTenths / 10;
    }
  }
  return { records, pairs };
}

test('property: all pairs are found in any order of arrival within the wait, and the rest is counted exactly', () => {
  fc.assert(
    fc.property(fc.array(connections, { maxLength: 3 }), fc.infiniteStream(fc.nat()), (ids, random) => {
      const { records, pairs } = written(ids);
      // Any order: keys out of the random stream.
      const shuffled = records
        .map((record) => ({ record, key: random.next().value as number }))
        .sort((a, b) => a.key - b.key);
      const joiner = new Joiner();
      const last = new Map<string, JoinUpdate>();
      const note = (updates: readonly JoinUpdate[]) => {
        for (const update of updates) last.set(update.request.id, update);
      };
      for (const { record } of shuffled) note(joiner.take(record));
      note(joiner.finish());
      let joined = 0;
      for (const [reference, { flowId, isTold }] of pairs) {
        const found = last.get(reference)?.request.client;
        assert.equal(found?.flowId, isTold ? flowId : undefined, reference);
        if (isTold) joined++;
      }
      const statistics = joiner.statistics();
      assert.equal(statistics.requests, pairs.size);
      assert.equal(statistics.joined, joined);
      assert.equal(statistics.unjoined, pairs.size - joined);
      assert.equal(statistics.waiting + statistics.partial + statistics.bytes, 0);
    }),
    { numRuns: 300 },
  );
});

test('property: a pair is found if, and only if, the second comes within the wait', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), fc.boolean(), (gap, isFlowFirst) => {
      const joiner = new Joiner({ waitMs: 60_000, openMs: 120_000 });
      const pair = [flow(0, 1, 1), request(1, 'ref1')];
      if (!isFlowFirst) pair.reverse();
      joiner.take(pair[0]!);
      for (let s = 10; s < gap; s += 10) joiner.take(tick(s));
      joiner.take(tick(gap));
      joiner.take(pair[1]!);
      joiner.finish();
      const wait = isFlowFirst ? 60 : 120;
      // To the second: the wheel turns once in one.
      if (gap <= wait + 1) assert.equal(joiner.statistics().joined, 1);
      if (gap > wait + 3) assert.equal(joiner.statistics().unjoined, 1);
      assert.equal(joiner.statistics().requests, 1);
    }),
    { numRuns: 200 },
  );
});
