import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Decision, type EveRecord, timeText } from '../../event/index.ts';
import type { Evidence } from '../evidence.ts';
import { Joiner } from '../join/index.ts';
import { AddressContexts, mergeTimelines } from './index.ts';

const T0 = Date.UTC(2026, 10, 21) * 1000;
const CLIENT = '203.0.113.9';
const SERVER = '192.0.2.80';

function record(type: string, seconds: number, fields: object): EveRecord {
  return {
    timestamp: timeText(T0 + seconds * 1e6),
    event_type: type,
    src_ip: CLIENT,
    src_port: 40_000,
    dest_ip: SERVER,
    dest_port: 443,
    proto: 'TCP',
    community_id: '1:abc',
    ...fields,
  };
}

const http = { http_method: 'GET', hostname: 'shop.test', url: '/a', status: 403 };

function flow(seconds: number, fields: object = {}): EveRecord {
  return record('flow', seconds, {
    app: { protocol: 'TLS', application: 'Shop' },
    flow: {
      start: timeText(T0 + seconds * 1e6 - 1e6),
      end: timeText(T0 + seconds * 1e6),
      bytes_toserver: 10,
      bytes_toclient: 20,
    },
    ...fields,
  });
}

function evidence(fields: Partial<Evidence> = {}): Evidence {
  return {
    id: 'e'.repeat(20),
    type: 'waf_block',
    timeUs: T0 + 5e6,
    address: CLIENT,
    target: SERVER,
    reason: 'SQL injection in ARGS:id (942100)',
    source: '942100',
    threat: 80,
    communityId: '',
    reference: '',
    ja4: '',
    techniques: ['T1190'],
    ...fields,
  };
}

test('all that an address did is one context with one timeline, the newest first', () => {
  const contexts = new AddressContexts();
  contexts.take(record('tls', 0, { tls: { ja4: 't13d' } }));
  contexts.take(record('dns', 1, { dns: { type: 'request', queries: [{ rrname: 'shop.test' }] } }));
  contexts.take(
    record('dns', 1.1, {
      dns: {
        type: 'response',
        queries: [{ rrname: 'shop.test' }],
        answers: [{ rrname: 'alias.test', rrtype: 'A', rdata: SERVER }],
      },
    }),
  );
  contexts.take(record('http', 2, { http, web: { reference: 'ref1', action: 'deny' } }));
  contexts.take(
    record('waf', 2, {
      http,
      waf: { reference: 'ref1', rule_id: 942100, category: 'sqli', score: 5, action: 'deny' },
    }),
  );
  const fileinfo = { filename: '/x.exe', size: 12, mimetype: 'application/x-dosexec', sha256: 'aa' };
  contexts.take(record('fileinfo', 3, { src_ip: SERVER, dest_ip: CLIENT, fileinfo }));
  contexts.take(flow(4));
  contexts.takeEvidence(evidence());
  const decision: Decision = {
    type: 'ban',
    scope: 'address',
    value: CLIENT,
    origin: 'scenario',
    reason: 'too much',
    scenario: 'weir/x',
    durationMs: 1000,
    simulated: false,
    evidence: [],
    askedMs: 0,
    author: '',
    id: 'd1',
    createdMs: 0,
    untilMs: 5,
  };
  contexts.takeDecision(decision, 'taken', T0 + 6e6);
  contexts.takeDecision({ ...decision, scope: 'range', value: '203.0.113.0/24' }, 'taken', T0 + 6e6);
  const context = contexts.context(CLIENT);
  assert.deepEqual(context?.timeline.map(({ kind }) => kind).sort(), [
    'alert',
    'decision',
    'file',
    'flow',
    'name',
    'request',
    'waf',
  ]);
  assert.ok(context?.timeline.every(({ timeUs }, i, all) => i === 0 || timeUs <= all[i - 1]!.timeUs));
  assert.deepEqual(context?.ja4s, ['t13d']);
  assert.deepEqual(context?.ports, [['443/tcp', 1]]);
  const {
    requests,
    denied,
    wafMatches,
    flows,
    queries,
    files,
    decisions,
    evidence: against,
  } = context!.counts;
  assert.deepEqual(
    { requests, denied, wafMatches, flows, queries, files, decisions, against },
    { requests: 1, denied: 1, wafMatches: 1, flows: 1, queries: 1, files: 1, decisions: 1, against: 1 },
  );
  assert.equal(context?.firstUs, T0);
  assert.equal(context?.lastUs, T0 + 6e6);
  const server = contexts.context(SERVER);
  assert.equal(server?.namesResolved[0]?.name, 'shop.test');
  assert.equal(server?.counts.flowsServed, 1);
  assert.equal(server?.alerts[0]?.role, 'target');
  assert.equal(server?.files[0]?.isReceived, false);
});

