import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dnsVersion2, linesOfDnsVersion2 } from './dns-version-2.ts';

const REQUEST = {
  version: 3,
  type: 'request',
  tx_id: 4,
  id: 7,
  flags: '140',
  rd: true,
  z: true,
  opcode: 0,
  rcode: 'NOERROR',
  queries: [
    { rrname: 'a.example', rrtype: 'A' },
    { rrname: 'b.example', rrname_truncated: true, rrtype: 'AAAA' },
  ],
};
const RESPONSE = {
  version: 3,
  type: 'response',
  tx_id: 5,
  id: 7,
  flags: '8580',
  qr: true,
  aa: true,
  rd: true,
  ra: true,
  opcode: 0,
  rcode: 'NOERROR',
  queries: [{ rrname: 'a.example', rrtype: 'A' }],
  answers: [{ rrname: 'a.example', rrtype: 'A', ttl: 60, rdata: '192.0.2.1' }],
  grouped: { A: ['192.0.2.1'] },
  authorities: [{ rrname: 'example', rrtype: 'NS', ttl: 60, rdata: 'ns.example' }],
};

test('each question has a record of its own', () => {
  assert.deepEqual(dnsVersion2(REQUEST), [
    { version: 2, type: 'query', id: 7, rrname: 'a.example', rrtype: 'A', tx_id: 4, z: true, opcode: 0 },
    {
      version: 2,
      type: 'query',
      id: 7,
      rrname: 'b.example',
      rrname_truncated: true,
      rrtype: 'AAAA',
      tx_id: 4,
      z: true,
      opcode: 0,
    },
  ]);
  const { queries: _none, ...empty } = REQUEST;
  assert.deepEqual(dnsVersion2(empty), []);
});

test('an answer has the first question, and all sections', () => {
  const { queries, type: _type, tx_id: _index, ...rest } = RESPONSE;
  assert.deepEqual(dnsVersion2(RESPONSE), [{ ...rest, ...queries[0], version: 2, type: 'answer' }]);
  assert.deepEqual(Object.keys(dnsVersion2(RESPONSE)[0] ?? {}), [
    ...['version', 'type', 'id', 'flags', 'qr', 'aa', 'rd', 'ra', 'opcode', 'rrname', 'rrtype', 'rcode'],
    ...['answers', 'grouped', 'authorities'],
  ]);
  // What answers to nothing that it names is told all the same.
  const { queries: _none, ...bare } = RESPONSE;
  assert.equal(dnsVersion2(bare)[0]?.rrname, undefined);
  assert.equal(dnsVersion2(bare).length, 1);
});

test('lines of other records stay as they are', () => {
  const ends = { src_ip: '192.0.2.1', src_port: 4000, dest_ip: '192.0.2.2', dest_port: 53 };
  const turned = { src_ip: '192.0.2.2', src_port: 53, dest_ip: '192.0.2.1', dest_port: 4000 };
  const flow = '{"event_type":"flow",  "app_proto":"dns"}';
  const quoted = `{"event_type":"http","http":{"url":${JSON.stringify('"event_type":"dns"')}}}`;
  const lines = [
    flow,
    JSON.stringify({ event_type: 'dns', ...ends, dns: REQUEST, tx_id: 4 }),
    quoted,
    JSON.stringify({ event_type: 'dns', ...turned, dns: RESPONSE, tx_id: 5 }),
  ];
  const written = linesOfDnsVersion2(lines);
  assert.deepEqual(
    [written[0], written[3]],
    [flow, quoted],
    'a string that looks like the member has its quotes escaped',
  );
  assert.deepEqual(
    [1, 2, 4].map((at) => JSON.parse(written[at] ?? '') as unknown),
    [
      { event_type: 'dns', ...ends, dns: dnsVersion2(REQUEST)[0], tx_id: 4 },
      { event_type: 'dns', ...ends, dns: dnsVersion2(REQUEST)[1], tx_id: 4 },
      { event_type: 'dns', ...ends, dns: dnsVersion2(RESPONSE)[0], tx_id: 5 },
    ],
  );
  const cut = '{"event_type":"dns","dns":';
  assert.deepEqual(linesOfDnsVersion2([cut]), [cut]);
  const others = [flow, quoted];
  assert.equal(linesOfDnsVersion2(others), others);
});
