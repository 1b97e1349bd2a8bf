import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Conversation } from './answers.ts';
import { flowFacts, isSeen, joinWords, recordedFacts, upstreamOf } from './join-facts.ts';

const ID = '1:wh1PMbDuvJDBgS+GwOv4jdHPn9s=';

const conversation: Conversation = {
  communityId: ID,
  flows: [
    {
      timeUs: 2e6,
      source: '2001:db8::9',
      sourcePort: 4711,
      destination: '2001:db8::80',
      destinationPort: 443,
      transport: 'TCP',
      communityId: ID,
      protocol: 'tls',
      application: 'Shop',
      category: 'Web',
      name: 'shop.example.com',
      bytesToServer: 900,
      bytesToClient: 4_000,
      packetsToServer: 9,
      packetsToClient: 8,
      durationUs: 1_500_000,
      state: 'closed',
    },
  ],
  open: [],
  records: [
    {
      event_type: 'http',
      web: { reference: 'a', upstream_community_id: '1:other', upstream_ip: '10.0.0.2' },
    },
    { event_type: 'http', web: { reference: 'b', upstream_community_id: '1:second' } },
    { event_type: 'tls', tls: { ja4: 't13d1516h2_8daaf6152771_02713d6af862', version: 'TLS 1.3' } },
    {
      event_type: 'flow',
      tcp: { rtt_client_us: 1200, rtt_server_us: 90 },
      app: { risks: ['Numeric host', 7] },
      tunnel: { kind: 'vxlan' },
    },
  ],
  requests: [],
  isCutOff: false,
};

test('a flow in facts, out of its records', () => {
  const facts = flowFacts(ID, conversation);
  assert.equal(facts.client, '[2001:db8::9]:4711');
  assert.equal(facts.ja4, 't13d1516h2_8daaf6152771_02713d6af862');
  assert.equal(facts.tlsVersion, 'TLS 1.3');
  assert.equal(facts.rttClientUs, 1200);
  assert.equal(facts.bytesToClient, 4_000);
  assert.equal(facts.durationSeconds, 1.5);
  assert.equal(facts.tunnel, 'vxlan');
  assert.deepEqual(facts.risks, ['Numeric host']);
  assert.deepEqual(facts.records, [
    ['http', 2],
    ['tls', 1],
    ['flow', 1],
  ]);
  assert.ok(isSeen(facts));
});

test('without records the correlation tells what it has; -1 and empty are not known', () => {
  const of = {
    ja4: '',
    tlsVersion: 'TLS 1.2',
    application: '',
    rttUs: -1,
    bytesToServer: 10,
    bytesToClient: -1,
  };
  const facts = flowFacts(ID, undefined, of);
  assert.equal(facts.ja4, undefined);
  assert.equal(facts.tlsVersion, 'TLS 1.2');
  assert.equal(facts.rttClientUs, undefined);
  assert.equal(facts.bytesToServer, 10);
  assert.ok(isSeen(facts));
  assert.ok(!isSeen(flowFacts(ID, undefined)));
});

test('the connection behind the proxy is that of the request', () => {
  assert.deepEqual(upstreamOf(conversation, 'b'), { communityId: '1:second', server: undefined });
  assert.deepEqual(upstreamOf(conversation, 'a'), { communityId: '1:other', server: '10.0.0.2' });
  assert.equal(upstreamOf(undefined, 'a'), undefined);
});

test('how the streams were joined', () => {
  assert.match(joinWords('connection'), /community id/);
  assert.match(joinWords('address'), /time/);
  assert.match(joinWords(''), /Not joined/);
});

test('a request that the buffer has no more is told by the records of its connection', () => {
  const http = { hostname: 'shop.example.com', url: '/search?q=1?2', http_method: 'GET', status: 403 };
  const web = {
    reference: 'z',
    action: 'deny',
    reason: 'rules',
    rule_ids: [942100, 'x'],
    way: 'proxy',
    request_bytes: 0,
  };
  const record = {
    event_type: 'http',
    timestamp: '2026-11-21T17:19:20.117849+0000',
    src_ip: '192.0.2.1',
    http,
    web,
  };
  const facts = recordedFacts({ ...conversation, records: [...conversation.records, record] }, ['z']);
  assert.equal(facts?.path, '/search');
  assert.equal(facts?.query, 'q=1?2');
  assert.equal(facts?.isBlocked, true);
  assert.equal(facts?.status, 403);
  assert.deepEqual(facts?.rules, [942100]);
  assert.equal(facts?.bodyBytes, undefined);
  assert.equal(recordedFacts(conversation, ['z']), undefined);
});