test('a flow has what the other records of its connection told, and its request the same community id', () => {
  const joiner = new Joiner();
  const contexts = new AddressContexts();
  const tls = record('tls', 1, { tls: { ja4: 't13d', version: 'TLS 1.3' } });
  const ended = flow(4, { tcp: { rtt_client_us: 1500 } });
  joiner.take(tls);
  contexts.take(record('http', 2, { http, web: { reference: 'ref1', action: 'pass' } }));
  contexts.take(ended, joiner.flow('1:abc', T0 + 4e6));
  for (const address of [CLIENT, SERVER]) {
    const [{ ja4, tlsVersion, rttClientUs } = assert.fail()] = contexts.context(address)?.flows ?? [];
    assert.deepEqual([ja4, tlsVersion, rttClientUs], ['t13d', 'TLS 1.3', 1500]);
  }
  assert.equal(contexts.context(CLIENT)?.requests[0]?.communityId, '1:abc');
});

test('records of decisions are in the context of their address', () => {
  const contexts = new AddressContexts();
  const decided = (seconds: number, event: string, fields: object = {}): EveRecord =>
    record('decision', seconds, {
      decision: { event, type: 'ban', scope: 'address', value: CLIENT, origin: 'scenario', ...fields },
    });
  contexts.take(decided(1, 'refused'));
  contexts.take(decided(2, 'taken', { until: timeText(T0 + 9e6), id: 'd1' }));
  contexts.take(decided(3, 'failed'));
  contexts.take(decided(4, 'lifted'));
  contexts.take(decided(5, 'taken', { scope: 'range', value: '203.0.113.0/24' }));
  const context = contexts.context(CLIENT);
  assert.deepEqual(
    context?.decisions.map(({ change }) => change),
    ['ended', 'taken', 'refused'],
  );
  assert.equal(context?.decisions[1]?.untilUs, T0 + 9e6);
  assert.equal(context?.counts.decisions, 1);
});

test('lists are bounded, the newest stay; counts go on', () => {
  const contexts = new AddressContexts();
  for (let i = 0; i < 500; i++) {
    contexts.take(
      record('http', i, { http: { ...http, url: `/${i}` }, web: { reference: `r${i}`, action: 'pass' } }),
    );
    contexts.take(flow(i, { dest_port: 1 + i }));
    contexts.take(record('dns', i, { dns: { type: 'request', queries: [{ rrname: `n${i}.test` }] } }));
  }
  const context = contexts.context(CLIENT, { limit: 10 });
  assert.equal(context?.requests.length, 16);
  assert.equal(context?.requests[0]?.path, '/499');
  assert.equal(context?.counts.requests, 500);
  assert.equal(context?.timeline.length, 10);
  assert.ok((context?.ports.length ?? 99) <= 24);
  assert.ok(contexts.statistics().entries < 200);
});

test('one request that both streams tell of is in the list once', () => {
  for (const order of [0, 1]) {
    const contexts = new AddressContexts();
    const records = [
      record('http', 1, { http, web: { reference: 'ref1', action: 'deny' } }),
      record('http', 1.5, { http }),
    ];
    if (order === 1) records.reverse();
    for (const one of records) contexts.take(one);
    const [request, second] = contexts.context(CLIENT)?.requests ?? [];
    assert.equal(request?.reference, 'ref1');
    assert.equal(second, undefined);
  }
});

test('an open flow is told once, and counted at its end', () => {
  const contexts = new AddressContexts();
  const flow_progress = {
    start: timeText(T0),
    end: timeText(T0 + 1e6),
    total: { bytes_toserver: 5, bytes_toclient: 6 },
  };
  contexts.take(record('flow_progress', 1, { flow_progress }));
  assert.equal(contexts.context(CLIENT)?.flows[0]?.isOpen, true);
  assert.equal(contexts.context(CLIENT)?.counts.flows, 0);
  contexts.take(flow(1));
  const context = contexts.context(CLIENT);
  assert.deepEqual(
    context?.flows.map(({ isOpen, bytesReceived }) => [isOpen, bytesReceived]),
    [[false, 20]],
  );
  assert.equal(context?.counts.flows, 1);
});

test('IPv6 is asked for in any form', () => {
  const contexts = new AddressContexts();
  contexts.take(flow(1, { src_ip: '2001:0db8:0000:0000:0000:0000:0000:0001' }));
  assert.equal(contexts.context('2001:DB8::1')?.address, '2001:db8::1');
  assert.equal(contexts.context('nonsense'), undefined);
});

test('without room, addresses that nothing speaks against go first', () => {
  const contexts = new AddressContexts({ addresses: 256 });
  contexts.takeEvidence(evidence());
  for (let i = 0; i < 20_000; i++) contexts.take(flow(i / 100, { src_ip: `10.1.${i >> 8}.${i & 255}` }));
  assert.ok(contexts.statistics().addresses <= 256);
  assert.equal(contexts.context(CLIENT)?.counts.evidence, 1);
  const few = new AddressContexts({ entries: 1000 });
  for (let i = 0; i < 20_000; i++) few.take(flow(i / 100, { src_ip: `10.1.${i >> 8}.${i & 255}` }));
  assert.ok(few.statistics().entries <= 1100);
});

test('forgetting an address leaves nothing of it', () => {
  const contexts = new AddressContexts();
  contexts.take(flow(1));
  assert.equal(
    contexts.forget((address) => address === CLIENT),
    1,
  );
  assert.equal(contexts.context(CLIENT), undefined);
  contexts.forget(() => true);
  assert.deepEqual(contexts.statistics(), { addresses: 0, entries: 0, evicted: 0 });
});

test("SecuBox's context in lists and in numbers", () => {
  const contexts = new AddressContexts();
  contexts.take(record('http', 2, { http, web: { reference: 'ref1', action: 'deny' } }));
  contexts.take(record('waf', 2, { http, waf: { rule_id: 1, category: 'sqli', score: 5, action: 'deny' } }));
  contexts.take(flow(3));
  assert.deepEqual(contexts.secuboxCounts(CLIENT), { mitm_requests: 1, dpi_flows: 1, waf_alerts: 1 });
  const context = contexts.secubox(CLIENT);
  assert.deepEqual(context.mitm_requests, [{ method: 'GET', host: 'shop.test', path: '/a', status: '403' }]);
  assert.equal(context.dpi_flows[0]?.other_ip, SERVER);
  assert.equal(context.waf_alerts[0]?.blocked, true);
  assert.deepEqual(contexts.secubox('192.0.2.1'), { mitm_requests: [], dpi_flows: [], waf_alerts: [] });
});

test('timelines are merged without what both tell', () => {
  const entry = (timeUs: number, text: string) => ({ timeUs, kind: 'flow' as const, text, id: '' });
  const merged = mergeTimelines(
    [
      [entry(1, 'a'), entry(3, 'c')],
      [entry(3, 'c'), entry(2, 'b')],
    ],
    2,
  );
  assert.deepEqual(
    merged.map(({ text }) => text),
    ['c', 'b'],
  );
});

test('records of wrong types are passed over', () => {
  const contexts = new AddressContexts();
  for (const type of [
    'flow',
    'flow_progress',
    'http',
    'waf',
    'dns',
    'tls',
    'quic',
    'fileinfo',
    'alert',
    'anomaly',
  ]) {
    for (const value of [undefined, null, 5, 'x', [], {}, { queries: [5], answers: 'x', type: 'request' }]) {
      contexts.take(record(type, 1, { [type]: value }));
      contexts.take(record(type, 1, { [type]: value, src_ip: 5, dest_ip: null, timestamp: 'x' }));
    }
  }
  assert.ok(contexts.statistics().addresses <= 2);
});
